//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// set puts a setting in force as a person would.
func (q *tunedTarget) set(pool, workers string) {
	q.t.Helper()
	r, err := http.PostForm(q.url+"/-/queue", url.Values{"pool": {pool}, "workers": {workers}})
	if err != nil {
		q.t.Fatal(err)
	}
	r.Body.Close()
	if now := q.now(); now != pool+"×"+workers {
		q.t.Fatalf("%s is in force after %s", now, r.Status)
	}
}

// cheapestFile asks what holds 100/s for least: 4 and 4 make 158.7/s, 1 and 4 only 60/s.
func cheapestFile(url string) string {
	return strings.NewReplacer(
		"load: {users: 32}", "goal: cheapest\nload: {rate: 100/s}\nslo: {response_time: [p(99)<700ms], failed: [rate<1%]}",
		"[2, 32]", "[1, 4, 32]",
		"[2, 48]", "[4, 48]",
	).Replace(fmt.Sprintf(tunedFile, url, "3s"))
}

// TestTheCheapestThatHoldsALoad is named, and neither the fastest nor the one in force.
func TestTheCheapestThatHoldsALoad(t *testing.T) {
	again(t, func() []string {
		q := tunedQueue(t, "3s")
		defer q.signal(syscall.SIGTERM)
		q.set("32", "48")
		q.write("tuning.yaml", cheapestFile(q.url))
		p := start(t, q.dir, "tune", "tuning.yaml")
		code := p.wait(4 * time.Minute)
		f := tuningIn(t, q.theTuning())
		if s := f.Recommended.Setting; code != 0 || f.Outcome != "better" || s["pool"] != "4" || s["workers"] != "4" {
			if late := f.late(); len(late) > 0 {
				return late
			}
			t.Fatalf("exit %d, %s %v: %s\n%s%s", code, f.Outcome, s, f.Why, p.stdout.String(), p.stderr.String())
		}
		if now := q.now(); now != "32×48" {
			t.Errorf("%s is in force", now)
		}
		if late := f.late(); len(late) > 0 {
			return late // a setting that is cheaper may be undecided by them
		}
		if !strings.Contains(f.Why, "the cheapest that holds the load is pool 4, workers 4: it costs 8 connections and workers, the one in force 80") {
			t.Error(f.Why)
		}
		t.Logf("%s, after %d trials", f.Why, len(f.Trials))
		return nil
	})
}

const ownScenario = `version: 1
name: own
target: {bundled: true, workers: 1}
users: {customer: {tasks: {ask: {steps: [{get: /health}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: customer, rate: 50/s, duration: 2s}
slo: {failed: ["rate<1%"]}
`

const ownTuning = `version: 1
name: own
scenario: scenario.yaml
goal: cheapest
load: {rate: 50/s}
length: 1s
settle: 500ms
params:
  - name: workers
    values: [1, 2]
    cost: 1
    apply: {target: workers}
`

// TestATargetOfItsOwnIsTuned: it is started for the tuning, set by its knobs, and ends with it.
func TestATargetOfItsOwnIsTuned(t *testing.T) {
	t.Setenv("LOADCTL_STATE", t.TempDir())
	q := &tunedTarget{t: t, dir: t.TempDir()}
	t.Setenv("TMPDIR", q.dir)
	q.write("scenario.yaml", strings.Replace(ownScenario, "workers: 1", "workers: 2", 1))
	q.write("tuning.yaml", ownTuning)
	p := start(t, q.dir, "tune", "tuning.yaml")
	dir := q.theTuning()
	eventually(t, time.Minute, "a trial is made", func() bool { return journal(dir) >= 1 })
	family := descendants(p.cmd.Process.Pid)
	code := p.wait(3 * time.Minute)
	f := tuningIn(t, dir)
	if s := f.Recommended.Setting; code != 0 || f.Outcome != "better" || s["workers"] != "1" || len(f.Refused) != 0 {
		t.Errorf("exit %d, %s %v: %s, refused %v\n%s%s", code, f.Outcome, s, f.Why, f.Refused, p.stdout.String(), p.stderr.String())
	}
	eventually(t, 5*time.Second, "its target has ended", func() bool {
		for _, pid := range family {
			if commandLine(pid) != "" {
				return false
			}
		}
		return true
	})
	if left, _ := filepath.Glob(filepath.Join(q.dir, "loadctl-tune-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
