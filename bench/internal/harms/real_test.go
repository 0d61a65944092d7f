//go:build e2e

package harms

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpoiltRunsSaySo does each fault to real runs, until two of three at most are right. What
// disturbs a run without harm makes it again, eight runs at most; busy processes want the
// machine, so nothing here runs beside another.
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
				case len(row.Runs) == 0:
					n.disturb(row.Disturbed)
				default:
					n.count(row.Kept)
				}
			}
			switch {
			case n.unknown():
				t.Skipf("nothing is known: all runs were disturbed, others took %s of the machine", taken(n.disturbed))
			case !n.kept():
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
type tally struct {
	right, wrong int
	disturbed    []Run // in studies that gave no run which counts
	studies      int   // of these
}

const (
	enough  = 2
	studies = 2 // that may be without a run that counts
)

func (n *tally) count(right bool) {
	if right {
		n.right++
	} else {
		n.wrong++
	}
}

func (n *tally) disturb(runs []Run) {
	n.disturbed = append(n.disturbed, runs...)
	n.studies++
}

func (n *tally) open() bool { return n.right < enough && n.wrong < enough && n.studies < studies }

// unknown says whether no run counts.
func (n *tally) unknown() bool { return n.right+n.wrong == 0 }

// kept says whether enough were right or, where others let no more runs count, all that do.
func (n *tally) kept() bool { return n.right >= enough || n.right > 0 && n.wrong == 0 }

// taken is what others took during runs.
func taken(runs []Run) string {
	var all []string
	for _, r := range runs {
		all = append(all, fmt.Sprintf("%.1f %% (steal) and %.0f %% (processes)", 100*r.Steal, 100*r.Others))
	}
	return strings.Join(all, ", ")
}

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

// TestDisturbedRunsDecideNothing: what neighbours took is no proof, and no miss.
func TestDisturbedRunsDecideNothing(t *testing.T) {
	for _, c := range []struct {
		tries         []bool // that count, before all others were disturbed
		unknown, kept bool
	}{{nil, true, false}, {[]bool{true}, false, true}, {[]bool{false}, false, false}, {[]bool{true, false}, false, false}} {
		var n tally
		for _, right := range c.tries {
			n.count(right)
		}
		for range studies {
			if !n.open() {
				t.Errorf("%v: decided before its end", c.tries)
			}
			n.disturb([]Run{{Steal: .25, Others: .5}})
		}
		if n.open() || n.unknown() != c.unknown || n.kept() != c.kept {
			t.Errorf("%v: %+v", c.tries, n)
		}
		if text := taken(n.disturbed[:1]); text != "25.0 % (steal) and 50 % (processes)" {
			t.Error(text)
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
