//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// monitorPassword is the database's. No file of a run may hold it.
const monitorPassword = "s3cret-of-a-database"

const monitoredLoad = `
version: 1
name: monitored
vars: {db_password: ""}
target:
  base_url: "%[1]s"
  monitor:
    - {type: loadctl-target, name: target, every: 1s}
    - {type: prometheus, name: app, url: "%[2]s/metrics", every: 1s, metrics: [app_*, sum(took_seconds)]}
    - {type: machine, every: 1s, processes: [%[5]d]}
    - {type: pprof, name: go, url: "%[2]s/debug/pprof", phases: [steady], seconds: 2}
    - {type: command, name: script, process: %[5]d, command: ["%[6]s", "{pid}", "{out}", "{seconds}"], phases: [steady], seconds: 1, ending: txt}
    - {type: prometheus, name: hangs, url: "%[2]s/hangs", every: 1s}
    - {type: prometheus, name: garbage, url: "%[2]s/garbage", every: 1s}
    - {type: prometheus, name: huge, url: "%[2]s/huge", every: 2s}
    - {type: redis, name: gone, url: "redis://127.0.0.1:1", every: 1s}
%[3]s%[4]susers: {u: {tasks: {t: {steps: [{get: "/items/${rand.int(1, 100)}"}]}}}}
phases:
  - {name: warm, executor: constant-arrival-rate, user: u, rate: 20/s, duration: 1s, record: false}
  - {name: steady, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 6s}
`

// A monitoredApp is somebody's service: metrics, profiles, and endpoints that are none.
func monitoredApp(t *testing.T) *httptest.Server {
	t.Helper()
	var asked atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		fmt.Fprintf(w, "# TYPE app_jobs_total counter\napp_jobs_total %d\nleft_out 1\n# TYPE took_seconds histogram\n", 10*n)
		for _, handler := range []string{"a", "b"} {
			fmt.Fprintf(w, "took_seconds_bucket{handler=%q,le=\"0.1\"} %d\ntook_seconds_bucket{handler=%q,le=\"+Inf\"} %d\ntook_seconds_sum{handler=%q} 1\ntook_seconds_count{handler=%q} %d\n",
				handler, n, handler, n, handler, handler, n)
		}
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\x00<html>") })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		line := []byte(strings.Repeat("a 1\n", 1<<18))
		for range 100 {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// A monitorLine is one of target.jsonl.gz.
type monitorLine struct {
	Monitor string
	T       *float64
	Values  map[string]any
	Failed  string
}

type monitorSummary struct {
	Monitors []struct {
		Name, Kind        string
		Samples, Failures int
		LastFailure       string `json:"last_failure"`
		Series            []struct {
			Series string
			Median *float64
		}
		Profiles []struct{ File, Kind, Phase string }
	}
	TargetCount *struct {
		Probes int64
		Agrees bool
	} `json:"target_count"`
}

// TestMonitors: a run beside a real service, database and cache tells of all of them, and
// is not held up by those that hang, send garbage or are not there.
func TestMonitors(t *testing.T) {
	t.Parallel()
	need(t, "go")
	target, app := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1"), monitoredApp(t)
	script := filepath.Join(t.TempDir(), "profiler")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho looking at $1\necho \"frames of $1 in $3 s\" > $2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	db, cache := "", ""
	if url := monitoredPostgres(t); url != "" {
		db = fmt.Sprintf("    - {type: postgresql, name: db, every: 1s, url: %q}\n", url)
	}
	if url := monitoredRedis(t); url != "" {
		cache = fmt.Sprintf("    - {type: redis, name: cache, every: 1s, url: %q}\n", url)
	}
	file := scenario(t, fmt.Sprintf(monitoredLoad, target.url, app.URL, db, cache, os.Getpid(), script))
	cmd := exec.Command(binary(t), "run", "--ui", "none", "--monitor", app.URL+"/metrics", file)
	cmd.Env = append(os.Environ(), "LOADCTL_VAR_db_password="+monitorPassword)
	f := startCommand(t, t.TempDir(), cmd).finish(time.Minute)
	f.identity(t)
	if f.summary.Accounting.OK < 290 {
		t.Errorf("%+v: the load was not as asked for", f.summary.Accounting)
	}
	var s monitorSummary
	readJSON(t, filepath.Join(f.dir, "summary.json"), &s)
	found := map[string]int{}
	for i, m := range s.Monitors {
		found[m.Name] = i
	}
	for name, why := range map[string]string{"hangs": "no whole answer in time", "garbage": "no Prometheus text", "huge": "more than 8 MiB", "gone": "refused"} {
		if m := s.Monitors[found[name]]; m.Samples > 0 || m.Failures == 0 || !strings.Contains(m.LastFailure, why) {
			t.Errorf("%s: %+v, want %s", name, m, why)
		}
	}
	for _, name := range []string{"target", "app", "machine", "db", "cache", "--monitor 1, " + strings.TrimPrefix(app.URL, "http://")} {
		if name == "db" && db == "" || name == "cache" && cache == "" {
			continue
		}
		i, has := found[name]
		if !has || s.Monitors[i].Samples < 3 || s.Monitors[i].Failures > 2 {
			t.Errorf("%s: %v", name, s.Monitors)
		}
	}
	if s.TargetCount == nil || s.TargetCount.Probes != 0 || !s.TargetCount.Agrees {
		t.Errorf("the target's count: %+v, want it free of monitors", s.TargetCount)
	}
	monitoredValues(t, f, db != "", cache != "")
	monitoredProfiles(t, f, s)
	keepsSecret(t, f.dir, monitorPassword)
	again := start(t, t.TempDir(), "report", f.dir)
	if code := again.wait(30 * time.Second); code != 0 || !strings.Contains(again.stdout.String(), "hangs") {
		t.Errorf("report: exit %d\n%s%s", code, again.stdout.String(), again.stderr.String())
	}
}

// monitoredValues holds what was written line by line against what must be in it.
func monitoredValues(t *testing.T, f finished, db, cache bool) {
	t.Helper()
	seen := map[string]map[string]float64{}
	last := map[string]float64{}
	for _, line := range records[monitorLine](t, filepath.Join(f.dir, "target.jsonl.gz")) {
		if line.T == nil || len(line.Values) == 0 {
			continue
		}
		if *line.T <= last[line.Monitor] && last[line.Monitor] > 0 {
			t.Errorf("%s goes back in time: %v after %v", line.Monitor, *line.T, last[line.Monitor])
		}
		last[line.Monitor] = *line.T
		if seen[line.Monitor] == nil {
			seen[line.Monitor] = map[string]float64{}
		}
		for name, v := range line.Values {
			if number, is := v.(float64); is {
				seen[line.Monitor][name] = max(seen[line.Monitor][name], number)
			}
		}
	}
	want := map[string][]string{
		"target":  {"requests", "connections_open", "workers.alive"},
		"app":     {"app_jobs_total", "took_seconds{sum} p99", "took_seconds{sum} count"},
		"machine": {"cpu.busy", "memory.used", fmt.Sprintf("process.%d.rss", os.Getpid())},
	}
	if db {
		want["db"] = []string{"sessions.limit", "transactions.commits", "locks.held"}
	}
	if cache {
		want["cache"] = []string{"connected_clients", "used_memory", "total_commands_processed"}
	}
	for monitor, names := range want {
		for _, name := range names {
			if seen[monitor][name] <= 0 && name != "locks.held" {
				t.Errorf("%s tells no %s: %v", monitor, name, seen[monitor])
			}
		}
	}
	if _, has := seen["app"]["left_out"]; has {
		t.Error("app has what was not asked for")
	}
	if p99 := seen["app"]["took_seconds{sum} p99"]; p99 != 0.1 {
		t.Errorf("p99 of the histograms' sum is %v, want its bound 0.1", p99)
	}
}

// monitoredProfiles reads the profiles as their users would.
func monitoredProfiles(t *testing.T, f finished, s monitorSummary) {
	t.Helper()
	kinds := map[string]string{}
	for _, m := range s.Monitors {
		for _, p := range m.Profiles {
			kinds[m.Name+" "+p.Kind] = filepath.Join(f.dir, p.File)
			if p.Phase != "steady" {
				t.Errorf("%+v: of another phase", p)
			}
		}
	}
	for _, kind := range []string{"cpu", "heap", "goroutine"} {
		out, err := exec.Command("go", "tool", "pprof", "-top", kinds["go "+kind]).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Type: ") {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
	b, err := os.ReadFile(kinds["script command"])
	if want := fmt.Sprintf("frames of %d in 1 s\n", os.Getpid()); err != nil || string(b) != want {
		t.Errorf("the command's file: %q, %v", b, err)
	}
	if b, err := os.ReadFile(kinds["script log"]); err != nil || !strings.Contains(string(b), "looking at") {
		t.Errorf("what it said: %q, %v", b, err)
	}
}

// keepsSecret looks for a secret in every file of a run, packed or not.
func keepsSecret(t *testing.T, dir, secret string) {
	t.Helper()
	out, err := exec.Command("sh", "-c", `cd "$0" && find . -type f | while read f; do case $f in *.gz) zcat "$f";; *) cat "$f";; esac; done | grep -c -a -F -e "$1"`, dir, secret).Output()
	if n := strings.TrimSpace(string(out)); n != "0" {
		t.Errorf("the run holds the password in %s lines (%v)", n, err)
	}
}

// TestMonitorsOfOthersAreRefused: before anything is started or sent.
func TestMonitorsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	const load = `
version: 1
name: refused
target: {base_url: "http://127.0.0.1:1", monitor: [%s]}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 1, duration: 1s}]
`
	quiet := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	for monitor, want := range map[string]string{
		`{type: prometheus, url: "http://203.0.113.9:9100/metrics"}`: "allow_hosts",
		`{type: redis, url: "redis://169.254.169.254:6379"}`:         "metadata",
		`{type: promethius, url: /metrics}`:                          `did you mean "prometheus"`,
		`{type: prometheus, url: /metrics, metrics: ["a[b]"]}`:       "no name of a metric",
	} {
		text := strings.Replace(fmt.Sprintf(load, monitor), "http://127.0.0.1:1", quiet.url, 1)
		p := start(t, t.TempDir(), "run", "--ui", "none", scenario(t, text))
		if code := p.wait(20 * time.Second); code != 2 || !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%s: exit %d: %s", monitor, code, p.stderr.String())
		}
	}
}

// monitoredPort is a port that is free now.
func monitoredPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// monitoredRedis starts a Redis of the test's own, "" where there is none.
func monitoredRedis(t *testing.T) string {
	t.Helper()
	if absent(t, "redis-server") {
		return ""
	}
	port := monitoredPort(t)
	startCommand(t, t.TempDir(), exec.Command("redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"))
	awaitPort(t, port)
	return fmt.Sprintf("redis://127.0.0.1:%d/0", port)
}

// absent says that a tool is, and fails in CI.
func absent(t *testing.T, tool string) bool {
	t.Helper()
	_, err := exec.LookPath(tool)
	if err != nil && os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
		t.Fatalf("CI skips nothing: %s is not installed", tool)
	}
	if err != nil {
		t.Logf("without %s", tool)
	}
	return err != nil
}

func awaitPort(t *testing.T, port int) {
	t.Helper()
	eventually(t, 20*time.Second, "a server that answers", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// monitoredPostgres starts a PostgreSQL of the test's own, as a user that it runs as, and
// gives its URL with a variable for its password; "" where there is none.
func monitoredPostgres(t *testing.T) string {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		_ = absent(t, "initdb")
		return ""
	}
	bin := filepath.Dir(bins[len(bins)-1])
	dir, err := os.MkdirTemp("", "loadctl-monitor-*") // t.TempDir is in a folder of its owner alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			lacking(t, "PostgreSQL does not run as root, and there is no user postgres")
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	secret, data := filepath.Join(dir, "password"), filepath.Join(dir, "data")
	if err := os.WriteFile(secret, []byte(monitorPassword), 0o644); err != nil {
		t.Fatal(err)
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "app", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := monitoredPort(t)
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir, "-F")
	server.Dir, server.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as.Credential, Setpgid: true}
	monitoredServer(t, server)
	awaitPort(t, port)
	return fmt.Sprintf("postgres://app:${vars.db_password}@127.0.0.1:%d/postgres?sslmode=disable", port)
}

// monitoredServer starts a server, and ends it with the test: quickly, and with its children.
func monitoredServer(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		_ = cmd.Wait()
	})
}
