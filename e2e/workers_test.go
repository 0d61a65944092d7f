//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// anew opens a connection for each request. Two workers that make 800 requests a second
// between them, as each request holds two of their upstream connections for 20 ms, are
// busy for 70 % of the time.
const anew = `
version: 1
name: anew
target: {base_url: "%s"}
http: {timeout: 10s}
users:
  reader: {tasks: {item: {steps: [{get: "/items/${rand.int(1, 1000)}", check: [{status: 200}]}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: reader, rate: 560/s, duration: %s, pool: {reuse: none}}
`

func tuned(t *testing.T) (service, string) {
	t.Helper()
	s := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--delay", "fixed:20ms", "--upstream-max-connections", "16")
	return s, s.url
}

// A staff is what a target says of its workers.
type staff struct {
	Starts int
	Master struct {
		Retired, Crashed, Hung, Killed int
		Workers                        int
		Reloads                        int
		Lost                           int64 `json:"lost_at_most"`
	}
	Workers []struct {
		Worker   int
		PID      int
		Requests int64
		Process  struct{ Retiring int }
	}
}

func (s service) staff(t *testing.T) (all staff) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(s.url + "/-/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// serving are the processes that take requests, by slot.
func (s staff) serving() map[int]int {
	pids := map[int]int{}
	for _, w := range s.Workers {
		if w.PID > 0 && w.Process.Retiring == 0 {
			pids[w.Worker] = w.PID
		}
	}
	return pids
}

// settled waits until so many processes were started in all, and so many are there.
func (s service) settled(t *testing.T, starts, living int) (all staff) {
	t.Helper()
	eventually(t, 30*time.Second, fmt.Sprintf("%d workers after %d starts", living, starts), func() bool {
		all = s.staff(t)
		there := 0
		for _, w := range all.Workers {
			if w.PID > 0 {
				there++
			}
		}
		return all.Starts == starts && there == living && len(all.serving()) == living
	})
	return all
}

// asked sends a signal that changes the number of workers: the next one of its kind would
// be the same one until it is obeyed.
func (s service) asked(t *testing.T, sig syscall.Signal, n int) {
	t.Helper()
	s.signal(sig)
	eventually(t, 30*time.Second, fmt.Sprintf("%d workers are asked for", n), func() bool { return s.staff(t).Master.Workers == n })
}

// TestWorkersLoseNothing: reloads, workers that get TERM, and more and fewer of them cost
// no request of a load that opens a connection for each.
func TestWorkersLoseNothing(t *testing.T) {
	target, url := tuned(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(anew, url, "32s")))
	p.into(time.Second)
	starts := 2
	for range 30 {
		target.signal(syscall.SIGHUP)
		starts += 2
		target.settled(t, starts, 2)
	}
	for range 10 {
		for _, pid := range target.staff(t).serving() {
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			break
		}
		starts++
		target.settled(t, starts, 2)
	}
	for n := 3; n <= 8; n++ {
		target.asked(t, syscall.SIGTTIN, n)
	}
	starts += 6
	target.settled(t, starts, 8)
	for n := 7; n >= 2; n-- {
		target.asked(t, syscall.SIGTTOU, n)
	}
	all := target.settled(t, starts, 2)
	p.goesOn()
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	a := f.summary.Accounting
	if failed := a.HTTPError + a.CheckFailed + a.Timeout + a.ConnError + a.Censored; failed > 0 || a.OK == 0 {
		t.Errorf("lost %d: %+v\n%s", failed, a, target.stderr.String())
	}
	if m := all.Master; m.Reloads != 30 || m.Retired != 60+10+6 || m.Crashed+m.Hung+m.Killed > 0 || m.Lost > 0 {
		t.Errorf("the master counted %+v", m)
	}
}

// TestKilledWorkersLoseWhatTheyAnswered: of a load that opens a connection for each
// request, no more fail than killed workers were answering; what waited for them is
// answered by their replacements, within a second.
func TestKilledWorkersLoseWhatTheyAnswered(t *testing.T) {
	target, url := tuned(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(anew, url, "16s")))
	p.into(time.Second)
	for i := range 10 {
		replaced(t, target, i)
	}
	p.goesOn()
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	a, m := f.summary.Accounting, target.staff(t).Master
	failed := a.HTTPError + a.CheckFailed + a.Timeout + a.ConnError + a.Censored
	t.Logf("%d failed, of %d that killed workers were answering", failed, m.Lost)
	if failed > m.Lost || a.OK == 0 || m.Crashed != 10 {
		t.Errorf("%d failed, and the master counted %+v: %+v\n%s", failed, m, a, target.stderr.String())
	}
}

// replaced kills one of the two workers, the i-th kill of all, and waits until its
// replacement has answered a request.
func replaced(t *testing.T, target service, i int) {
	t.Helper()
	before, slot := target.staff(t), i%2
	victim := before.serving()[slot]
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	eventually(t, 30*time.Second, "a replacement answers", func() bool {
		all := target.staff(t)
		for _, w := range all.Workers {
			if w.Worker == slot && w.PID > 0 && w.PID != victim {
				return all.Starts == 3+i && w.Requests > before.Workers[slot].Requests
			}
		}
		return false
	})
	took := time.Since(killed)
	t.Logf("kill %d: a replacement had answered after %s", i+1, took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("its replacement answered %s after the kill", took)
	}
}
