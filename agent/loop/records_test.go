package loop

import (
	"testing"
	"unsafe"
)

// TestSizesOfRecords: there is one for each connection and for each user; what few of
// them need lies beside them.
func TestSizesOfRecords(t *testing.T) {
	if n := unsafe.Sizeof(conn{}); n > 56 {
		t.Errorf("a connection takes %d bytes", n)
	}
	if n := unsafe.Sizeof(task{}); n > 136 {
		t.Errorf("a task takes %d bytes", n)
	}
}
