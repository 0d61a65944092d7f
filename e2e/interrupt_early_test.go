//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const bundledShort = `version: 1
name: short
target: {bundled: true, workers: 1}
users:
  u: {tasks: {x: {steps: [{get: /health}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 20s}
`

// TestInterruptEarly: whenever it comes, an interrupt ends the run with 130, and
// nothing is left behind, or a whole run.
func TestInterruptEarly(t *testing.T) {
	bundled := scenario(t, bundledShort)
	for _, after := range []time.Duration{50, 100, 150, 200, 300, 450, 600, 900, 1500} {
		after *= time.Millisecond
		t.Run(after.String(), func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, dir, "run", "--ui", "none", bundled)
			time.Sleep(after)
			all := descendants(p.cmd.Process.Pid)
			p.signal(os.Interrupt)
			if code := p.wait(15 * time.Second); code != 130 {
				t.Errorf("exit %d\n%s%s", code, p.stdout.String(), p.stderr.String())
			}
			runs, _ := filepath.Glob(filepath.Join(dir, "runs", "*"))
			for _, r := range runs {
				if _, err := os.Stat(filepath.Join(r, "summary.json")); err != nil || strings.HasSuffix(r, ".partial") {
					t.Errorf("left behind: %s", r)
				}
			}
			if len(runs) == 0 && !strings.Contains(p.stderr.String(), "interrupted before the run began") {
				t.Errorf("stderr says %q", p.stderr.String())
			}
			for _, pid := range all {
				if alive(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
		})
	}
}

// TestInterruptOfASilentTarget: packets that nobody answers hold nobody up.
func TestInterruptOfASilentTarget(t *testing.T) {
	full, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	silence(t, full)
	file := scenario(t, strings.Replace(bundledShort, "bundled: true, workers: 1", fmt.Sprintf("base_url: %q", "http://"+full.Addr().String()), 1))
	dir := t.TempDir()
	p := start(t, dir, "run", "--ui", "none", file)
	time.Sleep(time.Second)
	p.signal(os.Interrupt)
	if code := p.wait(2 * time.Second); code != 130 {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "runs")); !os.IsNotExist(err) {
		t.Errorf("runs is left: %v", err)
	}
}

// silence fills a listener's accept queue, so that the kernel drops what follows.
func silence(t *testing.T, l net.Listener) {
	t.Helper()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 0) }); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 200*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the listener still answers")
}

// TestInterruptWhileWriting: signals that come when the run is over lose nothing.
func TestInterruptWhileWriting(t *testing.T) {
	file := scenario(t, strings.Replace(bundledShort, "duration: 20s", "duration: 2s", 1))
	dir := t.TempDir()
	p := start(t, dir, "run", "--ui", "none", file)
	time.Sleep(2 * time.Second)
	for range 200 { // two seconds to the end, through all of it
		select {
		case <-p.done:
		default:
			_ = p.cmd.Process.Signal(syscall.SIGHUP)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		break
	}
	if code := p.wait(15 * time.Second); code != 130 {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json")); len(found) != 1 {
		t.Errorf("no summary: %s", p.stderr.String())
	}
	if !strings.Contains(p.stdout.String(), "RESULT ") {
		t.Errorf("no RESULT:\n%s", p.stdout.String())
	}
}

// TestFullDisk: a run whose files have no room is still made, and says what it found.
func TestFullDisk(t *testing.T) {
	if !asRoot(t) {
		return
	}
	runs := t.TempDir()
	if err := syscall.Mount("tmpfs", runs, "tmpfs", 0, "size=8k"); err != nil {
		lacking(t, fmt.Sprintf("a small file system cannot be made here: %v", err))
	}
	t.Cleanup(func() { _ = syscall.Unmount(runs, 0) })
	file := scenario(t, strings.Replace(bundledShort, "duration: 20s", "duration: 15s", 1))
	p := start(t, t.TempDir(), "run", "--ui", "plain", "--runs", runs, file)
	if code := p.wait(60 * time.Second); code != 1 {
		t.Errorf("exit %d", code)
	}
	out := p.stdout.String()
	last := out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]
	whole := regexp.MustCompile(`accounting +\d+ intended = \d+ ok ✓`)
	if !strings.HasPrefix(last, "RESULT pass exit=1 ") || !whole.MatchString(out) || !strings.Contains(out, "the run goes on, its files will not be whole") {
		t.Errorf("stdout ends with %q:\n%s", last, out)
	}
	if !strings.Contains(p.stderr.String(), "no space left") || !strings.Contains(p.stderr.String(), ".partial") {
		t.Errorf("stderr: %s", p.stderr.String())
	}
}
