//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A standing is a topology that is up.
type standing struct {
	service
	logs, tmp string
}

// up starts a topology in temporary folders of its own.
func up(t *testing.T, text string) standing {
	t.Helper()
	s := standing{logs: t.TempDir(), tmp: passable(t)}
	cmd := exec.Command(binary(t), "target", "up", scenario(t, text), "--logs", s.logs)
	cmd.Env = append(os.Environ(), "TMPDIR="+s.tmp, "XDG_RUNTIME_DIR="+t.TempDir()) // where nodes tell of their API
	s.service = serveBy(t, cmd)
	return s
}

// passable is a temporary folder that PostgreSQL, which is not root, may pass through.
func passable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "topology-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

var saidPID = regexp.MustCompile(`(?m)^READY \S+ pid=(\d+)`)

// pids are those that a part has had, in order.
func (s standing) pids(t *testing.T, part string) (all []int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.logs, part+".log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range saidPID.FindAllStringSubmatch(string(text), -1) {
		pid, _ := strconv.Atoi(m[1])
		all = append(all, pid)
	}
	return all
}

// program are the descendants whose own program it is.
func (s standing) program(name string) (pids []int) {
	for _, pid := range descendants(s.cmd.Process.Pid) {
		if first, _, _ := strings.Cut(commandLine(pid), "\x00"); strings.HasPrefix(filepath.Base(first), name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// leavesNothing waits until every process and every file of it is gone.
func (s standing) leavesNothing(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		eventually(t, 15*time.Second, "nothing lives on: "+strings.ReplaceAll(commandLine(pid), "\x00", " "), func() bool { return !alive(pid) })
	}
	eventually(t, 15*time.Second, "no file is left", func() bool {
		left, err := os.ReadDir(s.tmp)
		return err == nil && len(left) == 0
	})
}

// users are so many that each wait for their answer, so that no more are in flight.
func (s standing) users(t *testing.T, n int, duration time.Duration) *proc {
	t.Helper()
	return start(t, t.TempDir(), "run", scenario(t, fmt.Sprintf(`
version: 1
name: topology
target: {base_url: %q}
http: {timeout: 5s}
users:
  visitor:
    wait_time: 10ms
    tasks:
      look:
        steps:
          - get: /items/${rand.int(1, 100)}
            name: /items/{id}
          - get: /items/${rand.int(1, 100)}/detail
            name: /items/{id}/detail
          - get: /health
phases:
  - {name: steady, executor: constant-vus, user: visitor, vus: %d, duration: %s}
`, s.url, n, duration)))
}

const wholeTopology = `
version: 1
name: whole
database: {kind: postgres, replicas: 1, settings: {fsync: off}}
cache: redis
services: {nodes: 2, settings: {workers: 2}}
balancer:
  kind: haproxy
  check: {interval: 200ms, timeout: 200ms, fall: 2, rise: 1}
`

// TestTopology: a whole service is up by one file, and serves; what dies of it is there
// again, and costs what it was answering; of all of it nothing is left when it is killed.
func TestTopology(t *testing.T) {
	need(t, "haproxy", "redis-server")
	postgresBin(t)
	s := up(t, wholeTopology)
	f := s.users(t, 4, 2*time.Second).finish(time.Minute)
	f.identity(t)
	if a := f.summary.Accounting; a.OK == 0 || a.OK != a.Intended {
		t.Errorf("%+v\n%s", a, f.out)
	}

	const users = 4
	load := s.users(t, users, 6*time.Second)
	load.into(1500 * time.Millisecond)
	node := s.pids(t, "node1")[0]
	cache := s.program("redis-server")
	if err := syscall.Kill(node, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if len(cache) != 1 || syscall.Kill(cache[0], syscall.SIGKILL) != nil {
		t.Fatalf("redis-server: %v", cache)
	}
	eventually(t, 20*time.Second, "the node runs again", func() bool { return len(s.pids(t, "node1")) == 2 })
	eventually(t, 20*time.Second, "the cache runs again", func() bool {
		now := s.program("redis-server")
		return len(now) == 1 && now[0] != cache[0]
	})
	f = load.finish(time.Minute)
	f.identity(t)
	if a := f.summary.Accounting; a.OK == 0 || a.Intended-a.OK > users {
		t.Errorf("more failed than could be in flight: %+v\n%s", a, f.out)
	}

	pids := descendants(s.cmd.Process.Pid)
	if len(pids) < 20 {
		t.Errorf("only %d processes", len(pids))
	}
	_ = s.cmd.Process.Kill()
	s.leavesNothing(t, pids)
}

// TestTopologySmall: with nothing installed, and ended as people end it.
func TestTopologySmall(t *testing.T) {
	for name, how := range map[string]func(s standing){
		"TERM": func(s standing) { _ = s.cmd.Process.Signal(syscall.SIGTERM) },
		"Ctrl-C twice": func(s standing) {
			_ = s.cmd.Process.Signal(syscall.SIGINT)
			_ = s.cmd.Process.Signal(syscall.SIGINT)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := up(t, "version: 1\nservices: {settings: {workers: 2}}\n")
			pids := descendants(s.cmd.Process.Pid)
			how(s)
			if code := s.wait(20 * time.Second); code != 0 {
				t.Errorf("exit %d\n%s", code, s.stderr.String())
			}
			s.leavesNothing(t, pids)
		})
	}
}
