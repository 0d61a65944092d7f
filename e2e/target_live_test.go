//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// set changes settings by the command line, as a person would.
func (s service) set(t *testing.T, assignments ...string) {
	t.Helper()
	if code, out := s.trySet(t, assignments...); code != 0 {
		t.Fatalf("target set %v: exit %d\n%s\nthe service says:\n%s", assignments, code, out, s.stderr.String())
	}
}

// trySet gives the exit code, and all that was said.
func (s service) trySet(t *testing.T, assignments ...string) (code int, said string) {
	t.Helper()
	args := append([]string{"target", "set", "--pid", strconv.Itoa(s.cmd.Process.Pid)}, assignments...)
	out, err := exec.Command(binary(t), args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	if exit, failed := err.(*exec.ExitError); failed { //nolint:errorlint // it is what exec gives
		code = exit.ExitCode()
	}
	return code, string(out)
}

// versions are the settings that each living worker goes by, and that of the master.
func (s service) versions(t *testing.T) (master int64, workers []int64) {
	t.Helper()
	var all struct {
		Master struct {
			Version int64 `json:"settings_version"`
		}
		Workers []struct {
			PID     int
			Process struct {
				Version  int64 `json:"settings_version"`
				Retiring int
			}
		}
	}
	getJSON(t, s.admin+"/-/stats", &all)
	for _, w := range all.Workers {
		if w.PID > 0 && w.Process.Retiring == 0 {
			workers = append(workers, w.Process.Version)
		}
	}
	return all.Master.Version, workers
}

const liveLoad = `
version: 1
name: live
target: {base_url: "%s", monitor: none}
http: {timeout: 10s}
users:
  u:
    tasks:
      item: {weight: 3, steps: [{get: "/items/${rand.int(1, 100)}", check: [{status: 200}]}]}
      detail: {weight: 3, steps: [{get: "/items/${rand.int(1, 100)}/detail", check: [{status: 200}]}]}
      cached: {weight: 3, steps: [{get: "/cached/items/${rand.int(1, 100)}/detail", check: [{status: 200}]}]}
      add: {weight: 1, steps: [{post: /items, json: {name: new, price_cents: 5}, check: [{status: 201}]}]}
phases: [{name: load, executor: constant-arrival-rate, user: u, rate: 150/s, duration: 13s}]
`

// TestSettingsChangeUnderLoad: pools, the cache, where items are kept and how many workers
// there are change while requests come, and none fails. Each change is in force in every
// worker when the command line returns.
func TestSettingsChangeUnderLoad(t *testing.T) {
	t.Parallel()
	redis := redisServer(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--items", "200")
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(liveLoad, target.url)))
	p.into(500 * time.Millisecond)
	version, _ := target.versions(t)
	for _, change := range []string{
		"pool_size=1 max_overflow=0", "pool_size=20 max_overflow=5 pool_recycle=100ms", "upstream_max_connections=4", "upstream_max_connections=64",
		"cache=memory cache_ttl=200ms", "cache=redis cache_url=redis://" + redis.address, "workers=6", "server_timing=false", "worker_connections=500",
		"workers=2", "store=kv kv_url=redis://" + redis.address + "/1", "store=sql", "cache=none",
	} {
		target.set(t, strings.Fields(change)...)
		master, workers := target.versions(t)
		if version++; master != version {
			t.Errorf("%s: the settings are version %d, want %d", change, master, version)
		}
		for _, w := range workers {
			if w < version { // what a change returned for holds, whatever comes later
				t.Errorf("%s: workers go by versions %v, want %d", change, workers, version)
			}
		}
		before := target.counted(t).Requests
		eventually(t, 10*time.Second, "requests come after "+change, func() bool { return target.counted(t).Requests > before+60 })
	}
	p.goesOn()
	target.settled(t, 6, 2)
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	a := f.summary.Accounting
	if a.OK != a.Intended || a.OK == 0 {
		t.Errorf("%+v\n%s\n%s", a, f.out, target.stderr.String())
	}
}
