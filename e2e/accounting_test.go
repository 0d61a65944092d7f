//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// steady is a short open run with a closed phase before it and held connections
// under it: every way of counting at once.
const steady = `
version: 1
name: steady
target: {base_url: "%s"}
http: {timeout: 2s}
users:
  reader:
    tasks:
      get_item:
        weight: 3
        steps:
          - get: /items/${rand.int(1,100000)}
            name: /items/{id}
            check: [{status: 200}]
      health:
        weight: 1
        steps: [{get: /health}]
phases:
  - {name: warmup, executor: constant-vus, user: reader, vus: 4, duration: 1s, record: false}
  - name: hold
    executor: held-connections
    connections: 200
    connect_rate: 400/s
    hold: %s
    user: reader
    heartbeat: {task: health, every: 1s, jitter: 20%%}
  - name: steady
    executor: constant-arrival-rate
    start: {with: hold, after: connected}
    user: reader
    over: hold
    rate: 300/s
    duration: %s
agents: {on_loss: %s}
`

func steadyFile(t *testing.T, url string, load time.Duration, onLoss string) string {
	return scenario(t, fmt.Sprintf(steady, url, load+500*time.Millisecond, load, onLoss))
}

// total is both accounting blocks together: what the target saw of us.
func (f finished) total() (answered, uncertain int64) {
	a, b := f.summary.Accounting, f.summary.AccountingUnrecorded
	return a.answered() + b.answered(), a.uncertain() + b.uncertain()
}

// TestAccountingCleanRun: the target's own counter is exactly what we say it
// answered, and no less so when the generator was late.
func TestAccountingCleanRun(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	f := run(t, time.Minute, "run", "--ui", "none", steadyFile(t, target.url, 6*time.Second, "fail"))
	survived(t, f)
	answered, uncertain := f.total()
	if uncertain != 0 {
		t.Errorf("a clean run has %d requests that nobody can account for", uncertain)
	}
	if got := target.counted(t).Requests; got != answered {
		t.Errorf("the target counted %d requests, the run %d", got, answered)
	}
	if hb := f.summary.Heartbeats; hb.Sent == 0 || hb.Sent != hb.Answered {
		t.Errorf("heartbeats sent %d, answered %d", hb.Sent, hb.Answered)
	}
}

// TestAccountingTargetKilled: the target dies in the middle of the run. Its workers
// count in memory of their master, so when only they are killed, again and again,
// the count bounds ours from both sides.
func TestAccountingTargetKilled(t *testing.T) {
	t.Parallel()
	t.Run("workers", func(t *testing.T) {
		t.Parallel()
		workersKilled(t)
	})
	t.Run("all of it", func(t *testing.T) {
		t.Parallel()
		targetKilled(t)
	})
}

func workersKilled(t *testing.T) {
	const rounds = 4
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--delay", "fixed:200ms")
	p := start(t, t.TempDir(), "run", "--ui", "none", steadyFile(t, target.url, 16*time.Second, "fail"))
	p.into(4 * time.Second)
	for range rounds {
		for _, pid := range target.workers(t) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
	}
	f := p.finish(time.Minute)
	survived(t, f)
	between(t, f, target)
	answered, uncertain := f.total()
	c, failed := target.counted(t), f.summary.Accounting.ConnError
	t.Logf("%d answered ≤ %d counted by the target ≤ %d; %d connection errors", answered, c.Requests, answered+uncertain, failed)
	// At 300/s three quarters wait 200 ms: each death takes some 45 of them along.
	if failed < 20*rounds {
		t.Errorf("all workers were killed %d times, and %d requests failed: %+v", rounds, failed, f.summary.Accounting)
	}
	if want := int64(2 * (1 + rounds)); c.Starts != want {
		t.Errorf("%d workers were started, want %d", c.Starts, want)
	}
}

func targetKilled(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", steadyFile(t, target.url, 10*time.Second, "fail"))
	p.into(4 * time.Second)
	before := target.counted(t).Requests
	target.signal(syscall.SIGKILL)
	f := p.finish(time.Minute)
	survived(t, f)
	if f.summary.Accounting.ConnError == 0 {
		t.Errorf("the target was killed, and no request failed: %+v", f.summary.Accounting)
	}
	// Its count died with it: what it had said before is all there is to compare.
	if answered, uncertain := f.total(); answered+uncertain < before {
		t.Errorf("the target had counted %d before it died, the run knows of %d + %d", before, answered, uncertain)
	}
}

// survived fails unless the run went on to its end: errors of the target break no
// limit of a file that has none, and are nothing against the measurement.
func survived(t *testing.T, f finished) {
	t.Helper()
	f.identity(t)
	f.doubtless(t)
	if f.code != 0 && len(spoilt(&f.summary)) == 0 {
		t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
	}
}

// between fails unless the target's counter lies between what was surely
// answered and that plus what may have been.
func between(t *testing.T, f finished, target service) {
	t.Helper()
	answered, uncertain := f.total()
	if got := target.counted(t).Requests; got < answered || got > answered+uncertain {
		t.Errorf("the target counted %d requests: not between %d and %d", got, answered, answered+uncertain)
	}
}

// TestAccountingAgentKilled: counters of a killed agent are read from shared memory,
// and a run that may lose none ends soon. What other policies do is TestAgentLost's.
func TestAccountingAgentKilled(t *testing.T) {
	t.Parallel()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "3", steadyFile(t, target.url, 20*time.Second, "fail"))
	agents := awaitAgents(t, p, 3)
	p.into(5 * time.Second)
	killed := time.Now()
	_ = syscall.Kill(agents[0], syscall.SIGKILL)
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	if f.code != 97 || f.summary.Verdict != "aborted" || f.summary.Validity.Verdict != "invalid" {
		t.Errorf("exit %d, verdict %s, validity %s: want 97, aborted, invalid", f.code, f.summary.Verdict, f.summary.Validity.Verdict)
	}
	if time.Since(killed) > 15*time.Second {
		t.Errorf("the run ended %s after the loss", time.Since(killed))
	}
}

func awaitAgents(t *testing.T, p *proc, n int) (pids []int) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%d agents", n), func() bool {
		pids = children(t, p.cmd.Process.Pid, "agent")
		return len(pids) == n
	})
	return pids
}

// TestAgentStopped: a frozen agent ends a run that may lose none within 15 s, and
// nothing is left of it.
func TestAgentStopped(t *testing.T) {
	t.Parallel()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "2", steadyFile(t, target.url, 20*time.Second, "fail"))
	agents := awaitAgents(t, p, 2)
	p.into(5 * time.Second)
	stopped := time.Now()
	if err := syscall.Kill(agents[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	if f.code != 97 || time.Since(stopped) > 15*time.Second {
		t.Errorf("exit %d, %s after the loss: want 97 within 15 s", f.code, time.Since(stopped))
	}
	if alive(agents[0]) {
		t.Error("the stopped agent outlived the run")
	}
}

// TestInterrupt: Ctrl-C stops issuing, drains and writes everything.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", steadyFile(t, target.url, 30*time.Second, "fail"))
	p.into(6 * time.Second)
	p.signal(os.Interrupt)
	f := interrupted(t, p, target)
	if f.summary.Accounting.Censored != 0 {
		t.Errorf("a drain leaves nothing open, %d are censored", f.summary.Accounting.Censored)
	}
}

// TestInterruptTwice: the target is frozen, so that a drain would wait for the
// time-out of 30 s; the second Ctrl-C does not.
func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	target := serve(t, "upstream", "--listen", "127.0.0.1:0", "--freeze-at", "4s", "--freeze-for", "12s")
	text := strings.Replace(fmt.Sprintf(steady, target.url, 30*time.Second, 30*time.Second, "fail"), "timeout: 2s", "timeout: 30s", 1)
	p := start(t, t.TempDir(), "run", "--ui", "none", scenario(t, text))
	p.into(6 * time.Second)
	p.signal(os.Interrupt)
	time.Sleep(500 * time.Millisecond)
	p.signal(os.Interrupt)
	again := time.Now()
	f := interrupted(t, p, target)
	if took := time.Since(again); took > 6*time.Second {
		t.Errorf("it took %s to stop at once", took)
	}
	if f.summary.Accounting.Censored == 0 {
		t.Error("the target was frozen, and no request was open")
	}
}

func interrupted(t *testing.T, p *proc, target service) finished {
	t.Helper()
	f := p.finish(time.Minute)
	if f.code != 130 {
		t.Errorf("exit %d, want 130", f.code)
	}
	f.identity(t)
	between(t, f, target)
	if f.summary.Accounting.OK == 0 {
		t.Error("what was collected is lost")
	}
	return f
}

// TestAccountingTimeouts: an upstream that freezes longer than the time-out.
func TestAccountingTimeouts(t *testing.T) {
	t.Parallel()
	target := serve(t, "upstream", "--listen", "127.0.0.1:0", "--freeze-at", "3s", "--freeze-for", "4s")
	f := run(t, time.Minute, "run", "--ui", "none", steadyFile(t, target.url, 8*time.Second, "fail"))
	f.identity(t)
	if f.summary.Accounting.Timeout == 0 {
		t.Errorf("nothing timed out: %+v", f.summary.Accounting)
	}
	between(t, f, target)
}

// TestNothingOutlivesTheCoordinator: SIGKILL of the coordinator ends hosts, agents and the bundled target.
func TestNothingOutlivesTheCoordinator(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "run", "--ui", "none", repo(t, "scenarios/items.yaml"))
	p.into(3 * time.Second)
	family := descendants(p.cmd.Process.Pid)
	if len(family) < 5 {
		t.Fatalf("only %d processes: %v", len(family), family)
	}
	p.signal(syscall.SIGKILL)
	eventually(t, 15*time.Second, "every child has ended", func() bool {
		for _, pid := range family {
			if alive(pid) {
				return false
			}
		}
		return true
	})
}
