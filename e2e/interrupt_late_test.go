//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const shortScenario = `
version: 1
name: short
target: {bundled: true, workers: 1}
users: {u: {tasks: {t: {steps: [{get: /health}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, rate: 20/s, duration: 2s}]
thresholds: {failed: [rate<50%]}
`

// TestInterruptOfTheLastWritesLostTheSummary: handlers were gone by then. A pipe in
// the run's directory holds its checksums up, for as long as nobody writes into it.
func TestInterruptOfTheLastWritesLostTheSummary(t *testing.T) {
	left := marked(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", scenario(t, shortScenario))
	eventually(t, 20*time.Second, "a run directory", func() bool { return partial(p) != "" })
	pipe := filepath.Join(partial(p), "zz-held-up")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the last writes", func() bool {
		_, err := os.Stat(filepath.Join(partial(p), "summary.json"))
		return err == nil
	})
	p.awaitIdle() // it waits for the pipe
	for _, s := range []os.Signal{os.Interrupt, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		p.signal(s)
		time.Sleep(100 * time.Millisecond)
	}
	letGo, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatalf("nobody is writing any more: %v (%s)", err, p.stderr.String())
	}
	letGo.Close()
	f := p.finish(time.Minute)
	if f.code == 130 || !strings.Contains(f.errs, "still writing runs/") {
		t.Errorf("exit %d: %s", f.code, f.errs)
	}
	if partial(p) != "" {
		t.Errorf("%s is left", partial(p))
	}
	allGone(t, left)
}

// TestSignalLeavesAFinishedDashboard, and the terminal is as it was.
func TestSignalLeavesAFinishedDashboard(t *testing.T) {
	w := newTerminal(t)
	file := scenario(t, shortScenario)
	w.tmux("send-keys", "echo before; stty -a > before; "+binary(t)+" run --hold 5m "+file+"; echo exit=$?; stty -a > after", "Enter")
	w.sees(time.Minute, "Run over")
	pids := processes(binary(t), "run", "--hold")
	if len(pids) != 1 {
		t.Fatalf("runs: %v", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.sees(30*time.Second, "RESULT ", "exit=", "before")
	w.unchanged()
}

// processes are those whose command line begins with words.
func processes(words ...string) (pids []int) {
	want := strings.Join(words, "\x00") + "\x00"
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range found {
		var pid int
		fmt.Sscanf(path, "/proc/%d/cmdline", &pid)
		if b, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(b), want) {
			pids = append(pids, pid)
		}
	}
	return pids
}
