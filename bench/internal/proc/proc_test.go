package proc

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

func TestAProcessNamedLikeFieldsIsRead(t *testing.T) {
	p, ok := parseStat("41 (a) S 7 (b)) S 12 41 0")
	if !ok || p.PID != 41 || p.Parent != 12 {
		t.Errorf("%+v, %v", p, ok)
	}
	for _, bad := range []string{"", "41", "x (a) S 1", "41 (a) S"} {
		if p, ok := parseStat(bad); ok {
			t.Errorf("%q: %+v", bad, p)
		}
	}
}

func TestTreeHoldsChildrenOfChildren(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 30 & wait")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, p := range Tree(cmd.Process.Pid) {
			if q, err := os.FindProcess(p.PID); err == nil {
				_ = q.Kill()
			}
		}
		_ = cmd.Wait()
	}()
	isSleep := func(p Process) bool { return p.Args[0] == "sleep" }
	for range 100 {
		tree := Tree(os.Getpid())
		if slices.ContainsFunc(tree, isSleep) && slices.ContainsFunc(Tree(cmd.Process.Pid), isSleep) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("no sleep among %+v", Tree(os.Getpid()))
}

func TestOwnWeightIsKnown(t *testing.T) {
	if pss, err := PSS(os.Getpid()); err != nil || pss < 1<<18 {
		t.Errorf("memory %v, %v", pss, err)
	}
	if _, err := PSS(0); err == nil {
		t.Error("a process that is not there weighs something")
	}
	if free, err := Available(); err != nil || free <= 0 {
		t.Errorf("available %v, %v", free, err)
	}
	if n, err := Numbers("net/ipv4/ip_local_port_range"); err != nil || len(n) != 2 {
		t.Errorf("ports %v, %v", n, err)
	}
	if CPU(os.Getpid()) <= 0 {
		t.Error("no CPU time")
	}
}

func TestStealIsAShareOfTheWhole(t *testing.T) {
	before := Clock{10, 0, 10, 80, 0, 0, 0, 0, 5, 0}
	after := Clock{20, 0, 20, 150, 0, 0, 0, 10, 9, 0} // 100 ticks later, guests apart
	if got := after.Steal(before); got != 0.1 {
		t.Errorf("got %v, want 0.1", got)
	}
	if got := after.Busy(before); got != 200*time.Millisecond {
		t.Errorf("busy for %v, want 20 ticks", got)
	}
	if got := (Clock{1}).Steal(before); got != 0 {
		t.Errorf("of an old kernel %v", got)
	}
}

func TestTheQuietestRunCounts(t *testing.T) {
	for _, c := range []struct {
		steals      []float64
		want, after float64
	}{
		{[]float64{0.01, 0.2}, 0.01, 1},
		{[]float64{0.2, 0.07, 0.01}, 0.07, 2},
		{[]float64{0.4, 0.2, 0.3, 0.5, 0.01}, 0.2, 4},
	} {
		runs := 0
		got, err := Quietest(func() (float64, error) { runs++; return c.steals[runs-1], nil }, func(s float64) float64 { return s })
		if err != nil || got != c.want || runs != int(c.after) {
			t.Errorf("%v: %v after %d runs, %v", c.steals, got, runs, err)
		}
	}
}
