package monitor

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

var phases = []scenarios.Phase{{Name: "warm"}, {Name: "load/1", Executor: scenarios.HeldConnections, Hold: time.Second}}

func TestProfilesAreMadeAtTheirPhases(t *testing.T) {
	asked := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		if strings.HasSuffix(r.URL.Path, "/heap") {
			fmt.Fprint(w, "<html>no</html>")
			return
		}
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte("profile"))
		_ = z.Close()
	}))
	defer s.Close()
	dir := t.TempDir()
	m := scenarios.Monitor{Name: "p", Type: scenarios.MonitorPprof, URL: s.URL + "/debug/pprof/", Phases: []int{1}, Length: 30 * time.Second, Profiles: []string{"cpu", "heap"}}
	r := watched(t, Config{Monitors: alone(m), Phases: phases, Dir: dir},
		func(w *Watch) { w.Begun(0, 0); w.Begun(1, 0); w.Begun(1, 5*time.Second); w.Begun(7, 0) },
		func(r *stats.Run) bool { m := monitorOf(r, "p"); return len(m.Profiles) == 1 && m.Failures == 1 })
	got := monitorOf(r, "p")
	if p := got.Profiles[0]; p.File != "profiles/p-load_1-cpu-0s.pb.gz" || p.Kind != "cpu" || p.Phase != "load/1" || p.Bytes == 0 {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(got.Why, "profile heap of phase load/1: the answer is no profile") {
		t.Errorf("%s", got.Why)
	}
	urls := <-asked + " " + <-asked
	if !strings.Contains(urls, "/debug/pprof/profile?seconds=1") || !strings.Contains(urls, "/debug/pprof/heap") {
		t.Errorf("asked %s: no longer than the phase", urls)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "profiles", "*")); len(left) != 1 {
		t.Errorf("files %v", left)
	}
}

func command(words ...string) scenarios.Monitor {
	return scenarios.Monitor{Name: "c", Type: scenarios.MonitorCommand, Command: words, Phases: []int{1}, Length: time.Second, Ending: "txt"}
}

func begin(w *Watch) { w.Begun(1, 0) }

func TestCommandsRunAtTheirPhases(t *testing.T) {
	dir := t.TempDir()
	m := command("sh", "-c", `echo said; echo "$0 {pids} {seconds}" > {out}`, "{pid}")
	m.Process = fmt.Sprint(os.Getpid())
	r := watched(t, Config{Monitors: alone(m), Phases: phases, Dir: dir}, begin, func(r *stats.Run) bool { return len(monitorOf(r, "c").Profiles) == 2 })
	if got := monitorOf(r, "c"); got.Failures != 0 || got.Profiles[0].Kind != "command" || got.Profiles[1].Kind != "log" {
		t.Errorf("%+v", got)
	}
	b, err := os.ReadFile(filepath.Join(dir, monitorOf(r, "c").Profiles[0].File))
	if want := fmt.Sprintf("%d %d 1\n", os.Getpid(), os.Getpid()); err != nil || string(b) != want {
		t.Errorf("%q, %v", b, err)
	}
}

func TestCommandsThatFail(t *testing.T) {
	for want, m := range map[string]scenarios.Monitor{
		"exit status 3: what went wrong":           command("sh", "-c", "echo what went wrong >&2; exit 3"),
		"wrote no {out}":                           command("true", "{out}"),
		"executable file not found":                command("loadctl-has-no-such-command"),
		"no process nobody-is-called-so runs here": {Name: "c", Type: scenarios.MonitorCommand, Command: []string{"true", "{pid}"}, Process: "nobody-is-called-so", Phases: []int{1}, Length: time.Second},
	} {
		r := watched(t, Config{Monitors: alone(m), Phases: phases, Dir: t.TempDir()}, begin, func(r *stats.Run) bool { return monitorOf(r, "c").Failures == 1 })
		if got := monitorOf(r, "c"); !strings.Contains(got.Why, want) {
			t.Errorf("%q, want %q", got.Why, want)
		}
	}
}

// TestCommandsDoNotOutliveTheRun: nor do their children. One that writes what it has when
// it is interrupted is let do so.
func TestCommandsDoNotOutliveTheRun(t *testing.T) {
	dir := t.TempDir()
	m := command("sh", "-c", `trap 'echo whole > {out}; exit 0' INT; sleep 600 & echo $! > `+dir+`/child; wait`)
	m.Length = 5 * time.Minute
	w, err := New(Config{Monitors: alone(m), Phases: []scenarios.Phase{{}, {Name: "load"}}, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go w.Run(ctx, time.Now())
	w.Begun(1, 0)
	go func() { // the run ends once the command is at work
		for b, _ := os.ReadFile(filepath.Join(dir, "child")); len(b) == 0 && t.Context().Err() == nil; b, _ = os.ReadFile(filepath.Join(dir, "child")) {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	var r stats.Run
	for n := range w.News() {
		r.Apply(stats.Update{Monitor: &n})
	}
	got := monitorOf(&r, "c")
	if len(got.Profiles) != 1 || got.Profiles[0].Kind != "command" {
		t.Errorf("what it had was not kept: %+v", got)
	}
	b, err := os.ReadFile(filepath.Join(dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(10 * time.Second)
	for running(pid) && time.Now().Before(until) {
		time.Sleep(10 * time.Millisecond)
	}
	if running(pid) {
		t.Errorf("its child %d lives on", pid)
	}
}

// running says whether a process is there and no zombie.
func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}

func TestCommandsOfOthersDoNotRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	runs := []scenarios.Monitor{{Name: "m", Type: scenarios.MonitorMachine}, command("true")}
	if err := Owned(file, runs); err != nil {
		t.Errorf("mine: %v", err)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Owned(file, runs); err == nil || !strings.Contains(err.Error(), "others can write") {
		t.Errorf("anybody's: %v", err)
	}
	if err := Owned(file, runs[:1]); err != nil {
		t.Errorf("without a command: %v", err)
	}
	if os.Geteuid() == 0 {
		if err := errors.Join(os.Chmod(file, 0o644), os.Chown(file, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
		if err := Owned(file, runs); err == nil || !strings.Contains(err.Error(), "somebody else's file") {
			t.Errorf("another's: %v", err)
		}
	}
}
