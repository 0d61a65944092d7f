package upstream

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func draws(d Delay, seed uint64, n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = d.Draw(seed, uint64(i))
	}
	return all
}

func TestDelaysFollowTheirLaw(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		spec     string
		p50, p99 time.Duration
	}{
		{"fixed:5ms", 5 * time.Millisecond, 5 * time.Millisecond},
		{"5ms", 5 * time.Millisecond, 5 * time.Millisecond},
		{"lognormal:p50=3ms,p99=20ms", 3 * time.Millisecond, 20 * time.Millisecond},
		{"exponential:mean=10ms", 6931472, 46051702}, // mean·ln 2, mean·ln 100
	} {
		d, err := ParseDelay(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		all := draws(d, 7, n)
		slices.Sort(all)
		for got, want := range map[time.Duration]time.Duration{all[n/2]: c.p50, all[n*99/100]: c.p99} {
			if math.Abs(float64(got-want)) > 0.02*float64(want) {
				t.Errorf("%s: %s, want %s within 2 %%", c.spec, got, want)
			}
		}
	}
}

func TestDelaysRepeatWithTheSeedOnly(t *testing.T) {
	d := Exponential(time.Millisecond)
	if !slices.Equal(draws(d, 1, 100), draws(d, 1, 100)) {
		t.Error("the same seed gives other delays")
	}
	if slices.Equal(draws(d, 1, 100), draws(d, 2, 100)) {
		t.Error("another seed gives the same delays")
	}
}

func TestParseDelayRoundTripsAndRefuses(t *testing.T) {
	for _, spec := range []string{"fixed:0s", "fixed:2ms", "exponential:mean=5ms", "lognormal:p50=3ms,p99=20ms"} {
		if d, err := ParseDelay(spec); err != nil || d.String() != spec {
			t.Errorf("%s: %s, %v", spec, d, err)
		}
	}
	for spec, part := range map[string]string{
		"weibull:1ms": "unknown law", "5": "no duration", "fixed:-1ms": "negative",
		"lognormal:p50=3ms": "p99 is missing", "lognormal:p50=0,p99=1ms": "p50 must be > 0",
		"lognormal:p50=3ms,p99=1ms": "must not be below", "lognormal:p50=1ms,p99=2ms,p9=1s": "takes only p50, p99",
	} {
		if _, err := ParseDelay(spec); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v does not say %q", spec, err, part)
		}
	}
	if d, err := ParseDelay(""); err != nil || d.At(0.999) != 0 {
		t.Errorf("nothing: %s, %v", d, err)
	}
}

func TestLeave(t *testing.T) {
	f := Freeze{At: 30 * time.Second, For: 2 * time.Second}
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
		if got := f.Leave(c.came, c.service); got != c.leaves {
			t.Errorf("came %s for %s: leaves %s, want %s", c.came, c.service, got, c.leaves)
		}
	}
	if got := (Freeze{}).Leave(0, ms(3)); got != ms(3) {
		t.Errorf("without a freeze: %s", got)
	}
}

func ask(s *Simulator, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

// A 60 s run of 1000/s with a freeze of 2 s: the percentiles a truthful client sees.
func TestFreezeGivesTheDelaysOfTheFormula(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Delay: Fixed(time.Millisecond), Freeze: Freeze{At: 30 * time.Second, For: 2 * time.Second}})
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
	s := New(Config{ErrorRate: 0.1, Seed: 3})
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
