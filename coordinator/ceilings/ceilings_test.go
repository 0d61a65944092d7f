package ceilings

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
)

func found(day int) plan.Ceiling {
	return plan.Ceiling{Measured: time.Date(2026, 11, day, 13, 0, 0, 0, time.UTC), Rate: 12_345.5, Saturated: 20_000, Agents: 2, Loops: 1, Without: []string{"TLS"},
		Floor: plan.Floor{Rate: 100, Requests: 400, P50: time.Microsecond, P99: time.Millisecond, Target: time.Nanosecond, Why: "it was late"}}
}

func TestWhatIsPutIsGot(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "not", "yet")}
	if got, err := s.Get("a"); got != nil || err != nil {
		t.Errorf("%v, %v where nothing is", got, err)
	}
	for i, key := range []string{"a", "b", "a"} {
		if err := s.Put(key, found(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for key, day := range map[string]int{"a": 3, "b": 2} {
		if got, err := s.Get(key); err != nil || !reflect.DeepEqual(*got, found(day)) {
			t.Errorf("%s: %+v, %v", key, got, err)
		}
	}
	if files, _ := os.ReadDir(s.Dir); len(files) != 1 {
		t.Errorf("%v is left", files)
	}
}

func TestTheOldestGo(t *testing.T) {
	s := Store{t.TempDir()}
	for i := range most + 3 {
		if err := s.Put(fmt.Sprint(i), found(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range map[int]bool{2: false, 3: true, most + 2: true} {
		if got, _ := s.Get(fmt.Sprint(i)); (got != nil) != want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// TestDamageIsSaidAndMended: it costs no more than to measure again.
func TestDamageIsSaidAndMended(t *testing.T) {
	for _, text := range []string{"", "{", `{"schema": "loadctl.ceilings/v9", "ceilings": {"a": {"requests_per_s": 1}}}`, "[]", strings.Repeat(" ", mostBytes+1)} {
		s := Store{t.TempDir()}
		if err := os.WriteFile(filepath.Join(s.Dir, Name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get("a"); got != nil || err == nil {
			t.Errorf("%.20q: %v, %v", text, got, err)
		}
		if err := s.Put("a", found(1)); err != nil {
			t.Error(err)
		}
		if got, err := s.Get("a"); got == nil || err != nil {
			t.Errorf("%.20q: %v, %v", text, got, err)
		}
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Store{blocked}).Put("a", found(1)); err == nil {
		t.Error("a directory that is a file took it")
	}
}
