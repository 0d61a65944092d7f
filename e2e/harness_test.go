//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is what is driven; make builds it first.
func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../bin/loadctl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	return path
}

// need skips with a printed reason when a tool is absent, and fails in CI.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		lacking(t, tool+" is not installed")
	}
}

// lacking skips with a printed reason, and fails in CI.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
		t.Fatalf("CI skips nothing: %s", what)
	}
	t.Skip(what)
}

// A proc is a child under test. Every proc is ended with the test.
type proc struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan struct{}
	started        time.Time
}

func start(t *testing.T, dir string, args ...string) *proc {
	t.Helper()
	return startCommand(t, dir, exec.Command(binary(t), args...))
}

// startFiles starts loadctl as a process that may open so many files, as all its
// descendants then may.
func startFiles(t *testing.T, files int, dir string, args ...string) *proc {
	t.Helper()
	limited := []string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), binary(t)}
	return startCommand(t, dir, exec.Command("sh", append(limited, args...)...))
}

func startCommand(t *testing.T, dir string, cmd *exec.Cmd) *proc {
	t.Helper()
	p := &proc{t: t, cmd: cmd, done: make(chan struct{}), started: time.Now()}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	// With what it started: killing make alone would leave what it runs.
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
			<-p.done
		}
	})
	return p
}

// wait returns the exit code; the test fails when the process outlives limit.
func (p *proc) wait(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		p.t.Fatalf("%v still runs after %s\nstdout:\n%s\nstderr:\n%s", p.cmd.Args, limit, p.stdout.String(), p.stderr.String())
		return -1
	}
}

// ran is the CPU time that a process took which has ended.
func (p *proc) ran() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// awaitIdle waits until a process only waits itself: no thread of it runs, or would if
// there were a core for it.
func (p *proc) awaitIdle() {
	p.t.Helper()
	const enough = 8 // looks in a row
	idle := 0
	eventually(p.t, 30*time.Second, "a process that waits", func() bool {
		if idle++; !asleep(p.cmd.Process.Pid) {
			idle = 0
		}
		return idle >= enough
	})
}

// asleep says whether all threads of a process wait for something other than a disk.
func asleep(pid int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && !strings.Contains(string(b), ") S ") {
			return false
		}
	}
	return len(files) > 0
}

func (p *proc) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// finished is a run that has ended: its exit code, output and files.
type finished struct {
	code    int
	out     string
	errs    string
	dir     string
	summary summary
	took    time.Duration
}

type accounting struct {
	Intended    int64 `json:"intended"`
	OK          int64 `json:"ok"`
	HTTPError   int64 `json:"http_error"`
	CheckFailed int64 `json:"check_failed"`
	Timeout     int64 `json:"timeout"`
	ConnError   int64 `json:"conn_error"`
	NotSent     int64 `json:"not_sent"`
	Censored    int64 `json:"censored"`
}

func (a accounting) ended() int64 {
	return a.OK + a.HTTPError + a.CheckFailed + a.Timeout + a.ConnError + a.NotSent + a.Censored
}

// answered is what the target must have counted, uncertain what it may have.
func (a accounting) answered() int64  { return a.OK + a.HTTPError + a.CheckFailed }
func (a accounting) uncertain() int64 { return a.Timeout + a.ConnError + a.Censored }

type times struct {
	Count                               int64
	Mean, P50, P90, P95, P99, P999, Max *float64
}

type summary struct {
	Schema   string `json:"schema"`
	RunID    string `json:"run_id"`
	Verdict  string `json:"verdict"`
	ExitCode int    `json:"exit_code"`
	Validity struct {
		Verdict string   `json:"verdict"`
		Reasons []string `json:"reasons"`
	} `json:"validity"`
	Limit struct {
		Who      string `json:"who"`
		Sentence string `json:"sentence"`
	} `json:"limit"`
	Accounting           accounting `json:"accounting"`
	AccountingUnrecorded accounting `json:"accounting_unrecorded"`
	ThroughputRPS        float64    `json:"throughput_rps"`
	Connections          struct {
		Asked   int64 `json:"asked"`
		Opened  int64 `json:"opened"`
		HeldMin int64 `json:"held_min"`
		Peak    int64 `json:"peak"`
		Dropped int64 `json:"dropped"`
		Failed  int64 `json:"failed"`
	} `json:"connections"`
	Heartbeats struct {
		Sent     int64 `json:"sent"`
		Answered int64 `json:"answered"`
	} `json:"heartbeats"`
	ResponseMS times   `json:"response_ms"`
	ServiceMS  times   `json:"service_ms"`
	Phases     []phase `json:"phases"`
	Excluded   []gap   `json:"excluded"`
	Agents     []struct {
		Name            string  `json:"name"`
		CPUS            float64 `json:"cpu_s"`
		MaxRSSBytes     int64   `json:"max_rss_bytes"`
		Requests        int64   `json:"requests"`
		PeakConnections int64   `json:"peak_connections"`
	} `json:"agents"`
	Notes []string `json:"notes"`
	Hosts []struct {
		Clock struct {
			Offset         float64 `json:"offset_ms"`
			AlignmentError float64 `json:"alignment_error_ms"`
		} `json:"clock"`
	} `json:"hosts"`
	Thresholds []struct {
		Expr  string   `json:"expr"`
		Value *float64 `json:"value"`
		OK    bool     `json:"ok"`
	} `json:"thresholds"`
}

// A phase is when one was, in seconds of the run.
type phase struct {
	Name      string   `json:"name"`
	Begin     *float64 `json:"begin_s"`
	Connected *float64 `json:"connected_s"`
	End       *float64 `json:"end_s"`
}

// A gap is seconds left out of times and rates.
type gap struct {
	From   float64 `json:"from_s"`
	Until  float64 `json:"until_s"`
	Reason string  `json:"reason"`
}

// phase is one of the run's by its name.
func (f finished) phase(t *testing.T, name string) phase {
	t.Helper()
	for _, p := range f.summary.Phases {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no phase %s in %+v", name, f.summary.Phases)
	return phase{}
}

// A second is one line of the series. Gauges are those of its end.
type second struct {
	T       float64  `json:"t"`
	Phases  []string `json:"phases"`
	Offered float64  `json:"offered"`
	Held    int64    `json:"connections_held"`
	Partial bool     `json:"partial"`
	Paused  float64  `json:"paused_s"`
}

// series reads the run's seconds in order.
func (f finished) series(t *testing.T) []second {
	t.Helper()
	return records[second](t, filepath.Join(f.dir, "series.jsonl.gz"))
}

// records reads the lines of a compressed file after the first, its schema.
func records[T any](t *testing.T, path string) (all []T) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(zip)
	var schema struct{}
	if err := lines.Decode(&schema); err != nil {
		t.Fatal(err)
	}
	for {
		var one T
		if err := lines.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// zero is the wall time of the run's offset 0.
func (f finished) zero(t *testing.T) time.Time {
	t.Helper()
	var m struct{ Started time.Time }
	readJSON(t, filepath.Join(f.dir, "run.json"), &m)
	return m.Started
}

// A beginning is what the record of a run says first: when offset 0 is, which may be
// just ahead, and where the target listens.
type beginning struct {
	Started time.Time
	Target  string
}

// beginning waits for that of a run that goes on. It comes once all agents are ready;
// their processes are there long before, and until then there is nothing to lose.
func (p *proc) beginning() (b beginning) {
	p.t.Helper()
	eventually(p.t, 30*time.Second, "the run begins", func() bool {
		p.goesOn()
		names, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "runs", "*.partial", "updates.jsonl.gz"))
		if len(names) == 1 {
			b = beginningOf(names[0])
		}
		return !b.Started.IsZero()
	})
	return b
}

// beginningOf reads it from a record that is still being written, nothing before it
// is there.
func beginningOf(path string) beginning {
	file, err := os.Open(path)
	if err != nil {
		return beginning{}
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return beginning{}
	}
	lines := bufio.NewReader(zip)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return beginning{}
		}
		var update struct{ Started *struct{ Info beginning } }
		if json.Unmarshal(line, &update) == nil && update.Started != nil {
			return update.Started.Info
		}
	}
}

// into waits until a run has come so far into its load, and returns its offset 0.
func (p *proc) into(offset time.Duration) (zero time.Time) {
	p.t.Helper()
	zero = p.beginning().Started
	time.Sleep(time.Until(zero.Add(offset)))
	p.goesOn()
	return zero
}

// goesOn fails the test when a process has ended.
func (p *proc) goesOn() {
	p.t.Helper()
	select {
	case <-p.done:
		p.t.Fatalf("it ended: exit %d\n%s%s", p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String())
	default:
	}
}

var resultLine = regexp.MustCompile(`^RESULT (\w+) exit=(\d+) validity=(\w+) run=(\S+)$`)

// finish waits for a run and reads what it left.
func (p *proc) finish(limit time.Duration) finished {
	p.t.Helper()
	f := finished{code: p.wait(limit), out: p.stdout.String(), errs: p.stderr.String(), took: time.Since(p.started)}
	lines := strings.Split(strings.TrimSpace(f.out), "\n")
	m := resultLine.FindStringSubmatch(lines[len(lines)-1])
	if m == nil {
		p.t.Fatalf("last line is not a RESULT line (exit %d)\nstdout:\n%s\nstderr:\n%s", f.code, f.out, f.errs)
	}
	f.dir = filepath.Join(p.cmd.Dir, m[4])
	readJSON(p.t, filepath.Join(f.dir, "summary.json"), &f.summary)
	if m[2] != strconv.Itoa(f.code) || f.summary.ExitCode != f.code {
		p.t.Errorf("exit code %d, RESULT line says %s, summary %d", f.code, m[2], f.summary.ExitCode)
	}
	return f
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// reasons parts those of the validity. The first two tell of a generator, or of all that is
// on its machine, that was disturbed so badly that the run is invalid or lacks seconds, or a
// little, which a machine shared with others makes it do. Nothing a neighbour does loses an agent, or a
// request from the accounts.
func (s *summary) reasons() (late, little, other []string) {
	for _, r := range s.Validity.Reasons {
		switch {
		case strings.HasPrefix(r, "the generator was late"), strings.HasSuffix(r, " are left out of times, rates and shares"):
			late = append(late, r)
		case strings.HasPrefix(r, "the generator was a little late"):
			little = append(little, r)
		case kept(r) && s.Validity.Verdict == "invalid":
			late = append(late, r)
		case kept(r) || ofMachine(r):
			little = append(little, r)
		default:
			other = append(other, r)
		}
	}
	return late, little, other
}

// kept says whether a reason is that an agent's thread had to wait, or its arrivals, and what
// kept them is told.
func kept(reason string) bool {
	return contains(reason, ": the machine gave it no core for ", ": 1 in 100 requests started more than ",
		" arrivals due in a second had waited for the generator ") || contains(reason, "; meanwhile ") && strings.HasPrefix(reason, "agent ")
}

// ofMachine says whether a reason is a reading of the whole machine, or of what the process
// was left to run with: it explains, and degrades a run at most.
func ofMachine(reason string) bool {
	return contains(reason, ": the hypervisor gave ", ": Go's garbage collection took ", ": its control group had used up its CPU quota",
		": network interfaces of the machine dropped ", " of the machine's TCP segments had to be sent again")
}

func contains(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// undisturbed repeats a run that measures times until the generator was in time: a
// shared machine has bad minutes. It fails when it never was, and at once when the
// tool has any other doubt about its measurement.
func undisturbed(t *testing.T, once func() finished) finished {
	t.Helper()
	f := repeated(t, once, func(s *summary) []string {
		late, little, _ := s.reasons()
		return append(late, little...)
	})
	f.doubtless(t)
	return f
}

// unspoilt does the same for a run that counts: one that was a little late, which
// has the exit code of one that was not, will do.
func unspoilt(t *testing.T, once func() finished) finished {
	t.Helper()
	f := repeated(t, once, spoilt)
	f.doubtless(t)
	return f
}

// spoilt are the reasons why the generator's lag made a run invalid.
func spoilt(s *summary) (late []string) {
	late, _, _ = s.reasons()
	return late
}

func (f finished) doubtless(t *testing.T) {
	t.Helper()
	if _, _, other := f.summary.reasons(); len(other) > 0 {
		t.Fatalf("validity %s %v, exit %d\n%s%s", f.summary.Validity.Verdict, other, f.code, f.out, f.errs)
	}
}

// repeated makes a run until nothing disturbed it.
func repeated(t *testing.T, once func() finished, disturbed func(*summary) []string) (f finished) {
	t.Helper()
	again(t, func() []string {
		f = once()
		return disturbed(&f.summary)
	})
	return f
}

// again calls once until it has nothing to say about a disturbance, or has failed,
// five times at most. It waits longer each time: short runs are over before a bad
// minute is.
func again(t *testing.T, once func() (disturbed []string)) {
	t.Helper()
	const tries = 5
	var disturbed []string
	for i := range tries {
		if disturbed = once(); len(disturbed) == 0 || t.Failed() {
			return
		}
		t.Logf("try %d of %d was disturbed: %v", i+1, tries, disturbed)
		if i+1 < tries {
			time.Sleep(2 * time.Second << i)
		}
	}
	t.Fatalf("all of %d tries were disturbed, the last: %v", tries, disturbed)
}

// run is start and finish.
func run(t *testing.T, limit time.Duration, args ...string) finished {
	t.Helper()
	return start(t, t.TempDir(), args...).finish(limit)
}

// identity fails the test unless both accounting blocks add up exactly.
func (f finished) identity(t *testing.T) {
	t.Helper()
	for name, a := range map[string]accounting{"recorded": f.summary.Accounting, "unrecorded": f.summary.AccountingUnrecorded} {
		if a.Intended != a.ended() {
			t.Errorf("%s: intended %d, but the classes add up to %d: %+v", name, a.Intended, a.ended(), a)
		}
	}
}

// A service is a target that outlives the run, so that its counters can be read.
type service struct {
	*proc
	url   string
	admin string // "" = it has no admin API
}

var readyLine = regexp.MustCompile(`(?m)^READY (\S+)(?: pid=\d+(?: admin=(\S+))?)?`)

func serve(t *testing.T, args ...string) service {
	t.Helper()
	return serveBy(t, exec.Command(binary(t), append([]string{"target"}, args...)...))
}

// serveBy starts a target by a command line, and waits until it says that it is ready.
func serveBy(t *testing.T, cmd *exec.Cmd) service {
	t.Helper()
	return serveWithin(t, cmd, 30*time.Second)
}

func serveWithin(t *testing.T, cmd *exec.Cmd, within time.Duration) service {
	t.Helper()
	p := &proc{t: t, cmd: cmd, done: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan []string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m
			}
		}
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(10 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.done
		}
	})
	select {
	case m := <-ready:
		return service{p, m[1], m[2]}
	case <-p.done:
		t.Fatalf("target %v has ended\n%s", cmd.Args, p.stderr.String())
		return service{}
	case <-time.After(within):
		t.Fatalf("target %v is not ready\n%s", cmd.Args, p.stderr.String())
		return service{}
	}
}

// counted is what the target says of itself.
type counted struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections_open"`
	Starts      int64 `json:"starts"` // worker processes, replacements included
	Workers     []struct {
		PID int `json:"pid"`
	} `json:"workers"`
}

func (s service) counted(t *testing.T) counted {
	t.Helper()
	resp, err := http.Get(s.url + "/-/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var c counted
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// workers are the processes of all workers, once all are there.
func (s service) workers(t *testing.T) (pids []int) {
	t.Helper()
	eventually(t, 30*time.Second, "all workers live", func() bool {
		pids = nil
		all := s.counted(t).Workers
		for _, w := range all {
			if w.PID > 0 {
				pids = append(pids, w.PID)
			}
		}
		return len(all) > 0 && len(pids) == len(all)
	})
	return pids
}

// ownAddress is a loopback address that no other test uses: a port of it can be left
// and bound again. On 127.0.0.1 another may have taken it meanwhile, and answer there.
func ownAddress() string {
	n := rand.Uint32()
	return fmt.Sprintf("127.%d.%d.%d", 64+n%128, byte(n>>8), 1+n>>16%250)
}

// scenario writes a file into a temporary folder and returns its path.
func scenario(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// children lists the descendants of a process by the words of their command
// line, such as "agent": found through /proc, so only those really running.
func children(t *testing.T, root int, word string) (pids []int) {
	t.Helper()
	for _, pid := range descendants(root) {
		if strings.Contains(commandLine(pid), "\x00"+word) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// commandLine is the words of a process, each ended by a zero; "" when it is gone.
func commandLine(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(b)
}

func descendants(root int) (all []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	parent := map[int]int{}
	for _, e := range entries {
		b, err := os.ReadFile(e)
		if err != nil {
			continue
		}
		s := string(b)
		end := strings.LastIndexByte(s, ')')
		f := strings.Fields(s[end+1:])
		pid, _ := strconv.Atoi(s[:strings.IndexByte(s, ' ')])
		ppid, _ := strconv.Atoi(f[1])
		if f[0] != "Z" {
			parent[pid] = ppid
		}
	}
	for pid := range parent {
		for p := parent[pid]; p > 1; p = parent[p] {
			if p == root {
				all = append(all, pid)
				break
			}
		}
	}
	return all
}

// eventually waits until cond holds.
func eventually(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("not within %s: %s", limit, what)
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// repo is a path inside the repository.
func repo(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// getJSON reads what a URL answers.
func getJSON(t *testing.T, url string, v any) {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}
