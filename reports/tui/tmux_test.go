//go:build e2e

package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A pane is a dashboard in a real terminal: a pane of a tmux server of its own.
type pane struct {
	t      *testing.T
	socket string
}

// open starts a shell in a pane of 80×24 and in it this test binary as a
// dashboard that plays a story (see play).
func open(t *testing.T, how string) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
			t.Fatal("tmux is not installed, and CI skips nothing")
		}
		t.Skip("tmux is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &pane{t, filepath.Join(t.TempDir(), "tmux")}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", p.socket, "kill-server").Run() })
	p.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "env PS1='$ ' LC_ALL=C.UTF-8 sh")
	p.tmux("send-keys", "echo before; stty -a > "+p.file("before")+"; "+playStory+"="+how+" "+self+" 2>"+p.file("stderr")+
		"; stty -a > "+p.file("after"), "Enter")
	return p
}

func (p *pane) file(name string) string { return filepath.Join(filepath.Dir(p.socket), name) }

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (p *pane) screen() string { return p.tmux("capture-pane", "-p") }

func (p *pane) press(keys ...string) { p.tmux(append([]string{"send-keys"}, keys...)...) }

// sees waits until everything is on the screen at once.
func (p *pane) sees(what ...string) string {
	p.t.Helper()
	var screen string
	for range 100 {
		screen = p.screen()
		missing := ""
		for _, w := range what {
			if !strings.Contains(screen, w) {
				missing = w
			}
		}
		if missing == "" {
			return screen
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the screen never showed %q:\n%s", what, screen)
	return ""
}

// back checks that the shell has its terminal again, as it was.
func (p *pane) back() {
	p.t.Helper()
	screen := p.sees("before", "dashboard ended")
	if strings.Contains(screen, "requests") {
		p.t.Errorf("the dashboard is still on the screen:\n%s", screen)
	}
	p.press("echo typed $((6*7))", "Enter")
	p.sees("echo typed", "typed 42")
	before, _ := os.ReadFile(p.file("before"))
	after, _ := os.ReadFile(p.file("after"))
	if len(before) == 0 || string(before) != string(after) {
		p.t.Errorf("terminal settings before:\n%safter:\n%s", before, after)
	}
	if got := strings.TrimSpace(p.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")); got != "0 1 0" {
		p.t.Errorf("alternate screen, cursor, mouse: %s, want 0 1 0", got)
	}
}

func (p *pane) fits(w, h int) {
	p.t.Helper()
	if got := strings.TrimSpace(p.tmux("display-message", "-p", "#{pane_width} #{pane_height}")); got != fmt.Sprintf("%d %d", w, h) {
		p.t.Fatalf("the pane is %s, not %d×%d", got, w, h)
	}
	for _, line := range strings.Split(p.screen(), "\n") {
		if strings.HasPrefix(line, "╭") && !strings.HasSuffix(line, "╮") || strings.HasPrefix(line, "╰") && !strings.HasSuffix(line, "╯") {
			p.t.Errorf("a box is torn: %q", line)
		}
	}
}

func TestTmux(t *testing.T) {
	p := open(t, "run")
	p.sees("● RUNNING", "[1] rate", "[2] response time", "[4] requests", "[7] thresholds", "[6] health", "q stop")
	p.fits(80, 24)
	p.tmux("resize-window", "-x", "160", "-y", "50")
	p.sees("[3] connections", "[5] agents", "[8] response time heatmap", "run 20261123-141219-k7qa", "w window")
	p.fits(160, 50)
	p.tmux("resize-window", "-x", "40", "-y", "10")
	p.sees("needs 60×16 cells", "40×10; the run goes on")
	p.tmux("resize-window", "-x", "60", "-y", "16")
	p.sees("[4] requests", "VALID")
	p.fits(60, 16)
	p.tmux("resize-window", "-x", "80", "-y", "24")
	p.press("p")
	p.sees("PAUSED", "p go on")
	p.press("e")
	p.sees("errors", "at 00:", "/items/91")
	// Escape and the next key at once would be one key with alt held down.
	p.press("Escape")
	p.sees("[1] rate")
	p.press("/", "health", "Enter")
	p.sees("/health/ 1 of 3")
	p.press("Escape")
	p.sees("response time, ms · last 10 s", "POST /cart")
	p.press("g", "g")
	p.sees("+-[1] rate")
	p.press("g", "?")
	p.sees("stop at once; what was collected")
	p.press("?", "q")
	p.sees("before its end?")
	p.press("y")
	p.sees("ABORTED", "Run over, exit 130.", "q leave")
	p.press("q")
	p.back()
}

func TestTmuxRunsToItsEnd(t *testing.T) {
	p := open(t, "run")
	p.sees("FAIL", "Run over, exit 99.")
	p.press("C-c")
	p.back()
}

func TestTmuxCtrlCAgainAndAgain(t *testing.T) {
	p := open(t, "hang")
	p.sees("● RUNNING")
	p.press("C-c")
	p.sees("STOPPING")
	p.press("C-c")
	p.sees("STOPPING NOW")
	p.press("C-c")
	p.back()
}

func TestTmuxTerminated(t *testing.T) {
	p := open(t, "hang")
	p.sees("● RUNNING")
	pid, err := strconv.Atoi(strings.TrimSpace(child(t, p.tmux("display-message", "-p", "#{pane_pid}"))))
	if err != nil {
		t.Fatal(err)
	}
	proc, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Signal(terminate); err != nil {
		t.Fatal(err)
	}
	p.back()
}

// child is the process the shell of a pane has started.
func child(t *testing.T, shell string) string {
	t.Helper()
	shell = strings.TrimSpace(shell)
	out, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		t.Skipf("the pane's processes cannot be listed: %v", err)
	}
	return string(out)
}

func TestTmuxPanic(t *testing.T) {
	p := open(t, "panic")
	p.sees("● RUNNING")
	p.press("p")
	p.back()
	if trace, _ := os.ReadFile(p.file("stderr")); !strings.Contains(string(trace), "as asked") {
		t.Errorf("the panic is not told: %q", trace)
	}
}

func TestTmuxSaysNothingInColourAlone(t *testing.T) {
	p := open(t, "run")
	p.sees("● RUNNING")
	p.tmux("resize-window", "-x", "160", "-y", "50")
	p.press("p")
	p.sees("PAUSED", "✓", "✗")
}
