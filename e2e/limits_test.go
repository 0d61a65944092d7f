//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const growingLoad = `
version: 1
name: growing
target: {base_url: "http://%s"}
http: {timeout: 2s}
users: {u: {tasks: {t: {steps: [{get: /stall}]}}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 200/s, arrivals: uniform, duration: 10s, max_lag: 1s}
slo: {failed: [rate<=1]}
`

// TestFilesRunOut: the limit of an agent's files falls under its load. The verdict
// names it first, nothing is called an error of the target, and the run does not pass.
func TestFilesRunOut(t *testing.T) {
	t.Parallel()
	v := newVillain(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(growingLoad, v.addr)))
	agent := awaitAgents(t, p, 1)[0]
	p.into(3 * time.Second)
	if err := unix.Prlimit(agent, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 30, Max: 30}, nil); err != nil {
		lacking(t, "the limit of a process cannot be set: "+err.Error())
	}
	f := p.finish(time.Minute)
	f.identity(t)
	a := f.summary.Accounting
	if f.code != 97 || f.summary.Validity.Verdict != "invalid" || a.NotSent < 100 || a.ConnError != 0 {
		t.Errorf("exit %d, %+v, %+v\n%s", f.code, f.summary.Validity, a, f.out)
	}
	_, _, other := f.summary.reasons()
	if len(other) == 0 || !strings.HasPrefix(other[0], "the generator hit a limit of its own: local-1: out of files: raise the limit of open files") {
		t.Errorf("reasons %q", other)
	}
	if !strings.Contains(f.out, "× not_sent: out of files on /stall") {
		t.Errorf("the terminal does not say why requests were not sent:\n%s", f.out)
	}
	head, _, _ := strings.Cut(f.out, "request  ")
	if !strings.Contains(head, "out of files") {
		t.Errorf("the head of the summary does not name the limit:\n%s", head)
	}
	t.Log(head)
}

// TestKilledAgentSaysWhatItMayBe: the kernel kills what takes too much memory, and says
// so to nobody else.
func TestKilledAgentSaysWhatItMayBe(t *testing.T) {
	t.Parallel()
	v := newVillain(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(growingLoad, v.addr)))
	agent := awaitAgents(t, p, 1)[0]
	p.into(2 * time.Second)
	if err := syscall.Kill(agent, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	f := p.finish(time.Minute)
	f.identity(t)
	reasons := strings.Join(f.summary.Validity.Reasons, "; ")
	if f.code != 97 || !strings.Contains(reasons, "killed by signal 9 (killed), perhaps because memory ran out") {
		t.Errorf("exit %d, reasons %s", f.code, reasons)
	}
}
