//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tunedScenario and tunedFile are of `target queue`, which makes 158.7/s at 4 and 4, as it is started, and
// 664/s at 32 and 48; with 2 of either it makes less than half of what it makes at first.
const tunedScenario = `version: 1
name: tuned
target: {base_url: "%s"}
users: {customer: {tasks: {ask: {steps: [{get: /}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: customer, rate: 100/s, duration: 5s}
slo: {failed: ["rate<1%%"]}
`

const tunedFile = `version: 1
name: tuned
scenario: scenario.yaml
load: {users: 32}
length: %[2]s
settle: 500ms
params:
  - name: pool
    values: [2, 32]
    cost: {each: 1, unit: connections and workers}
    apply: {http: {url: "%[1]s/-/queue", form: {pool: "${value}"}}}
    read: {http: {url: "%[1]s/-/queue", json: settings.pool}}
  - name: workers
    values: [2, 48]
    cost: {each: 1, unit: connections and workers}
    apply: {http: {url: "%[1]s/-/queue", form: {workers: "${value}"}}}
    read: {http: {url: "%[1]s/-/queue", json: settings.workers}}
`

// A tunedTarget is a queue and a tuning file of it.
type tunedTarget struct {
	service
	t   *testing.T
	dir string
}

func tunedQueue(t *testing.T, length string) *tunedTarget {
	t.Helper()
	t.Setenv("LOADCTL_STATE", t.TempDir())
	q := &tunedTarget{service: serve(t, "queue", "--servers", "8", "--pool", "4", "--workers", "4"), t: t, dir: t.TempDir()}
	q.write("scenario.yaml", fmt.Sprintf(tunedScenario, q.url))
	q.write("tuning.yaml", fmt.Sprintf(tunedFile, q.url, length))
	return q
}

func (q *tunedTarget) write(name, text string) {
	q.t.Helper()
	if err := os.WriteFile(filepath.Join(q.dir, name), []byte(text), 0o644); err != nil {
		q.t.Fatal(err)
	}
}

// now is what is in force, "4×4".
func (q *tunedTarget) now() string {
	q.t.Helper()
	var s struct{ Settings struct{ Pool, Workers int } }
	getJSON(q.t, q.url+"/-/queue", &s)
	return fmt.Sprintf("%d×%d", s.Settings.Pool, s.Settings.Workers)
}

// theTuning is the directory of the only tuning, once it is there.
func (q *tunedTarget) theTuning() (dir string) {
	q.t.Helper()
	eventually(q.t, 20*time.Second, "the tuning has a directory", func() bool {
		all, _ := filepath.Glob(filepath.Join(q.dir, "runs", "*-tune"))
		if len(all) > 0 {
			dir = all[0]
		}
		return len(all) == 1
	})
	return dir
}

// turned waits until a trial was made and another setting than that of the start is in force.
func (q *tunedTarget) turned(dir string, trials int) {
	q.t.Helper()
	eventually(q.t, time.Minute, "a setting is tried", func() bool { return journal(dir) >= trials && q.now() != "4×4" })
}

// A tuningFound is result.json as far as these tests read it.
type tuningFound struct {
	Outcome     string
	Why         string
	ExitCode    int `json:"exit_code"`
	Recommended struct{ Setting map[string]string }
	Refused     []struct {
		Setting map[string]string
		Why     string
	}
	Trials []struct {
		Number   int
		Validity string
	}
}

// late are the trials that other programs of the machine spoilt, where there are many.
func (f *tuningFound) late() (all []string) {
	for _, t := range f.Trials {
		if t.Validity == "invalid" {
			all = append(all, fmt.Sprintf("trial %d was invalid", t.Number))
		}
	}
	if len(all) < 3 {
		return nil
	}
	return all
}

func tuningIn(t *testing.T, dir string) (f tuningFound) {
	t.Helper()
	readJSON(t, filepath.Join(dir, "result.json"), &f)
	return f
}

// TestTuneFindsTheBestOfAQueue whose throughput at each setting is known, and puts back what was in force.
func TestTuneFindsTheBestOfAQueue(t *testing.T) {
	again(t, func() []string {
		q := tunedQueue(t, "1s")
		defer q.signal(syscall.SIGTERM)
		p := start(t, q.dir, "tune", "tuning.yaml")
		code := p.wait(5 * time.Minute)
		dir := q.theTuning()
		if _, err := os.Stat(filepath.Join(dir, "result.json")); err != nil {
			t.Fatalf("exit %d, %v\n%s%s", code, err, p.stdout.String(), p.stderr.String())
		}
		f := tuningIn(t, dir)
		if now := q.now(); now != "4×4" {
			t.Errorf("%s is in force", now)
		}
		if s := f.Recommended.Setting; code != 0 || f.Outcome != "better" || s["pool"] != "32" || s["workers"] != "48" {
			if late := f.late(); len(late) > 0 {
				return late
			}
			t.Fatalf("exit %d, %s %v: %s\n%s", code, f.Outcome, s, f.Why, p.stderr.String())
		}
		for _, name := range []string{"report.html", "summary.md", "junit.xml", "trials/001/summary.json"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		text := strings.TrimSpace(p.stdout.String())
		if last := text[strings.LastIndexByte(text, '\n')+1:]; !strings.HasPrefix(last, "RESULT better exit=0") || !strings.Contains(last, "setting=pool=32,workers=48") {
			t.Error(last)
		}
		return nil
	})
}

// TestWhatWasInForceIsPutBack after Ctrl-C, once and twice, after SIGTERM, and after SIGKILL when the same target
// is tuned the next time.
func TestWhatWasInForceIsPutBack(t *testing.T) {
	q := tunedQueue(t, "2s")
	p := start(t, q.dir, "tune", "tuning.yaml")
	dir := q.theTuning()
	q.turned(dir, 1)
	other := start(t, q.dir, "tune", "tuning.yaml", "--runs", "other")
	if code := other.wait(20 * time.Second); code != 1 || !strings.Contains(other.stderr.String(), "another loadctl tunes this target") {
		t.Errorf("a second tuning exits %d\n%s", code, other.stderr.String())
	}
	q.turned(dir, 1)
	p.signal(os.Interrupt)
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended by then
	if code := p.wait(30 * time.Second); code != 130 || !strings.Contains(p.stderr.String(), "loadctl tune --resume runs/"+filepath.Base(dir)) {
		t.Errorf("exit %d\n%s", code, p.stderr.String())
	}
	q.back("Ctrl-C, twice")
	text := strings.TrimSpace(p.stdout.String())
	if last := text[strings.LastIndexByte(text, '\n')+1:]; !strings.HasPrefix(last, "RESULT unfinished exit=130") {
		t.Error(last)
	}

	made := journal(dir)
	p = start(t, q.dir, "tune", "--resume", filepath.Join("runs", filepath.Base(dir)))
	q.turned(dir, made+1)
	p.signal(syscall.SIGTERM)
	if code := p.wait(30 * time.Second); code != 130 {
		t.Errorf("exit %d\n%s", code, p.stderr.String())
	}
	q.back("SIGTERM")

	made = journal(dir)
	p = start(t, q.dir, "tune", "--resume", filepath.Join("runs", filepath.Base(dir)))
	q.turned(dir, made+1)
	p.signal(syscall.SIGKILL)
	p.wait(10 * time.Second)
	if q.now() == "4×4" {
		t.Fatal("what was in force is back by itself")
	}
	p = start(t, q.dir, "tune", "tuning.yaml", "--runs", "third")
	eventually(t, 20*time.Second, "what the killed one left is put back", func() bool { return q.now() == "4×4" })
	p.signal(os.Interrupt)
	if code := p.wait(30 * time.Second); code != 130 || !strings.Contains(p.stderr.String(), "an earlier tuning was cut off; what was in force before it is back: pool=4, workers=4") {
		t.Errorf("exit %d\n%s", code, p.stderr.String())
	}
	q.back("SIGKILL, and the next start")
}

func (q *tunedTarget) back(after string) {
	q.t.Helper()
	if now := q.now(); now != "4×4" {
		q.t.Errorf("after %s %s is in force", after, now)
	}
}

const hookedParam = `version: 1
name: hooked
scenario: scenario.yaml
load: {users: 16}
length: 1s
settle: 500ms
budget: {trials: 8}
params:
  - name: size
    values: [1, 2, 3]
    current: "1"
    apply:
      command: 'case "$value" in 2) echo no room; exit 7;; 3) sleep 60;; *) echo "$value" > size;; esac'
      within: 2s
`

// TestHooksThatFailOrHang take their settings out, with what they said, and nothing else.
func TestHooksThatFailOrHang(t *testing.T) {
	q := tunedQueue(t, "1s")
	q.write("tuning.yaml", hookedParam)
	begun := time.Now()
	p := start(t, q.dir, "tune", "tuning.yaml")
	if code := p.wait(2 * time.Minute); code != 1 {
		t.Errorf("exit %d", code)
	}
	f := tuningIn(t, q.theTuning())
	if len(f.Refused) != 2 || !strings.Contains(f.Refused[0].Why+f.Refused[1].Why, "no room") || !strings.Contains(f.Refused[0].Why+f.Refused[1].Why, "its time limit") {
		t.Errorf("%s: %s, refused %+v\n%s", f.Outcome, f.Why, f.Refused, p.stdout.String())
	}
	if b, err := os.ReadFile(filepath.Join(q.dir, "size")); err != nil || strings.TrimSpace(string(b)) != "1" {
		t.Errorf("%q, %v", b, err)
	}
	t.Logf("%s: %s, after %s", f.Outcome, f.Why, time.Since(begun).Round(time.Second))
}
