//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBalancerEndsWithItsGuard: the process between the two may be killed alone, by whoever
// is short of memory, say. What it kept then ends too, and the balancer says so.
func TestBalancerEndsWithItsGuard(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		t.Setenv("TMPDIR", shortDir(t))
		b := balance(t, kind, newBackends(t, 0))
		pids := descendants(b.cmd.Process.Pid)
		guard := 0
		for _, pid := range pids {
			if strings.Contains(commandLine(pid), "\x00guard\x00") {
				guard = pid
			}
		}
		if guard == 0 {
			t.Fatalf("none of %v is the guard", pids)
		}
		if err := syscall.Kill(guard, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if code := b.wait(20 * time.Second); code == 0 {
			t.Error("it ended as if it had been asked to")
		}
		t.Cleanup(func() {
			for _, pid := range pids {
				if alive(pid) {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
		eventually(t, 20*time.Second, "nothing is left", func() bool {
			left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "loadctl-*"))
			for _, pid := range pids {
				if alive(pid) {
					return false
				}
			}
			return len(left) == 0
		})
	})
}
