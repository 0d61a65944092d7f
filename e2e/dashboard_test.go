//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A terminal is a pane of a tmux server of its own.
type terminal struct {
	t      *testing.T
	dir    string
	socket string
}

func newTerminal(t *testing.T) terminal {
	t.Helper()
	need(t, "tmux")
	dir := t.TempDir()
	w := terminal{t, dir, filepath.Join(dir, "tmux")}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", w.socket, "kill-server").Run() })
	w.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", dir, "env -u CI PS1='$ ' LC_ALL=C.UTF-8 sh")
	return w
}

func (w terminal) tmux(args ...string) string {
	w.t.Helper()
	return command(w.t, "tmux", append([]string{"-u", "-S", w.socket}, args...)...)
}

// alternate is "1" while a program shows a screen of its own.
func (w terminal) alternate() string {
	w.t.Helper()
	return strings.TrimSpace(w.tmux("display-message", "-p", "#{alternate_on}"))
}

// validity is what a screen says of a measurement; a busy machine makes it a little late.
const validity = "VALID|DEGRADED"

// sees waits until everything is on the screen, or has scrolled off it, at once: of
// words that a | parts, one.
func (w terminal) sees(limit time.Duration, what ...string) (screen string) {
	w.t.Helper()
	missing := ""
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		screen, missing = w.tmux("capture-pane", "-p", "-S", "-200"), ""
		for _, one := range what {
			if !slices.ContainsFunc(strings.Split(one, "|"), func(word string) bool { return strings.Contains(screen, word) }) {
				missing = one
			}
		}
		if missing == "" {
			return screen
		}
	}
	w.t.Fatalf("not within %s: %q in\n%s", limit, missing, screen)
	return ""
}

// TestDashboardOfARealRun drives `loadctl run` as a person at a terminal does:
// looks, resizes, sorts, freezes, asks for help, stops; and has the terminal back.
func TestDashboardOfARealRun(t *testing.T) {
	w := newTerminal(t)
	w.tmux("send-keys", "echo before; stty -a > before; "+binary(t)+" run "+repo(t, "scenarios/items.yaml")+
		"; echo exit=$?; stty -a > after", "Enter")
	w.sees(time.Minute, "RUNNING", validity, "/items/{id}", "held", "agents 2/2")
	w.tmux("resize-window", "-x", "160", "-y", "50")
	w.sees(20*time.Second, "heatmap", "agents", "local-2", "service p99")
	w.tmux("send-keys", "f")
	w.sees(20*time.Second, "FROZEN")
	w.tmux("send-keys", "f", "s", "?")
	w.sees(20*time.Second, "sort")
	w.tmux("send-keys", "Escape")
	w.tmux("resize-window", "-x", "80", "-y", "24")
	w.sees(20*time.Second, "RUNNING", "requests")
	w.tmux("send-keys", "C-c")
	screen := w.sees(20*time.Second, "exit=130", "before")
	if !strings.Contains(screen, "RESULT aborted exit=130") {
		t.Errorf("the summary is not what the terminal shows in the end:\n%s", screen)
	}
	w.unchanged()
}

// unchanged fails when the terminal is not as it was before the command.
func (w terminal) unchanged() {
	w.t.Helper()
	var before, after []byte
	eventually(w.t, 20*time.Second, "the shell goes on", func() bool {
		before, _ = os.ReadFile(filepath.Join(w.dir, "before"))
		after, _ = os.ReadFile(filepath.Join(w.dir, "after"))
		return len(after) > 0
	})
	// The size has changed and changed back; what matters is how it treats keys.
	if string(before) != string(after) {
		w.t.Errorf("stty before:\n%s\nafter:\n%s", before, after)
	}
}
