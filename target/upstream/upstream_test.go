package upstream

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeave: when answers leave around a freeze of two seconds.
func TestLeave(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, c := range []struct{ came, service, leaves time.Duration }{
		{ms(0), ms(1), ms(1)},
		{ms(29990), ms(5), ms(29995)},
		{ms(29999), ms(1), ms(32000)},  // would leave at the very start
		{ms(29990), ms(30), ms(32020)}, // 10 ms before, 20 ms after
		{ms(30000), ms(1), ms(32001)},
		{ms(31999), 0, ms(32000)},
		{ms(32000), ms(1), ms(32001)},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Settings: Settings{Delay: Fixed(c.service)}, Freeze: Freeze{At: 30 * time.Second, For: 2 * time.Second}})
			s.Start()
			began := time.Now()
			time.Sleep(c.came)
			if ask(s, "GET", "/items/1"); time.Since(began) != c.leaves {
				t.Errorf("came %s for %s: leaves %s, want %s", c.came, c.service, time.Since(began), c.leaves)
			}
			time.Sleep(time.Hour) // timers end inside the bubble
		})
	}
}

func ask(s *Simulator, method, path string) *httptest.ResponseRecorder {
	return send(s, httptest.NewRequest(method, path, nil))
}

// send has a request come from this machine.
func send(s *Simulator, r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = "127.0.0.1:9"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// A 60 s run of 1000/s with a freeze of 2 s: the percentiles a truthful client sees.
func TestFreezeGivesTheDelaysOfTheFormula(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Settings: Settings{Delay: Fixed(time.Millisecond)}, Freeze: Freeze{At: 30 * time.Second, For: 2 * time.Second}})
		const n = 60_000
		took := make([]time.Duration, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				began := time.Now()
				if w := ask(s, "GET", "/items/1"); w.Code != 200 {
					t.Error(w.Code)
				}
				took[i] = time.Since(began)
			})
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		slices.Sort(took)
		for rank, want := range map[int]time.Duration{59_400: 1401 * time.Millisecond, 59_940: 1941 * time.Millisecond} {
			if got := took[rank-1]; got < want-3*time.Millisecond || got > want+3*time.Millisecond {
				t.Errorf("rank %d: %s, want %s", rank, got, want)
			}
		}
		if got := s.Stats().Requests; got != n {
			t.Errorf("counted %d of %d", got, n)
		}
	})
}

func TestNothingLeavesWhileFrozenButProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Freeze: Freeze{At: time.Second, For: time.Second}})
		ask(s, "GET", "/-/stats") // a probe does not start the clock
		time.Sleep(10 * time.Second)
		ask(s, "GET", "/health") // this does
		time.Sleep(1500 * time.Millisecond)
		began := time.Now()
		if ask(s, "GET", "/-/stats"); time.Since(began) != 0 || !s.Stats().Frozen {
			t.Errorf("a probe waited %s, frozen %v", time.Since(began), s.Stats().Frozen)
		}
		if ask(s, "GET", "/health"); time.Since(began) != 500*time.Millisecond {
			t.Errorf("waited %s for the rest of the freeze", time.Since(began))
		}
		if ask(s, "POST", "/-/start"); s.Stats().Frozen {
			t.Error("frozen after a new start")
		}
		time.Sleep(1100 * time.Millisecond)
		if !s.Stats().Frozen {
			t.Error("not frozen again")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, "GET", "/items/1", nil)
		began = time.Now()
		if s.ServeHTTP(httptest.NewRecorder(), r); time.Since(began) != time.Millisecond {
			t.Errorf("a request without its client waited %s", time.Since(began))
		}
		time.Sleep(time.Hour) // timers end inside the bubble
	})
}

func TestItemsAndRefusals(t *testing.T) {
	s := New(Config{})
	var item struct{ ID, Kind string }
	w := ask(s, "GET", "/related/a%22b")
	if err := json.Unmarshal(w.Body.Bytes(), &item); err != nil || item.ID != `a"b` || item.Kind != "related" {
		t.Errorf("%s: %+v, %v", w.Body, item, err)
	}
	if n := ask(s, "GET", "/items/12345").Body.Len(); n < 80 || n > 120 {
		t.Errorf("an item has %d bytes", n)
	}
	for path, want := range map[string]int{"/": 404, "/items/": 404, "/items/1/2": 404, "/other/1": 404, "/-/no": 404, "/health": 200} {
		if got := ask(s, "GET", path).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := ask(s, "POST", "/items/1"); got.Code != 405 || got.Header().Get("Allow") != "GET" {
		t.Errorf("POST: %d %v", got.Code, got.Header())
	}
}

func TestErrorRate(t *testing.T) {
	s := New(Config{Settings: Settings{ErrorRate: 0.1, Seed: 3}})
	for range 5000 {
		ask(s, "GET", "/main/1")
	}
	got := s.Stats()
	if n := got.Responses["5xx"]; n < 430 || n > 570 || got.Requests != 5000 {
		t.Errorf("%d of %d failed, want about 500", n, got.Requests)
	}
}

func TestProbesAreCountedApart(t *testing.T) {
	s := New(Config{})
	r := httptest.NewRequest(http.MethodGet, "/items/1", nil)
	r.Header.Set("Loadctl-Probe", "1")
	s.ServeHTTP(httptest.NewRecorder(), r)
	ask(s, "GET", "/-/stats")
	ask(s, "GET", "/items/1")
	if got := s.Stats(); got.Probes != 2 || got.Requests != 1 {
		t.Errorf("%+v", got)
	}
}
