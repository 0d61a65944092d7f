package pulse

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/machine"
)

func TestNextBeat(t *testing.T) {
	for _, c := range []struct{ went, want int64 }{{0, 10}, {3, 10}, {9, 10}, {10, 20}, {11, 20}, {2005, 2010}} {
		if got := nextBeat(0, c.went*ms); got != c.want*ms {
			t.Errorf("after a beat that came at %d: %d", c.went, got/ms)
		}
	}
}

// TestAStoppedProcessSeesIt: a process that was stopped for half a second says that the
// kernel gave it no core for that long, and that it used no CPU time.
func TestAStoppedProcessSeesIt(t *testing.T) {
	const stop = 500 * time.Millisecond
	if os.Getenv("LOADCTL_TEST_PULSE") != "" {
		beatUntilStopped(t, stop)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAStoppedProcessSeesIt$", "-test.v")
	cmd.Env, cmd.Stderr = append(os.Environ(), "LOADCTL_TEST_PULSE=1"), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Fatal("no child", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "beating" {
	}
	if err := cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(stop) // what is measured
	if err := cmd.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Log(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// beatUntilStopped is the child. Under load other stalls may come first.
func beatUntilStopped(t *testing.T, stop time.Duration) {
	p := Start(machine.Monotonic())
	defer p.Stop()
	for began := false; ; time.Sleep(period) {
		v := p.Window()
		if v.KernelJitter.Known && !began {
			began = true
			os.Stdout.WriteString("beating\n")
		}
		if j := v.KernelJitter.Value; j > stop-period-time.Millisecond {
			if v.StallCPU.Value > j/10 {
				t.Errorf("stood still for %v and used %v", j, v.StallCPU.Value)
			}
			return
		}
		if v.GoJitter.Value > stop/2 {
			t.Errorf("blames Go: %+v", v)
			return
		}
	}
}

// TestCostOfABeat prints what the process uses that does nothing else, the runtime included.
func TestCostOfABeat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	p := Start(machine.Monotonic())
	defer p.Stop()
	began, before := time.Now(), machine.CPU()
	time.Sleep(time.Second) // what is measured
	all := machine.CPU() - before
	t.Logf("%v in %v: %.2f %% of a core", all, time.Since(began), 100*float64(all)/float64(time.Since(began)))
}
