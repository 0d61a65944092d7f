package proc

import (
	"fmt"
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
	if got := (Clock{1}).Steal(before); got != 0 {
		t.Errorf("of an old kernel %v", got)
	}
}

// TestOthersRanWhatTheyRan: what the kernel says of the whole machine had found half of
// it busy with others while nobody else ran.
func TestOthersRanWhatTheyRan(t *testing.T) {
	const line = "%d (a b) S 1 1 1 0 -1 %d 0 0 0 0 %d %d 99 99 20 0 1 0 %d 0 0"
	read := func(lines ...[5]int) Times {
		var all []Process
		for _, l := range lines {
			p, ok := parseStat(fmt.Sprintf(line, l[0], l[1], l[2], l[3], l[4]))
			if !ok {
				t.Fatalf("%v is not read", l)
			}
			all = append(all, p)
		}
		return others(all, 5)
	}
	const user, kernel = 0x400000, 0x208040
	before := read(
		[5]int{5, user, 100, 100, 10},  // ours
		[5]int{6, user, 700, 300, 11},  // goes on
		[5]int{7, user, 40, 0, 12},     // ends
		[5]int{8, user, 500, 0, 13},    // ends, and its number is given again
		[5]int{9, kernel, 0, 1000, 14}) // works for all
	after := read(
		[5]int{5, user, 300, 200, 10},
		[5]int{6, user, 705, 302, 11},
		[5]int{8, user, 3, 0, 900},
		[5]int{9, kernel, 0, 2000, 14},
		[5]int{10, user, 1, 1, 901}) // came
	if got, want := after.Since(before), (7+3+2)*tick; got != want {
		t.Errorf("others ran for %v, want %v", got, want)
	}
	if got := after.Since(after); got != 0 {
		t.Errorf("in no time they ran for %v", got)
	}
}

// TestOwnProcessesAreNotOthers: neither this one nor what it started.
func TestOwnProcessesAreNotOthers(t *testing.T) {
	cmd := exec.Command("sleep", "30")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	others := Others()
	for who := range others {
		if who.pid == os.Getpid() || who.pid == cmd.Process.Pid {
			t.Errorf("%d is one of us", who.pid)
		}
		if who.began == 0 && who.pid != 1 {
			t.Errorf("%d began with the machine", who.pid)
		}
	}
	if len(others) == 0 {
		t.Error("nobody started this test")
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

func TestWhatOthersRanWasTaken(t *testing.T) {
	before := Now()
	for who, ran := range before.others {
		before.others[who] = ran - time.Second
	}
	if steal, others := before.Taken(); others <= 0 || steal < 0 || steal > 1 {
		t.Errorf("others, who ran for a second each, took %v, neighbours %v", others, steal)
	}
}
