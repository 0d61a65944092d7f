//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	allGone(t, left)
}

// allGone fails when processes do not end soon after the one that started them.
func allGone(t *testing.T, left func() []int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); len(left()) > 0; time.Sleep(20 * time.Millisecond) {
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
		for len(children(t, p.cmd.Process.Pid, "host")) == 0 && time.Since(p.started) < 20*time.Second {
			time.Sleep(time.Millisecond)
		}
		p.signal(os.Interrupt)
		if code := p.wait(30 * time.Second); code != 130 {
			t.Fatalf("exit %d\n%s%s", code, p.stdout.String(), p.stderr.String())
		}
		nothingLeft(t, p, left)
		if strings.Contains(p.stderr.String(), "interrupted before the run began") {
			return
		}
	}
	t.Error("every run had begun by then")
}

// TestInterruptSoonAfterTheStartLeftADirectory: at whatever moment, with and
// without a target of our own to start, Ctrl-C exits 130 and leaves nothing half done.
func TestInterruptSoonAfterTheStartLeftADirectory(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	left := marked(t)
	for name, at := range map[string]string{"bundled": "bundled: true, workers: 2", "own": `base_url: "` + target.url + `"`} {
		file := scenario(t, fmt.Sprintf(earlyScenario, at))
		for _, ms := range []int{0, 5, 20, 50, 100, 150, 200, 300, 450, 600, 900} {
			t.Run(fmt.Sprintf("%s/%dms", name, ms), func(t *testing.T) {
				p := start(t, t.TempDir(), "run", "--ui", "none", file)
				time.Sleep(time.Duration(ms) * time.Millisecond)
				if p.signal(os.Interrupt); !diedYoung(p, ms) {
					interruptedWell(t, p, left)
				}
			})
		}
		t.Run(name+"/with its directory", func(t *testing.T) {
			for range 5 {
				p := start(t, t.TempDir(), "run", "--ui", "none", file)
				for partial(p) == "" && time.Since(p.started) < 20*time.Second {
					time.Sleep(time.Millisecond) // and not a core taken from what is waited for
				}
				p.signal(os.Interrupt)
				interruptedWell(t, p, left)
			}
		})
	}
}

func interruptedWell(t *testing.T, p *proc, left func() []int) {
	t.Helper()
	if code := p.wait(30 * time.Second); code != 130 {
		t.Errorf("exit %d (%v)\n%s%s", code, p.cmd.ProcessState, p.stdout.String(), p.stderr.String())
	}
	nothingLeft(t, p, left)
}

// diedYoung says whether the system ended a process that had not come to main yet: by
// the clock or, where others had the cores, by the CPU time that it had got.
func diedYoung(p *proc, ms int) bool {
	const tooYoung = 20
	p.wait(30 * time.Second)
	w, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && w.Signaled() && w.Signal() == syscall.SIGINT && (ms <= tooYoung || p.ran() < shortLife(p.t))
}

// shortLife is the CPU time of a process that comes to main and does next to nothing.
func shortLife(t *testing.T) time.Duration {
	t.Helper()
	p := start(t, t.TempDir(), "version")
	p.wait(30 * time.Second)
	return p.ran()
}

// blackHole is an address whose connects are never answered: a listener that
// accepts nothing, with its queue full.
func blackHole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address // full
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the queue of a listener that accepts nothing is never full")
	return ""
}

// TestInterruptWasNotHeardByAProbeOfABlackHole: it waited 5 s for every address.
func TestInterruptWasNotHeardByAProbeOfABlackHole(t *testing.T) {
	file := scenario(t, fmt.Sprintf(earlyScenario, `base_url: "http://`+blackHole(t)+`"`))
	left := marked(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", file)
	eventually(t, 20*time.Second, "a run directory", func() bool { return partial(p) != "" })
	time.Sleep(300 * time.Millisecond) // well inside the probe
	p.signal(os.Interrupt)
	signalled := time.Now()
	if code := p.wait(30 * time.Second); code != 130 || !strings.Contains(p.stderr.String(), "interrupted before the run began") {
		t.Errorf("exit %d\n%s", code, p.stderr.String())
	}
	if took := time.Since(signalled); took > 4*time.Second {
		t.Errorf("it took %s to hear", took)
	}
	nothingLeft(t, p, left)
}

// TestInterruptWhileTheScenarioIsWaitedFor: nobody writes into the pipe it is read from.
func TestInterruptWhileTheScenarioIsWaitedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	left := marked(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", file)
	p.awaitIdle()
	p.signal(syscall.SIGTERM)
	if code := p.wait(30 * time.Second); code != 130 {
		t.Errorf("exit %d (%v)", code, p.cmd.ProcessState)
	}
	nothingLeft(t, p, left)
}

// partial is the directory of a run that goes on, "" before there is one.
func partial(p *proc) string {
	found, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "runs", "*.partial"))
	if len(found) == 0 {
		return ""
	}
	return found[0]
}
