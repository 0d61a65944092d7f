package service

import (
	"net/http"
	"sync"
	"testing"

	"github.com/loadctl/loadctl/target/knobs"
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
	s, shared := newService(t, with(url, "upstream_max_connections", "2"))
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
	if err := s.Apply(changed(t, s, "upstream_max_connections", "4")); err != nil {
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
	before := s.now.Load().pool
	if err := s.Apply(changed(t, s, "upstream_timeout", "1s")); err != nil {
		t.Fatal(err)
	}
	if s.now.Load().pool != before {
		t.Error("a pool was replaced whose limits stay")
	}
	if st := shared.Stats().Upstream; st.InUse != 0 || st.Calls != 6 {
		t.Errorf("%+v", st)
	}
}

// changed are the settings of a service but for one.
func changed(t *testing.T, s *Service, name, value string) knobs.Settings {
	t.Helper()
	to, err := s.now.Load().With(map[string]string{name: value})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
