//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const earlyScenario = `
version: 1
name: early
target: {%s}
users: {u: {tasks: {t: {steps: [{get: /health}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, rate: 20/s, duration: 20s}]
`

// marked makes every process that the test starts from here on, and their
// children, known to the function it returns, which lists those that live.
func marked(t *testing.T) (left func() []int) {
	t.Helper()
	mark := fmt.Sprintf("E2E_MARK=%d-%d", os.Getpid(), time.Now().UnixNano())
	name, value, _ := strings.Cut(mark, "=")
	t.Setenv(name, value)
	return func() (pids []int) {
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, path := range environs {
			var pid int
			fmt.Sscanf(path, "/proc/%d/environ", &pid)
			b, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(b), mark) && alive(pid) {
				pids = append(pids, pid)
			}
		}
		return pids
	}
}

// nothingLeft fails when an interrupted run left a process or something half
// written behind; one that never began leaves no directory at all.
func nothingLeft(t *testing.T, p *proc, left func() []int) {
	t.Helper()
	want := 0
	if strings.Contains(p.stdout.String(), "RESULT") {
		want = 1
	}
	if found, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "runs*")); len(found) != want {
		t.Errorf("left behind: %v", found)
	}
	if found, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "runs", "*.partial")); len(found) != 0 {
		t.Errorf("left behind: %v", found)
	}
	for end := time.Now().Add(2 * time.Second); len(left()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("processes left behind: %v", left())
		}
	}
}

// TestInterruptBeforeTheRunBeganExitedWith1: hosts had been called, no figure had
// come, and Ctrl-C looked like a failure. That stretch is short, so it takes a few
// tries to meet.
func TestInterruptBeforeTheRunBeganExitedWith1(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	left := marked(t)
	file := scenario(t, fmt.Sprintf(earlyScenario, `base_url: "`+target.url+`"`))
	for range 20 {
		p := start(t, t.TempDir(), "run", "--ui", "none", file)
		for len(children(t, p.cmd.Process.Pid, "host")) == 0 && time.Since(p.started) < 10*time.Second {
			time.Sleep(time.Millisecond)
		}
		p.signal(os.Interrupt)
		if code := p.wait(10 * time.Second); code != 130 {
			t.Fatalf("exit %d\n%s%s", code, p.stdout.String(), p.stderr.String())
		}
		nothingLeft(t, p, left)
		if strings.Contains(p.stderr.String(), "interrupted before the run began") {
			return
		}
	}
	t.Error("every run had begun by then")
}
