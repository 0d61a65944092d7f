package stack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A shell passes nothing on and dies of the group's signal at once: the service behind it is to
// have its grace even so, or its pid file, socket or lock breaks the next start.
func TestAServiceBehindAShellHasItsGrace(t *testing.T) {
	for _, by := range []string{"signal", "lifeline"} {
		t.Run(by, func(t *testing.T) {
			dir := t.TempDir()
			svc := filepath.Join(dir, "svc")
			script := "#!/bin/sh\ntrap 'sleep 0.5; touch " + dir + "/clean; exit 0' TERM\ntouch " + dir + "/up\nwhile :; do sleep 0.05; done\n"
			if err := os.WriteFile(svc, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			keeper, life := keepGroup(t, "10s", "/bin/sh", "-c", svc+"; echo done")
			await(t, filepath.Join(dir, "up"))
			if by == "signal" {
				_ = keeper.Process.Signal(syscall.SIGTERM)
			} else {
				_ = life.Close()
			}
			_ = keeper.Wait()
			if _, err := os.Stat(filepath.Join(dir, "clean")); err != nil {
				t.Error("it was cut off:", err)
			}
		})
	}
}

func TestAServiceBehindAShellThatIsDeafIsKilled(t *testing.T) {
	dir := t.TempDir()
	deaf := "sh -c 'trap \"\" TERM; echo $$ >" + dir + "/pid; while :; do sleep 0.05; done'; echo done"
	keeper, _ := keepGroup(t, "300ms", "/bin/sh", "-c", deaf)
	await(t, filepath.Join(dir, "pid"))
	_ = keeper.Process.Signal(syscall.SIGTERM)
	began := time.Now()
	_ = keeper.Wait()
	if took := time.Since(began); took < 250*time.Millisecond || took > 20*time.Second {
		t.Errorf("gone after %v", took)
	}
}

// keepGroup runs a program under a keeper that asks its group; closing life is the end of its
// lifeline.
func keepGroup(t *testing.T, grace string, argv ...string) (keeper *exec.Cmd, life *os.File) {
	t.Helper()
	theirs, life, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	t.Cleanup(func() { _ = life.Close() })
	keeper = this("keep", append([]string{"", "15", grace}, argv...)...)
	keeper.Env = append(keeper.Env, "STACK_GROUP=yes")
	keeper.ExtraFiles = []*os.File{theirs}
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	return keeper, life
}

func await(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if b, err := os.ReadFile(path); err == nil && (len(b) > 0 || !strings.HasSuffix(path, "pid")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("never: " + path)
}
