//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	manyHeld = 50000
	fewFiles = 20000 // of one process: no single one could hold them
)

// TestHold50k holds 50,000 connections at once on this machine, by processes that
// may open 20,000 files each, and compares with the target's own count of open
// connections in the same seconds.
func TestHold50k(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes of load")
	}
	var looks []look
	f := unspoilt(t, func() finished {
		dir := t.TempDir()
		p := startFiles(t, fewFiles, dir, "run", "--ui", "none", repo(t, "scenarios/hold-50k.yaml"))
		url := p.beginning().Target
		fourWorkers(t, url)
		open := watchOpen(url)
		defer func() { looks = open() }()
		manyProcesses(t, p)
		return p.finish(5 * time.Minute)
	})
	f.identity(t)
	c := f.summary.Connections
	t.Logf("connections %+v validity %s %v, exit %d in %s", c, f.summary.Validity.Verdict, f.summary.Validity.Reasons, f.code, f.took)
	if c.Asked != manyHeld || c.HeldMin != manyHeld || c.Dropped != 0 || c.Failed != 0 {
		t.Errorf("connections %+v: want %d held, none dropped, none failed", c, manyHeld)
	}
	if notes := strings.Join(f.summary.Notes, " "); strings.Contains(notes, "those beyond wait") {
		t.Errorf("a worker is said to have been full: %s", notes)
	}
	everyBeat(t, f)
	sameSeconds(t, f, looks)
	if f.code != 0 {
		t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
	}
}

// fourWorkers fails unless so many share the connections, with room for all.
func fourWorkers(t *testing.T, url string) {
	t.Helper()
	var s fullness
	getJSON(t, url+"/-/stats", &s)
	if len(s.Workers) != 4 {
		t.Errorf("%d workers", len(s.Workers))
	}
	for _, w := range s.Workers {
		if w.Process.Cap <= manyHeld/4 || w.Process.Cap > fewFiles {
			t.Errorf("a worker that may open %d files holds %d connections", w.Process.Most, w.Process.Cap)
		}
	}
}

// manyProcesses fails unless every agent and worker is bound by the limit.
func manyProcesses(t *testing.T, p *proc) {
	t.Helper()
	for _, kind := range []string{"agent", "worker"} {
		pids := awaitAtLeast(t, p, kind, (manyHeld+fewFiles-1)/fewFiles)
		t.Logf("%d processes of kind %s", len(pids), kind)
		for _, pid := range pids {
			if n := filesLimit(t, pid); n > fewFiles {
				t.Errorf("%s %d may open %d files, want %d at most", kind, pid, n, fewFiles)
			}
		}
	}
}

func awaitAtLeast(t *testing.T, p *proc, kind string, n int) (pids []int) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%d processes of kind %s", n, kind), func() bool {
		pids = children(t, p.cmd.Process.Pid, kind)
		return len(pids) >= n
	})
	return pids
}

// filesLimit is the hard limit of a process on open files.
func filesLimit(t *testing.T, pid int) (n int64) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b), "Max open files")
	var soft int64
	if _, err := fmt.Sscan(after, &soft, &n); err != nil {
		t.Fatalf("limits of %d: %v\n%s", pid, err, b)
	}
	return n
}

// everyBeat fails unless every heartbeat that was due was answered, and as many
// were due as the scenario asks for: each connection one every 30 s on average,
// from its opening to the end of the hold.
func everyBeat(t *testing.T, f finished) {
	t.Helper()
	a, b, hb := f.summary.Accounting, f.summary.AccountingUnrecorded, f.summary.Heartbeats
	due, ok := a.Intended+b.Intended, a.OK+b.OK
	hold := f.phase(t, "hold")
	lived := *hold.End - *hold.Connected + (*hold.Connected-*hold.Begin)/2
	t.Logf("heartbeats: %d due, %d ok, %d sent, %d answered; each connection lived %.1f s on average", due, ok, hb.Sent, hb.Answered, lived)
	within(t, "heartbeats due", float64(due), manyHeld*lived/30, 0.02)
	if ok != due || hb.Sent != due || hb.Answered != due {
		t.Errorf("%d heartbeats were due: %d ok, %d sent, %d answered", due, ok, hb.Sent, hb.Answered)
	}
}

// sameSeconds compares the sum of connections held, second by second from the last
// connect to the end of the hold, with what the target saw in the same second. The
// target's count must also have climbed with the run's, or nothing would say that
// the two clocks agree.
func sameSeconds(t *testing.T, f finished, looks []look) {
	t.Helper()
	hold, zero, series := f.phase(t, "hold"), f.zero(t), f.series(t)
	begin, connected, end := *hold.Begin, *hold.Connected, *hold.End
	perSecond := float64(manyHeld) / (connected - begin)
	steady, climbing := map[int]bool{}, map[int]bool{}
	for _, l := range looks {
		from, until := l.asked.Sub(zero).Seconds(), l.answered.Sub(zero).Seconds()
		i := int(from)
		if from < 0 || int(until) != i || i >= len(series) {
			continue // the answer could belong to either of two seconds
		}
		held := series[i].Held
		switch {
		case from >= connected && until <= end:
			steady[i] = true
			// The window's own gauge is that of its end, which may be after the hold's.
			if l.open != manyHeld || held != manyHeld && float64(i+1) <= end {
				t.Errorf("%.2f s: the target has %d connections open, the run holds %d", from, l.open, held)
			}
		case from >= begin+1 && until < connected-1:
			climbing[i] = true
			slack := perSecond / 4
			if low, high := float64(series[i-1].Held)-slack, float64(held)+slack; float64(l.open) < low || float64(l.open) > high {
				t.Errorf("%.2f s: the target has %d connections open, the run held %d at the beginning of that second and %d at its end",
					from, l.open, series[i-1].Held, held)
			}
		}
	}
	t.Logf("last connect at %.2f s, end of the hold at %.2f s; compared %d seconds between them, and %d of the climb",
		connected, end, len(steady), len(climbing))
	if len(steady) < 60 || len(climbing) < 5 {
		t.Errorf("compared %d seconds of the hold and %d of the climb: want 60 and 5", len(steady), len(climbing))
	}
}

// A look is the target's count of open connections between two moments.
type look struct {
	asked, answered time.Time
	open            int64
}

// watchOpen asks the target four times a second how many connections it has open.
// Its own are probes, which the target counts apart.
func watchOpen(url string) (stop func() []look) {
	quit := make(chan struct{})
	var looks []look
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				asked := time.Now()
				if n, err := openNow(url); err == nil {
					looks = append(looks, look{asked, time.Now(), n})
				}
			}
		}
	})
	return sync.OnceValue(func() []look { close(quit); wg.Wait(); return looks })
}

func openNow(url string) (int64, error) {
	resp, err := http.Get(url + "/-/stats")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var c counted
	err = json.NewDecoder(resp.Body).Decode(&c)
	return c.Connections, err
}
