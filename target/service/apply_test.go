package service

import (
	"net/http"
	"sync"
	"testing"
)

// Requests that began keep the pool they began with; new ones have the new limits at once.
func TestApplySwapsThePool(t *testing.T) {
	var mu sync.Mutex
	now := 0
	asked, free := make(chan struct{}, 20), make(chan struct{})
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		mu.Unlock()
		asked <- struct{}{}
		<-free
		mu.Lock()
		now--
		mu.Unlock()
		echo(w, r)
	})
	s, shared := newService(t, by(t, url, "upstream_max_connections", "2"))
	var wg sync.WaitGroup
	request := func() {
		wg.Go(func() {
			if w := ask(s, "GET", "/items/1"); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	request()
	<-asked
	<-asked // the old pool is full
	if err := s.Apply(by(t, url, "upstream_max_connections", "4").Settings); err != nil {
		t.Fatal(err)
	}
	request()
	request()
	for range 4 {
		<-asked
	}
	mu.Lock()
	if now != 6 {
		t.Errorf("%d calls at once", now)
	}
	mu.Unlock()
	close(free)
	wg.Wait()
	before := s.state.Load().pool
	if err := s.Apply(by(t, url, "upstream_max_connections", "4", "upstream_timeout", "1s").Settings); err != nil {
		t.Fatal(err)
	}
	if s.state.Load().pool != before {
		t.Error("a pool was replaced whose limits stay")
	}
	if st := shared.Stats().Upstream; st.InUse != 0 || st.Calls != 6 {
		t.Errorf("%+v", st)
	}
}

func TestAWaitForThePoolHasItsOwnLimit(t *testing.T) {
	free := make(chan struct{})
	asked := make(chan struct{}, 4)
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-free
		echo(w, r)
	})
	s, shared := newService(t, by(t, url, "upstream_max_connections", "2", "upstream_pool_timeout", "50ms"))
	var wg sync.WaitGroup
	wg.Go(func() { ask(s, "GET", "/items/1") })
	<-asked
	<-asked
	if w := ask(s, "GET", "/items/2"); w.Code != 503 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(free)
	wg.Wait()
	if st := shared.Stats().Upstream; st.Timeouts == 0 || st.Timeouts > 2 {
		t.Errorf("%+v", st)
	}
}
