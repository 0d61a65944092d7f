package board

import (
	"fmt"
	"hash/fnv"
	"io"
	"reflect"

	"github.com/loadctl/loadctl/target/counts"
)

// layout tells programs apart that mean different things by the same memory: a reload
// starts the program that is on disk then, which may be another version than the master.
func layout() uint64 {
	sum := fnv.New64a()
	describe(sum, reflect.TypeFor[head]())
	describe(sum, reflect.TypeFor[counts.Slot]())
	return sum.Sum64()
}

// describe writes where each field of a type is, its name and what it is.
func describe(to io.Writer, t reflect.Type) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(to, "%s@%d ", f.Name, f.Offset)
			describe(to, f.Type)
		}
	case reflect.Array:
		fmt.Fprintf(to, "[%d]", t.Len())
		describe(to, t.Elem())
	default:
		fmt.Fprintf(to, "%s(%d) ", t.Kind(), t.Size())
	}
}
