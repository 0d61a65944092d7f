//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMakeDemo does what a newcomer does: clones, types `make demo`, and again. The
// first has no terminal and leaves a whole run directory; the second has one, shows
// the dashboard, gives the terminal back, and takes less than a minute in all.
func TestMakeDemo(t *testing.T) {
	need(t, "git", "make", "tmux")
	dir := clone(t)
	t.Run("first", func(t *testing.T) { wholeDemo(t, undisturbed(t, func() finished { return makeDemo(t, dir) })) })
	t.Run("on a terminal", func(t *testing.T) { again(t, func() []string { return demoOnTerminal(t, dir) }) })
}

// clone is a fresh one of what is checked out here, uncommitted changes apart.
func clone(t *testing.T) (dir string) {
	t.Helper()
	if _, err := os.Stat(repo(t, ".git")); err != nil {
		t.Skipf("not a checkout of git: %v", err)
	}
	dir = filepath.Join(t.TempDir(), "loadctl")
	command(t, "git", "clone", "-q", repo(t, "."), dir)
	return dir
}

// noMake is the environment without what a make around this test put into it.
func noMake() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS=") {
			env = append(env, v)
		}
	}
	return env
}

// makeDemo runs `make demo` and takes its run from the files: the exit code is
// make's own, which is 2 for every failure.
func makeDemo(t *testing.T, dir string) finished {
	t.Helper()
	cmd := exec.Command("make", "demo")
	cmd.Env = noMake()
	p := startCommand(t, dir, cmd)
	f := finished{code: p.wait(5 * time.Minute), out: p.stdout.String(), errs: p.stderr.String(), took: time.Since(p.started)}
	f.dir = lastRun(t, dir)
	readJSON(t, filepath.Join(f.dir, "summary.json"), &f.summary)
	return f
}

func wholeDemo(t *testing.T, f finished) {
	t.Helper()
	t.Logf("exit %d, validity %s, in %s", f.code, f.summary.Validity.Verdict, f.took.Round(time.Second))
	if f.code != 0 || f.summary.Verdict != "pass" || f.summary.ExitCode != 0 {
		t.Errorf("exit %d, verdict %s\n%s%s", f.code, f.summary.Verdict, f.out, f.errs)
	}
	if named := regexp.MustCompile(`runs/\S+/report\.html`).FindString(f.out); named != filepath.Join("runs", filepath.Base(f.dir), "report.html") {
		t.Errorf("the report is not named but %q:\n%s", named, f.out)
	}
	f.identity(t)
	if f.summary.Connections.HeldMin < 2000 {
		t.Errorf("held at least %d connections, want 2000", f.summary.Connections.HeldMin)
	}
	for _, name := range []string{"run.json", "summary.json", "series.jsonl.gz", "agents.jsonl.gz",
		"events.jsonl", "errors.jsonl.gz", "report.html"} {
		if info, err := os.Stat(filepath.Join(f.dir, name)); err != nil || info.Size() == 0 && name != "events.jsonl" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if hists, _ := filepath.Glob(filepath.Join(f.dir, "hist", "*.hlog.gz")); len(hists) == 0 {
		t.Error("no histograms")
	}
	if scenarios, _ := filepath.Glob(filepath.Join(f.dir, "scenario", "*.yaml")); len(scenarios) != 1 {
		t.Error("no scenario text")
	}
}

// demoOnTerminal runs `make demo` where somebody could watch, who touches nothing.
func demoOnTerminal(t *testing.T, dir string) (disturbed []string) {
	t.Helper()
	w := newTerminal(t)
	began := time.Now()
	w.tmux("send-keys", "echo before; stty -a > before; env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "+dir+
		" demo; echo $? > code; stty -a > after", "Enter")
	w.sees(time.Minute, "RUNNING", validity, "/items/{id}", "held", "agents 2/2")
	if w.alternate() != "1" {
		t.Error("the dashboard is not on a screen of its own")
	}
	var code []byte
	eventually(t, 2*time.Minute, "make ends", func() bool {
		code, _ = os.ReadFile(filepath.Join(w.dir, "code"))
		return len(code) > 0
	})
	took := time.Since(began)
	var s summary
	run := lastRun(t, dir)
	readJSON(t, filepath.Join(run, "summary.json"), &s)
	t.Logf("exit %s, validity %s, in %s", bytes.TrimSpace(code), s.Validity.Verdict, took.Round(time.Second))
	if late, _, other := s.reasons(); len(late) > 0 && len(other) == 0 {
		return late
	}
	screen := w.sees(20*time.Second, "before", "RESULT pass exit=0", "report.html")
	if string(bytes.TrimSpace(code)) != "0" {
		t.Errorf("exit %s, validity %+v\n%s", code, s.Validity, screen)
	}
	if _, err := os.Stat(filepath.Join(run, "report.html")); err != nil {
		t.Error(err)
	}
	if w.alternate() != "0" {
		t.Error("the dashboard's screen was left on")
	}
	w.unchanged()
	if took > time.Minute { // as a machine that has other things to do does
		return []string{fmt.Sprintf("it took %s", took)}
	}
	return nil
}

// TestExamplesRun: every short example runs as it is.
func TestExamplesRun(t *testing.T) {
	for _, name := range []string{"smoke.yaml", "ramp.yaml"} {
		t.Run(name, func(t *testing.T) {
			f := unspoilt(t, func() finished {
				return run(t, time.Minute, "run", "--ui", "none", repo(t, "scenarios/"+name))
			})
			f.identity(t)
			if f.code != 0 {
				t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
			}
		})
	}
}
