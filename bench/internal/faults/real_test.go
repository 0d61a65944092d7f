//go:build e2e

package faults

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSpoiltRunsSaySo does each fault to real runs, until two of three at most are right. What
// disturbs a run without harm makes it again; busy processes want the machine, so nothing here
// runs beside another.
func TestSpoiltRunsSaySo(t *testing.T) {
	binary, err := filepath.Abs("../../../bin/loadctl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	for _, f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			var n tally
			for n.open() {
				row, err := f.Study(t.Context(), binary, 1, func(r Run) { t.Logf("%+v", r) })
				switch {
				case err != nil:
					t.Fatal(err)
				case row.Skipped != "":
					lacking(t, row.Skipped)
				case len(row.Runs) == 0 && n.wrong > 0:
					t.Fatalf("a run that nothing disturbed was wrong, and all of %d after it were disturbed", len(row.Disturbed))
				case len(row.Runs) == 0:
					t.Logf("all of %d runs were disturbed: nothing is known", len(row.Disturbed))
					return
				}
				n.count(row.Kept)
			}
			if !n.kept() {
				t.Errorf("%d of %d runs were right: %s", n.right, n.right+n.wrong, f.must())
			}
		})
	}
}

// must is what each run is held against.
func (f Fault) must() string {
	if f.Clean() {
		return "none may be invalid"
	}
	return "each must be invalid, with a reason like " + f.Reason.String()
}

// A tally is of tries that were right, and of others: two of three decide, as one that was
// wrong may be a neighbour's doing.
type tally struct{ right, wrong int }

const enough = 2

func (n *tally) count(right bool) {
	if right {
		n.right++
	} else {
		n.wrong++
	}
}

func (n *tally) open() bool { return n.right < enough && n.wrong < enough }
func (n *tally) kept() bool { return n.right >= enough }

func TestTwoOfThreeDecide(t *testing.T) {
	for _, c := range []struct {
		tries []bool
		kept  bool
	}{
		{[]bool{true, true}, true},
		{[]bool{true, false, true}, true},
		{[]bool{false, true, true}, true},
		{[]bool{false, false}, false},
		{[]bool{false, true, false}, false},
	} {
		var n tally
		for _, right := range c.tries {
			if !n.open() {
				t.Errorf("%v: decided before its end", c.tries)
			}
			n.count(right)
		}
		if n.open() || n.kept() != c.kept {
			t.Errorf("%v: %+v", c.tries, n)
		}
	}
}

// lacking skips with a printed reason, and fails in CI.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
		t.Fatalf("CI skips nothing: %s", what)
	}
	t.Skip(what)
}
