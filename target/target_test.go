package target

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// of are settings of so many workers and a few others, name after value.
func of(n int, others ...string) knobs.Settings {
	values := map[string]string{}
	for i := 0; i+1 < len(others); i += 2 {
		values[others[i]] = others[i+1]
	}
	s, err := knobs.Defaults().With(values)
	if err != nil {
		panic(err)
	}
	s.Workers = n
	return s
}

// roleEnv makes this test binary play loadctl: a worker, or a master.
const roleEnv = "LOADCTL_TARGET_TEST"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "":
		os.Exit(m.Run())
	case "worker":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		leave(ServeWorker(ctx, WorkerConfig{Order: os.Getenv(WorkerEnv)}))
	case "files": // a worker that may open few files
		few := syscall.Rlimit{Cur: fewFiles, Max: fewFiles}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
			leave(err)
		}
		leave(ServeWorker(context.Background(), WorkerConfig{Order: os.Getenv(WorkerEnv)}))
	case "master":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		cfg := ServeConfig{Settings: of(2), Worker: role("worker")}
		cfg.Lifeline = os.NewFile(3, "lifeline")
		leave(Serve(ctx, cfg))
	}
}

func leave(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func role(name string) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"="+name, "GORACE=atexit_sleep_ms=0")
		cmd.Stderr = os.Stderr
		return cmd
	}
}

// A running is a service started in this process, with workers in others.
type running struct {
	t    *testing.T
	url  string
	stop func() error // asks it to finish and waits
}

// lineWriter hands lines over as they are written.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func serving(t *testing.T, cfg ServeConfig) running {
	t.Helper()
	if cfg.Worker == nil {
		cfg.Worker = role("worker")
	}
	cfg.Simulator.Delay = "0"
	line := make(lineWriter, 1)
	cfg.Out = line
	return begin(t, line, func(ctx context.Context) error { return Serve(ctx, cfg) })
}

func begin(t *testing.T, line lineWriter, run func(context.Context) error) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	r := running{t: t}
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	select {
	case said := <-line:
		if _, err := fmt.Sscanf(said, "READY %s pid=", &r.url); err != nil {
			t.Fatalf("said %q: %v", said, err)
		}
	case err := <-ended:
		ended <- nil
		t.Fatalf("ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("not ready after 30 s")
	}
	return r
}

func (r running) stats() counts.Stats {
	r.t.Helper()
	var s counts.Stats
	resp, err := fresh().Get(r.url + "/-/stats")
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// fresh is a client that opens a connection for each request.
func fresh() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

func get(c *http.Client, url string) (int, string, error) {
	resp, err := c.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func eventually(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("not within %s: %s", limit, what)
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(b, []byte(") Z "))
}

func TestCountsAreExactOverWorkersAndAKill(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(3)})
	const clients, each = 12, 50
	ask := func() {
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				kept := &http.Client{Transport: &http.Transport{}}
				defer kept.CloseIdleConnections()
				for i := range each {
					path := fmt.Sprintf("/items/%d", c*each+i)
					if i%5 == 0 {
						path = "/health"
					}
					status, body, err := get(kept, r.url+path)
					if err != nil || status != 200 {
						t.Errorf("%s: %d %s %v", path, status, body, err)
					}
				}
			})
		}
		wg.Wait()
	}
	ask()
	before := r.stats()
	if before.Requests != clients*each {
		t.Fatalf("counted %d of %d", before.Requests, clients*each)
	}
	spread := 0
	for _, w := range before.Workers {
		if w.Requests > 0 {
			spread++
		}
	}
	if spread < 2 {
		t.Errorf("only %d of 3 workers answered anything", spread)
	}
	victim := before.Workers[0].PID
	if err := syscall.Kill(int(victim), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the worker is replaced", func() bool {
		pid := r.stats().Workers[0].PID
		return pid != 0 && pid != victim
	})
	ask()
	after := r.stats()
	if after.Requests != 2*clients*each || after.Starts != 4 {
		t.Errorf("counted %d of %d over %d starts", after.Requests, 2*clients*each, after.Starts)
	}
	if after.Routes["/health"] != 2*clients*each/5 || after.Responses["2xx"] != after.Requests {
		t.Errorf("routes %v responses %v", after.Routes, after.Responses)
	}
	eventually(t, 30*time.Second, "no connection is left but the probe's", func() bool {
		s := r.stats()
		return s.Connections == 0 && s.Probing == 1 && s.InFlight == 0
	})
}

func TestGracefulReplacementLosesNoRequest(t *testing.T) {
	hup := make(chan os.Signal, 1)
	r := serving(t, ServeConfig{Settings: of(2), Signals: hup})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if status, body, err := get(fresh(), r.url+"/items/1"); err != nil || status != 200 {
					t.Errorf("lost: %d %s %v", status, body, err)
				}
			}
		})
	}
	for i := range 3 {
		hup <- syscall.SIGHUP
		eventually(t, 30*time.Second, "both workers are replaced", func() bool { return r.stats().Starts == uint64(2*(i+2)) })
	}
	close(stop)
	wg.Wait()
}

func TestStopAnswersWhatItAccepted(t *testing.T) {
	line := make(lineWriter, 1)
	slow := begin(t, line, func(ctx context.Context) error {
		return Upstream(ctx, UpstreamConfig{Delay: "2s", Parent: Parent{Out: line}})
	})
	r := serving(t, ServeConfig{Settings: of(2, "upstream", slow.url, "upstream_timeout", "20s")})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if status, body, err := get(fresh(), fmt.Sprintf("%s/items/%d", r.url, i)); err != nil || status != 200 {
				t.Errorf("lost: %d %s %v", status, body, err)
			}
		})
	}
	eventually(t, 30*time.Second, "all are in flight", func() bool { return r.stats().InFlight == 50 })
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func TestPortInUseIsOneClearError(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(2)})
	addr := strings.TrimPrefix(r.url, "http://")
	for name, run := range map[string]func() error{
		"serve":    func() error { return Serve(t.Context(), ServeConfig{Listen: addr}) },
		"upstream": func() error { return Upstream(t.Context(), UpstreamConfig{Listen: addr}) },
	} {
		err := run()
		if want := "listening on " + addr + ": the port is in use"; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	err := Serve(t.Context(), ServeConfig{Settings: of(-1), Sockets: "one", Simulator: UpstreamConfig{Delay: "weibull:1ms", ErrorRate: 2, RateBurst: 1}})
	for _, part := range []string{"workers:", "sockets:", `unknown law "weibull"`, "error-rate:", "rate-burst:"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
}

func TestAWorkerThatCannotStartEndsServe(t *testing.T) {
	err := Serve(t.Context(), ServeConfig{Worker: func() *exec.Cmd { return exec.Command("/bin/false") }})
	if err == nil || !strings.Contains(err.Error(), "ended before it was ready") {
		t.Error(err)
	}
}

// whole starts a target as a child and returns it with the pids of all it started.
func whole(t *testing.T, temp string) (cmd *exec.Cmd, lifeline *os.File, pids []int) {
	t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = role("master")()
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	cmd.ExtraFiles = []*os.File{theirs}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	t.Cleanup(func() { ours.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var url string
	var pid int
	if _, err := fmt.Fscanf(out, "READY %s pid=%d\n", &url, &pid); err != nil || pid != cmd.Process.Pid {
		t.Fatalf("READY line: pid %d, %v", pid, err)
	}
	if status, body, err := get(fresh(), url+"/items/1/detail"); err != nil || status != 200 { // there is a database then
		t.Fatalf("%v %d %s", err, status, body)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, w := range (running{t: t, url: url}).stats().Workers {
		pids = append(pids, int(w.PID))
	}
	if err == nil {
		for f := range strings.FieldsSeq(string(children)) {
			var child int
			_, _ = fmt.Sscan(f, &child)
			pids = append(pids, child)
		}
	}
	return cmd, ours, pids
}

func TestNothingOutlivesTheMaster(t *testing.T) {
	for name, end := range map[string]func(*exec.Cmd, *os.File){
		"lifeline": func(_ *exec.Cmd, l *os.File) { l.Close() },
		"kill":     func(c *exec.Cmd, _ *os.File) { _ = c.Process.Kill() },
		"term":     func(c *exec.Cmd, _ *os.File) { _ = c.Process.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			cmd, lifeline, pids := whole(t, temp)
			end(cmd, lifeline)
			err := cmd.Wait()
			if name != "kill" && err != nil {
				t.Errorf("exit: %v", err)
			}
			eventually(t, 30*time.Second, "all processes are gone", func() bool {
				for _, pid := range pids {
					if alive(pid) {
						return false
					}
				}
				return true
			})
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", err, left)
			}
		})
	}
}

// Whatever a worker is told its database is: no file is removed but those that SQLite made.
func TestOnlyTheDatabaseIsRemoved(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "items.db")
	for _, name := range []string{path, path + "-wal", path + "-shm", filepath.Join(folder, "notes.txt")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	forgetDatabase(path)
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || left[0].Name() != "notes.txt" {
		t.Errorf("left: %v %v", err, left)
	}
}
