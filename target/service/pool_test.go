package service

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// The one host that is called has the lower of both limits, and waiting for that is
// waiting for the pool.
func TestTheLimitOfAHostIsOneOfThePool(t *testing.T) {
	hold := make(chan struct{})
	s, shared := newService(t, with(upstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-hold
		echo(w, r)
	}), "upstream_max_per_host", "2", "upstream_pool_timeout", "30ms"))
	var first sync.WaitGroup
	first.Go(func() { ask(s, "GET", "/items/1") })
	for shared.Stats().Upstream.InUse < 2 {
		time.Sleep(time.Millisecond)
	}
	if w := ask(s, "GET", "/items/2"); w.Code != 503 || !strings.Contains(w.Body.String(), "No upstream connection became free within 30ms") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(hold)
	first.Wait()
	if up := shared.Stats().Upstream; up.Waits != 2 || up.Wait.Sum < 30*time.Millisecond {
		t.Errorf("%+v", up)
	}
}

// Without a time-out of its own the pool is waited for as long as a call may take.
func TestWhoWaitedForThePoolIsToldSo(t *testing.T) {
	hold := make(chan struct{})
	s, shared := newService(t, with(upstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-hold
		echo(w, r)
	}), "upstream_max_connections", "2", "upstream_timeout", "10s"))
	var first sync.WaitGroup
	first.Go(func() { ask(s, "GET", "/items/1") })
	for shared.Stats().Upstream.InUse < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Apply(changed(t, s, "upstream_timeout", "30ms")); err != nil {
		t.Fatal(err)
	}
	if w := ask(s, "GET", "/items/2"); w.Code != 503 || !strings.Contains(w.Body.String(), "No upstream connection became free within 30ms") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(hold)
	first.Wait()
}

func TestAnotherUpstreamLeavesNoConnectionBehind(t *testing.T) {
	s, shared := newService(t, with(upstream(t, echo)))
	ask(s, "GET", "/items/1")
	if err := s.Apply(changed(t, s, "upstream", upstream(t, echo))); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); shared.Stats().Upstream.Open > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still open: %+v", shared.Stats().Upstream)
		}
	}
}

// Of one load that failed, for whom all who asked meanwhile waited, one failure is counted.
func TestAFailedLoadIsCountedOnce(t *testing.T) {
	hold := make(chan struct{})
	s, shared := newService(t, with(upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		<-hold
		w.WriteHeader(http.StatusInternalServerError)
	}), "cache", "memory"))
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if w := ask(s, "GET", "/cached/items/1"); w.Code != 502 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	for shared.Stats().InFlight < 5 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // they are at the cache
	close(hold)
	all.Wait()
	if up := shared.Stats().Upstream; up.Failed["bad_status"] > up.Calls {
		t.Errorf("%d calls, %v", up.Calls, up.Failed)
	}
}
