//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const holdMany = `
version: 1
name: many
target: {base_url: "%s"}
users: {u: {tasks: {t: {steps: [{get: /health}]}}}}
phases: [{name: hold, executor: held-connections, connections: %d, hold: 10s}]
`

// TestImpossibleLoad: what no machine holds is refused before the first
// connection, with the figures, and nothing is left of the attempt.
func TestImpossibleLoad(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	for _, c := range []struct {
		name  string
		count int
		more  []string
		want  string
	}{
		{"machine", 90_000_000, nil, "do not fit"},
		{"process", 20_000_000, []string{"--agents", "1"}, "ulimit -n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file := scenario(t, fmt.Sprintf(holdMany, target.url, c.count))
			p := start(t, dir, append([]string{"run", "--ui", "none", file}, c.more...)...)
			if code := p.wait(20 * time.Second); code != 2 || !strings.Contains(p.stderr.String(), c.want) {
				t.Errorf("exit %d: %s", code, p.stderr.String())
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if got := target.counted(t).Connections; got > 1 {
		t.Errorf("%d connections are open", got)
	}
}

// TestPortInUse: the message says which, and it is not the end of anything else.
func TestPortInUse(t *testing.T) {
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	p := start(t, t.TempDir(), "target", "serve", "--listen", strings.TrimPrefix(target.url, "http://"))
	if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "the port is in use") {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
}

// TestUnwritableRunDirectory: known before the first request.
func TestUnwritableRunDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "runs"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "run", "--ui", "none", repo(t, "scenarios/smoke.yaml"))
	if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "--runs") {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
}
