package harms

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

func TestARowIsHeldAgainstItsBar(t *testing.T) {
	late := Fault{Name: "stopped", Reason: regexp.MustCompile("was late")}
	none := Fault{Name: "clean"}
	right := Run{Verdict: "invalid", Exit: 97, Reasons: []string{"a gap", "the generator was late"}}
	other := Run{Verdict: "invalid", Exit: 97, Reasons: []string{"out of files"}}
	silent := Run{Verdict: "degraded", Reasons: []string{"the generator was late"}}
	broke := Run{Verdict: "invalid", Exit: 99, Reasons: []string{"the generator was late"}}
	of := func(n int, r Run) []Run { return slices.Repeat([]Run{r}, n) }
	for _, c := range []struct {
		fault          Fault
		runs           []Run
		invalid, right int
		word           string
	}{
		{late, of(20, right), 20, 20, "kept"},
		{late, append(of(19, right), silent), 19, 19, "kept"},
		{late, append(of(18, right), silent, other), 19, 18, "MISSED"},
		{late, append(of(18, right), of(2, broke)...), 18, 18, "MISSED"},
		{late, of(3, right), 3, 3, "only 3 runs count"},
		{none, of(20, silent), 0, 0, "kept"},
		{none, append(of(19, silent), Run{Verdict: "valid", Exit: 1}), 0, 0, "MISSED"},
		{none, append(of(19, silent), Run{Verdict: "valid", Exit: 99}), 0, 0, "MISSED"},
		{none, append(of(19, silent), Run{Verdict: "invalid", Exit: 99}), 1, 0, "MISSED"},
		{none, append(of(19, silent), other), 1, 0, "MISSED"},
		{none, of(19, silent), 0, 0, "only 19 runs count"},
	} {
		row := Row{Runs: c.runs}
		row.sum(c.fault, 20)
		if row.Invalid != c.invalid || row.Right != c.right || row.Word() != c.word || row.Missed() != (c.word != "kept") {
			t.Errorf("%s: %d invalid, %d right, %s; want %d, %d, %s", c.fault.Name, row.Invalid, row.Right, row.Word(), c.invalid, c.right, c.word)
		}
	}
}

func TestOneRunOfOneMustBeRight(t *testing.T) {
	row := Row{Runs: []Run{{Verdict: "valid"}}}
	row.sum(Fault{Reason: regexp.MustCompile("late")}, 1)
	if row.Kept || row.Must != "≥ 1 of 1 invalid, with the right reason" {
		t.Errorf("%+v", row)
	}
}

// TestDegradedRunsWithoutHarmAreTold, and are no miss of the bar.
func TestDegradedRunsWithoutHarmAreTold(t *testing.T) {
	row := Row{Runs: []Run{{Verdict: "degraded"}, {Verdict: "valid"}}, Disturbed: []Run{{Verdict: "degraded"}}}
	row.sum(Fault{Name: clean}, 2)
	if row.Degraded != 1 || row.Wrong != 0 || !row.Kept {
		t.Errorf("%+v", row)
	}
}

// TestASkipHidesNoRuns: what could be done once can be done, and what stops it later is an
// error beside the runs there are.
func TestASkipHidesNoRuns(t *testing.T) {
	refused := Skipped{"not permitted"}
	for _, row := range []Row{{Runs: []Run{{}}}, {Disturbed: []Run{{}}}} {
		if err := row.skip(refused); !errors.Is(err, refused) || row.Skipped != "" {
			t.Errorf("%+v: skipped for %q, error %v", row, row.Skipped, err)
		}
	}
}

// TestWhatCannotBeDoneIsMissed, as a bar that was not tried is not kept.
func TestWhatCannotBeDoneIsMissed(t *testing.T) {
	var row Row
	if err := row.skip(Skipped{"not permitted"}); err != nil {
		t.Error(err)
	}
	row.sum(Fault{Reason: regexp.MustCompile("late")}, 20)
	if !row.Missed() || row.Word() != "skipped: not permitted" {
		t.Errorf("%v, %s", row.Missed(), row.Word())
	}
	gone := errors.New("the target went away")
	if err := row.skip(gone); !errors.Is(err, gone) {
		t.Error(err)
	}
}

// TestHogsMustGoBefore: where a process may not have priority, busy ones are no harm.
func TestHogsMustGoBefore(t *testing.T) {
	for said, refused := range map[string]bool{"-8\n": false, "-20\n": false, "0\n": true, "-7\n": true, "": true} {
		var s Skipped
		if err := tookEffect(said); (err != nil) != refused || refused && !errors.As(err, &s) {
			t.Errorf("%q: %v", said, err)
		}
	}
}

func TestOthersDisturb(t *testing.T) {
	for _, c := range []struct {
		r    Run
		want bool
	}{{Run{}, false}, {Run{Steal: 0.019, Others: 0.09}, false}, {Run{Steal: 0.02}, true}, {Run{Others: 0.1}, true}} {
		if got := c.r.Disturbed(); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
}

func TestSayingsAreCountedWithoutTheirFigures(t *testing.T) {
	row := Row{Runs: []Run{
		{Reasons: []string{"late in 2 of 8 seconds, at worst 1.5s at 3s", "late in 1 of 8 seconds, at worst 12ms at 3s"}},
		{Reasons: []string{"agent local-1 was lost at 2.03s", "late in 3 of 9 seconds, at worst 1m2s at 3.1s"}},
	}}
	got := row.Sayings()
	if len(got) != 2 || got[0].Times != 2 || got[0].Text[:9] != "late in #" || got[1].Times != 1 {
		t.Errorf("%+v", got)
	}
}

// TestHierarchyIsOneThatGivesCPU: the machines met have v1, v2, or both side by side.
func TestHierarchyIsOneThatGivesCPU(t *testing.T) {
	const v1 = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n" +
		"cgroup /sys/fs/cgroup/cpuacct cgroup rw,cpuacct 0 0\n" +
		"cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0\n" +
		"cgroup2 /nowhere/unified cgroup2 rw 0 0\n"
	if h, ok := findHierarchy(v1); !ok || h.root != "/sys/fs/cgroup/cpu" {
		t.Errorf("%+v, %v", h, ok)
	}
	dir := t.TempDir()
	v2 := "cgroup2 " + dir + " cgroup2 rw 0 0\n"
	if h, ok := findHierarchy(v2); ok {
		t.Errorf("%+v has no control of its groups", h)
	}
	if err := put(dir, "cgroup.subtree_control", "cpuset cpu memory\n"); err != nil {
		t.Fatal(err)
	}
	h, ok := findHierarchy(v2)
	if !ok || h.root != dir {
		t.Errorf("%+v, %v", h, ok)
	}
	if home := h.home("0::/system.slice/a b.scope\n"); home != dir+"/system.slice/a b.scope" {
		t.Errorf("back to %s", home)
	}
	old, _ := findHierarchy(v1)
	if home := old.home("3:cpuset:/sets\n2:cpu,cpuacct:/jobs\n0::/x\n"); home != "/sys/fs/cgroup/cpu/jobs" {
		t.Errorf("back to %s", home)
	}
}

// TestAGroupThatWasLeftIsTakenOver: its name is ours, and whoever is in it goes home.
func TestAGroupThatWasLeftIsTakenOver(t *testing.T) {
	h := hierarchy{root: t.TempDir(), named: "no such controller"}
	group := filepath.Join(h.root, "left")
	for range 2 {
		if err := h.own(group); err != nil {
			t.Fatal(err)
		}
		if err := put(group, "cgroup.procs", "4711\n"); err != nil {
			t.Fatal(err)
		}
	}
	if home, err := os.ReadFile(filepath.Join(h.root, "cgroup.procs")); err != nil || string(home) != "4711" {
		t.Errorf("%q went home (%v)", home, err)
	}
	var s Skipped
	if err := h.own(filepath.Join(group, "none", "such")); !errors.As(err, &s) {
		t.Errorf("a group that cannot be made: %v", err)
	}
}

func TestEveryFaultHasAName(t *testing.T) {
	seen, clean := map[string]bool{}, 0
	for _, f := range All() {
		if seen[f.Name] || f.What == "" {
			t.Errorf("%+v", f)
		}
		seen[f.Name] = true
		if f.Clean() {
			clean++
		}
	}
	if clean != 1 {
		t.Errorf("%d faults do no harm", clean)
	}
}
