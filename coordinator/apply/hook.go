package apply

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// hookPath is the note of the hook that runs: the group it runs in, and when that began, as a
// process's number may be another's later.
func hookPath(dir string) string { return filepath.Join(dir, "hook") }

// noteHook writes down that a hook runs. It need not be on the disk: when the machine stops,
// so does the hook.
func noteHook(dir string, pid int) error {
	return os.WriteFile(hookPath(dir), fmt.Appendf(nil, "%d %s\n", pid, began(pid)), 0o600)
}

// endHook ends the hook that a killed loadctl left running: it would set its value after the old
// one was put back. A hook that is through by itself has left what it was to leave.
func endHook(dir string) {
	text, err := os.ReadFile(hookPath(dir))
	if err != nil {
		return
	}
	defer os.Remove(hookPath(dir))
	number, start, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 1 || start == "" || began(pid) != start {
		return
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-pid, sig)
		if isGone(pid) {
			return
		}
	}
}

// isGone waits for the end of a group.
func isGone(pgid int) bool {
	for end := time.Now().Add(afterwards); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(-pgid, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}
