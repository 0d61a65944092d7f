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

// TestProfilesNowhere: known before anything starts.
func TestProfilesNowhere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "run", "--ui", "none", "--pprof", "file/below", repo(t, "scenarios/smoke.yaml"))
	if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "choose another place with --pprof") {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}
