//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const profiledLoad = `
version: 1
name: profiled
target: {base_url: "%s"}
users: {u: {tasks: {t: {steps: [{get: /health}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 20, duration: 4s}]
`

// TestProfiles: every process of a run leaves its profiles, go tool pprof reads them and
// knows the engine's functions, and the run says that it was profiled.
func TestProfiles(t *testing.T) {
	t.Parallel()
	need(t, "go")
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	dir := t.TempDir()
	f := start(t, dir, "run", "--ui", "none", "--agents", "2", "--pprof", "deep/profiles", scenario(t, fmt.Sprintf(profiledLoad, target.url))).finish(time.Minute)
	f.identity(t)
	for _, name := range []string{"local-1", "local-2", "host-local", "coordinator"} {
		for _, of := range []string{"cpu", "heap", "goroutine"} {
			out, err := exec.Command("go", "tool", "pprof", "-top", filepath.Join(dir, "deep/profiles", name+"."+of+".pb.gz")).CombinedOutput()
			if err != nil {
				t.Errorf("%s %s: %v\n%s", name, of, err, out)
			}
			if of == "cpu" && strings.HasPrefix(name, "local") && !strings.Contains(string(out), "agent/loop.(*Loop)") {
				t.Errorf("%s does not know the loop:\n%s", name, out)
			}
		}
	}
	events, err := os.ReadFile(filepath.Join(f.dir, "events.jsonl"))
	if err != nil || !strings.Contains(string(events), "agents are profiled") {
		t.Errorf("nothing says that the run was profiled (%v)", err)
	}
}

// TestProfilesNowhere: known before anything starts, and so is it of rows of requests.
func TestProfilesNowhere(t *testing.T) {
	for _, flag := range []string{"--pprof", "--tap"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		p := start(t, dir, "run", "--ui", "none", flag, "file/below", repo(t, "scenarios/smoke.yaml"))
		if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "choose another place with "+flag) {
			t.Errorf("%s: exit %d: %s", flag, code, p.stderr.String())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
			t.Errorf("%s left behind: %q", flag, left)
		}
	}
}

// TestTapHasEveryRequest of two agents with two loops each, and the run says that it was
// tapped.
func TestTapHasEveryRequest(t *testing.T) {
	t.Parallel()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	dir := t.TempDir()
	f := start(t, dir, "run", "--ui", "none", "--agents", "2", "--loops", "2", "--tap", "deep/tap", scenario(t, fmt.Sprintf(profiledLoad, target.url))).finish(time.Minute)
	f.identity(t)
	rows := int64(0)
	for _, name := range []string{"local-1-1", "local-1-2", "local-2-1", "local-2-2"} {
		b, err := os.ReadFile(filepath.Join(dir, "deep/tap", name+".csv"))
		if err != nil {
			t.Error(err)
		}
		rows += int64(strings.Count(string(b), "\nload,/health,"))
	}
	if rows == 0 || rows != f.summary.Accounting.Intended {
		t.Errorf("%d rows of %d requests", rows, f.summary.Accounting.Intended)
	}
	events, err := os.ReadFile(filepath.Join(f.dir, "events.jsonl"))
	if err != nil || !strings.Contains(string(events), "a row for each request") {
		t.Errorf("nothing says that the run was tapped (%v)", err)
	}
}
