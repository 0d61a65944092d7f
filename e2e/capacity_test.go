//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// searchedQueue is a queue whose capacity is known, and a file that loads it.
const (
	searchedServers = 8
	searchedMean    = 4 * time.Millisecond
	searchedLimit   = 40 * time.Millisecond
)

const searchedFile = `version: 1
name: searched
target: {base_url: "%s"}
users: {reader: {tasks: {a: {steps: [{get: /}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: reader, rate: %d/s, duration: 10s}
slo:
  response_time: [p(99)<40ms]
  failed: ["rate<1%%"]
`

// A capacityFound is result.json as far as these tests read it.
type capacityFound struct {
	Outcome    string
	Why        string
	ExitCode   int `json:"exit_code"`
	Capacity   float64
	Low        float64
	High       float64
	VerifiedBy int `json:"verified_by"`
	Trials     []searchTrial
}

// A searchTrial is one trial of a result, or of the journal.
type searchTrial struct {
	Number   int
	Kind     string
	Rate     float64
	Validity string
	Broken   string
	Offered  float64
	Cores    float64
}

// disturbed are the trials of a search in which the generator was late: what took its core took that of
// the target, too, whose answers were late then.
func (c *capacityFound) disturbed() (late []string) {
	for _, t := range c.Trials {
		if t.Validity == "invalid" {
			late = append(late, fmt.Sprintf("trial %d at %.4g/s was %s", t.Number, t.Rate, t.Validity))
		}
	}
	if len(late) < 2 {
		return nil
	}
	return late
}

func searchedIn(t *testing.T, url string, rate int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "searched.yaml"), fmt.Appendf(nil, searchedFile, url, rate), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func searchedService(t *testing.T) service {
	return serve(t, "queue", "--servers", fmt.Sprint(searchedServers), "--mean", searchedMean.String())
}

// theSearch is the directory of the only search below a directory, once it is there.
func theSearch(t *testing.T, dir string) (search string) {
	t.Helper()
	eventually(t, 20*time.Second, "the search has a directory", func() bool {
		all, _ := filepath.Glob(filepath.Join(dir, "runs", "*-capacity"))
		if len(all) > 0 {
			search = all[0]
		}
		return len(all) == 1
	})
	return search
}

// journal is how many trials are on disk.
func journal(dir string) int {
	b, _ := os.ReadFile(filepath.Join(dir, "trials.ndjson"))
	return strings.Count(string(b), "\n")
}

func capacityOf(t *testing.T, search string) (c capacityFound) {
	t.Helper()
	readJSON(t, filepath.Join(search, "result.json"), &c)
	return c
}

// TestCapacityOfAKnownQueue is found though the process was killed in the middle: the trials from before count,
// each once, and none of them is made again.
func TestCapacityOfAKnownQueue(t *testing.T) {
	truth, _ := queue.Capacity(searchedServers, 1/searchedMean.Seconds(), 0.99, searchedLimit.Seconds())
	tries := 0
	again(t, func() []string {
		tries++
		q := searchedService(t)
		defer q.signal(syscall.SIGTERM)
		dir := searchedIn(t, q.url, 2400)
		first := start(t, dir, "capacity", "searched.yaml", "--budget", "90s")
		search := theSearch(t, dir)
		eventually(t, time.Minute, "three trials are made", func() bool { return journal(search) >= 3 })
		first.signal(syscall.SIGKILL)
		first.wait(10 * time.Second)
		before := journal(search)

		second := start(t, dir, "capacity", "--resume", search, "--ui", "json")
		code := second.wait(3 * time.Minute)
		found := capacityOf(t, search)
		late := found.disturbed()
		if len(late) > 0 && tries == 1 {
			return late
		}
		off := 0.15
		if len(late) > 0 { // again: the searches are too long to wait for a quiet hour
			off = 0.4
			t.Logf("disturbed: %v", late)
		}
		if code != found.ExitCode || code != 0 && code != 3 || found.Outcome != "found" && found.Outcome != "unfinished" {
			t.Errorf("exit %d, %s: %s\n%s", code, found.Outcome, found.Why, second.stderr.String())
		}
		if math.Abs(found.Capacity/truth-1) > off || found.Low > truth*(1+off) || found.High < truth*(1-off) {
			t.Errorf("capacity %.0f [%.0f, %.0f], and the truth is %.0f", found.Capacity, found.Low, found.High, truth)
		}
		t.Logf("capacity %.1f [%.1f, %.1f] after %d trials, the truth is %.1f", found.Capacity, found.Low, found.High, len(found.Trials), truth)
		if made := strings.Count(second.stdout.String(), `"type":"trial"`); made != len(found.Trials)-before {
			t.Errorf("%d trials were made after %d of %d", made, before, len(found.Trials))
		}
		for _, name := range []string{"report.html", "summary.md", "junit.xml", fmt.Sprintf("trials/%03d/summary.json", len(found.Trials))} {
			if _, err := os.Stat(filepath.Join(search, name)); err != nil {
				t.Error(err)
			}
		}
		var last struct{ Type, Run, Outcome string }
		lines := strings.Split(strings.TrimSpace(second.stdout.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Type != "result" || last.Outcome != found.Outcome {
			t.Errorf("%v, %+v", err, last)
		}
		return nil
	})
}

// TestInterruptedSearchSaysHowToGoOn, and ends at once.
func TestInterruptedSearchSaysHowToGoOn(t *testing.T) {
	q := searchedService(t)
	dir := searchedIn(t, q.url, 400)
	p := start(t, dir, "capacity", "searched.yaml")
	search := theSearch(t, dir)
	eventually(t, time.Minute, "a trial is made", func() bool { return journal(search) >= 1 })
	time.Sleep(time.Second)
	family := descendants(p.cmd.Process.Pid)
	begun := time.Now()
	p.signal(os.Interrupt)
	if code := p.wait(20 * time.Second); code != 130 {
		t.Errorf("exit %d", code)
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
	if text := p.stderr.String(); !strings.Contains(text, "loadctl capacity --resume runs/"+filepath.Base(search)) {
		t.Errorf("%s", text)
	}
	if text := strings.TrimSpace(p.stdout.String()); !strings.Contains(text[strings.LastIndexByte(text, '\n')+1:], "RESULT unfinished exit=130") {
		t.Errorf("%s", text)
	}
	eventually(t, 5*time.Second, "all that it started has ended", func() bool {
		for _, pid := range family {
			if commandLine(pid) != "" {
				return false
			}
		}
		return true
	})
}

// TestTargetDiesDuringASearch: the search ends, and does not take a dead target for a slow one.
func TestTargetDiesDuringASearch(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(fmt.Sprintf(searchedFile, "", 100), `{base_url: ""}`, "{bundled: true, workers: 1}", 1)
	if err := os.WriteFile(filepath.Join(dir, "searched.yaml"), []byte(strings.Replace(text, "get: /}", "get: /health}", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "capacity", "searched.yaml")
	search := theSearch(t, dir)
	eventually(t, time.Minute, "a trial is made", func() bool { return journal(search) >= 1 })
	pids := children(t, p.cmd.Process.Pid, "serve")
	if len(pids) == 0 {
		t.Fatal("there is no bundled target")
	}
	_ = syscall.Kill(pids[0], syscall.SIGKILL)
	if code := p.wait(40 * time.Second); code != 1 {
		t.Errorf("exit %d\n%s%s", code, p.stdout.String(), p.stderr.String())
	}
	if c := capacityOf(t, search); c.Outcome != "broken" || !strings.Contains(c.Why, "the bundled target ended") {
		t.Errorf("%s: %s", c.Outcome, c.Why)
	} else if c.Trials[0].Broken == "" && c.Trials[0].Validity != "invalid" && c.Trials[0].Cores <= 0 {
		t.Errorf("nobody told of the target's CPU: %+v", c.Trials[0])
	}
}

// TestNoLoadHoldsTheSLO: 99, with what the least that was asked broke.
func TestNoLoadHoldsTheSLO(t *testing.T) {
	again(t, func() []string {
		q := searchedService(t)
		defer q.signal(syscall.SIGTERM)
		dir := searchedIn(t, q.url, 400)
		p := start(t, dir, "capacity", "searched.yaml", "--slo", "response_time: p(99)<5ms", "--start", "200", "--budget", "2m")
		code := p.wait(3 * time.Minute)
		c := capacityOf(t, theSearch(t, dir))
		if late := c.disturbed(); len(late) > 0 {
			return late
		}
		if code != 99 || c.Outcome != "nothing" || !strings.Contains(c.Why, "p(99)<5ms") {
			t.Errorf("exit %d, %s: %s", code, c.Outcome, c.Why)
		}
		return nil
	})
}

// TestEveryLoadHoldsTheSLO that may be asked: the answer is a bound, and says so.
func TestEveryLoadHoldsTheSLO(t *testing.T) {
	again(t, func() []string {
		q := searchedService(t)
		defer q.signal(syscall.SIGTERM)
		dir := searchedIn(t, q.url, 400)
		p := start(t, dir, "capacity", "searched.yaml", "--max", "300", "--start", "200/s", "--budget", "60s")
		code := p.wait(2 * time.Minute)
		c := capacityOf(t, theSearch(t, dir))
		if late := c.disturbed(); len(late) > 0 {
			return late
		}
		if code != 0 || c.Outcome != "at least" || c.Low != 300 || c.High != 0 || !strings.Contains(p.stdout.String(), "≥ 300") {
			t.Errorf("exit %d, %s [%v, %v]: %s\n%s", code, c.Outcome, c.Low, c.High, c.Why, p.stdout.String())
		}
		return nil
	})
}

const heldFile = `version: 1
name: held
target: {base_url: "%s"}
users: {client: {tasks: {beat: {steps: [{get: /}]}}}}
phases:
  - {name: hold, executor: held-connections, connections: 400, hold: 5s, heartbeat: {task: beat, every: 1s}, on_close: count}
slo: {"failed{phase:hold,name:/}": [rate<1%%]}
`

// A roomFor lets so many connections in, and closes those beyond at once.
type roomFor struct {
	net.Listener
	places chan struct{}
}

func (l *roomFor) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.places <- struct{}{}:
			return &placed{Conn: c, places: l.places}, nil
		default:
			c.Close()
		}
	}
}

type placed struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

func (c *placed) Close() error {
	c.once.Do(func() { <-c.places })
	return c.Conn.Close()
}

// TestConnectionsOfATargetWithSoManyPlaces are found by a file that only holds them.
func TestConnectionsOfATargetWithSoManyPlaces(t *testing.T) {
	const places = 150
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go func() { _ = s.Serve(&roomFor{Listener: l, places: make(chan struct{}, places)}) }()
	t.Cleanup(func() { _ = s.Close() })
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "held.yaml"), fmt.Appendf(nil, heldFile, "http://"+l.Addr().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "capacity", "held.yaml", "--over", "connections", "--start", "100", "--precision", "5%", "--budget", "55s")
	code := p.wait(2 * time.Minute)
	c := capacityOf(t, theSearch(t, dir))
	within := math.Abs(c.Capacity/places-1) <= 0.1
	if brackets := c.Low <= places && places <= c.High; !within && !brackets || code != 0 && code != 3 {
		t.Errorf("exit %d, %s: %.0f [%.0f, %.0f] of %d: %s\n%s%s", code, c.Outcome, c.Capacity, c.Low, c.High, places, c.Why, p.stdout.String(), p.stderr.String())
	}
	t.Logf("%s %.0f [%.0f, %.0f] after %d trials\n%s", c.Outcome, c.Capacity, c.Low, c.High, len(c.Trials), p.stdout.String())
}
