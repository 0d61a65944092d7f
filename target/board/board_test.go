package board

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/loadctl/loadctl/target/counts"
)

// both is a board and a second mapping of it, as a worker has it.
func both(t *testing.T, slots int) (ours, theirs *Board) {
	t.Helper()
	ours, err := New(slots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	fd, err := syscall.Dup(int(ours.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = Open(os.NewFile(uintptr(fd), "board"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	return ours, theirs
}

func TestAllSeeWhatEachCounts(t *testing.T) {
	ours, theirs := both(t, 3)
	if theirs.Len() != 3 {
		t.Fatalf("%d slots", theirs.Len())
	}
	slot := theirs.Slot(2)
	slot.Begin(22)
	slot.Answered[counts.RouteItems][2].Add(5)
	slot.Databases[3].Calls.Add(2)
	st := ours.Stats()
	if st.Requests != 5 || len(st.Workers) != 1 || st.Workers[0].PID != 22 || st.Workers[0].Worker != 2 {
		t.Errorf("%+v", st)
	}
	if len(st.Databases) != 1 || st.Databases[0].Number != 3 || st.Databases[0].Calls != 2 {
		t.Errorf("databases %+v", st.Databases)
	}
	if st.Instance != theirs.Stats().Instance || st.Instance == "0000000000000000" {
		t.Errorf("instance %s", st.Instance)
	}
}

func TestSettingsAreReadWhole(t *testing.T) {
	ours, theirs := both(t, 1)
	if text, v := theirs.Settings(); len(text) != 0 || v != 0 {
		t.Errorf("%q, %d", text, v)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 2000 {
			if _, err := ours.Publish(bytes.Repeat([]byte{byte('a' + i%26)}, 1+i)); err != nil {
				t.Error(err)
			}
		}
	})
	for last := int64(0); last < 2000; {
		text, v := theirs.Settings()
		if v < last {
			t.Fatalf("version %d after %d", v, last)
		}
		if last = v; v > 0 && (int64(len(text)) != v || bytes.Count(text, text[:1]) != len(text)) {
			t.Fatalf("version %d is %q", v, text)
		}
	}
	writing.Wait()
	if _, err := ours.Publish(make([]byte, noticeBytes+1)); err == nil {
		t.Error("a text without room was published")
	}
}

// TestOtherVersionsAreRefused: a reload may start a program that counts elsewhere.
func TestOtherVersionsAreRefused(t *testing.T) {
	ours, _ := both(t, 1)
	fd, err := syscall.Dup(int(ours.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	ours.head().layout++
	if _, err := Open(os.NewFile(uintptr(fd), "board")); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("%v", err)
	}
	if layout() == 0 {
		t.Error("the layout says nothing")
	}
}
