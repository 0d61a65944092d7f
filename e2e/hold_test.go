//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestHold50k holds 50,000 connections at once on this machine and compares with
// the target's own count of open connections in the same seconds.
func TestHold50k(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes of load")
	}
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "5")
	open := watchOpen(t, target.url)
	f := run(t, 5*time.Minute, "run", "--ui", "none", "--target", target.url, repo(t, "scenarios/hold-50k.yaml"))
	counts := open()
	f.identity(t)
	c, hb := f.summary.Connections, f.summary.Heartbeats
	t.Logf("connections %+v heartbeats %+v validity %s %v, exit %d in %s", c, hb, f.summary.Validity.Verdict, f.summary.Validity.Reasons, f.code, f.took)
	if c.Asked != 50000 || c.HeldMin != 50000 || c.Dropped != 0 || c.Failed != 0 {
		t.Errorf("connections %+v: want 50000 held, none dropped, none failed", c)
	}
	if hb.Sent < 50000 || hb.Sent != hb.Answered {
		t.Errorf("heartbeats sent %d, answered %d", hb.Sent, hb.Answered)
	}
	seconds := 0
	for _, n := range counts {
		if n >= 50000 && n <= 50010 { // the watcher's own connections are probes on the same port
			seconds++
		}
	}
	if seconds < 60 {
		t.Errorf("the target itself saw 50,000 open connections in %d seconds only: %v", seconds, counts)
	}
	if f.code != 0 {
		t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
	}
}

// watchOpen asks the target once a second how many connections it has open.
func watchOpen(t *testing.T, url string) (stop func() []int64) {
	t.Helper()
	quit := make(chan struct{})
	var counts []int64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				if n, err := openNow(url); err == nil {
					counts = append(counts, n)
				}
			}
		}
	})
	return sync.OnceValue(func() []int64 { close(quit); wg.Wait(); return counts })
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
