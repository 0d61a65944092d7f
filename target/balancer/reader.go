package balancer

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A reader fills a struct from YAML by the yaml tags of its fields, and goes on
// after a mistake. The library's own way knows neither columns of unknown keys nor
// what was meant by them.
type reader struct {
	mistakes []Mistake
	places   map[string]*yaml.Node
	visits   int
}

const (
	// maxVisits bounds aliases of aliases that unfold without end.
	maxVisits = 50_000
	// maxMistakes bounds what is said of a hopeless file.
	maxMistakes = 50
)

func newReader() *reader { return &reader{places: map[string]*yaml.Node{}} }

func (r *reader) at(n *yaml.Node, hint, text string, args ...any) {
	if len(r.mistakes) == maxMistakes {
		return
	}
	r.mistakes = append(r.mistakes, Mistake{Line: max(n.Line, 1), Col: max(n.Column, 1), Text: fmt.Sprintf(text, args...), Hint: hint})
}

// value fills what into points to; field is how messages call it.
func (r *reader) value(n *yaml.Node, into any, field string) {
	r.fill(n, reflect.ValueOf(into).Elem(), field)
}

func (r *reader) fill(n *yaml.Node, v reflect.Value, field string) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if r.visits++; r.visits > maxVisits {
		if r.visits == maxVisits+1 {
			r.at(n, "", "the file has too many values, or its aliases unfold without end")
		}
		return
	}
	r.places[field] = n
	if v.Type() == reflect.TypeFor[*yaml.Node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.ShortTag() == "!!null" {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.mapping(n, v, field)
	case reflect.Slice:
		r.list(n, v, field)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.fill(n, v.Elem(), field)
	default:
		r.scalar(n, v, field)
	}
}

func (r *reader) mapping(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.MappingNode {
		r.at(n, "", "%s must be a mapping of keys to values", called(field))
		return
	}
	fields := fieldsOf(v)
	given := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		to, ok := fields[key.Value]
		switch {
		case !ok:
			r.at(key, ask(key.Value, keys(v)), "unknown key %q in %s", key.Value, called(field))
		case given[key.Value]:
			r.at(key, "", "%q is given twice in %s", key.Value, called(field))
		default:
			r.fill(n.Content[i+1], to, strings.TrimPrefix(field+"."+key.Value, "."))
		}
		given[key.Value] = true
	}
}

func called(field string) string {
	if field == "" {
		return "the block"
	}
	return field
}

func fieldsOf(v reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i, key := range keys(v) {
		all[key] = v.Field(i)
	}
	return all
}

func keys(v reflect.Value) (all []string) {
	for i := range v.NumField() {
		all = append(all, v.Type().Field(i).Tag.Get("yaml"))
	}
	return all
}

func (r *reader) list(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.SequenceNode {
		r.at(n, "", "%s must be a list", field)
		return
	}
	all := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		r.fill(item, all.Index(i), fmt.Sprintf("%s[%d]", field, i))
	}
	v.Set(all)
}

func (r *reader) scalar(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.ScalarNode {
		r.at(n, "", "%s must be one value", field)
		return
	}
	if want := set(v, n); want != "" {
		r.at(n, "", "%s must be %s, got %q", field, want, n.Value)
	}
}

// set returns what a value should have been, "" when it could be set.
func set(v reflect.Value, n *yaml.Node) (want string) {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(n.Value)
		v.SetInt(int64(d))
		return unless(err, "a time such as 500ms or 2s")
	}
	switch v.Kind() {
	case reflect.Bool:
		var b bool
		err := n.Decode(&b)
		v.SetBool(b)
		return unless(err, "true or false")
	case reflect.Int:
		i, err := strconv.ParseInt(n.Value, 10, 32)
		v.SetInt(i)
		return unless(err, "a whole number")
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		v.SetFloat(f)
		return unless(err, "a number")
	}
	v.SetString(n.Value)
	return ""
}

func unless(err error, want string) string {
	if err == nil {
		return ""
	}
	return want
}
