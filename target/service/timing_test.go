package service

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// told reads a Server-Timing header.
func told(t *testing.T, header string) map[string]time.Duration {
	t.Helper()
	all := map[string]time.Duration{}
	for part := range strings.SplitSeq(header, ", ") {
		name, text, ok := strings.Cut(part, ";dur=")
		ms, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			t.Fatalf("%q in %q", part, header)
		}
		all[name] = time.Duration(ms * float64(time.Millisecond))
	}
	return all
}

func TestAnswersTellWhereTheirTimeWent(t *testing.T) {
	const long = 40 * time.Millisecond
	s, _ := newService(t, with(upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/related/") {
			time.Sleep(long)
		}
		echo(w, r)
	}), "work", "2ms"))
	began := time.Now()
	w := ask(s, "GET", "/items/1")
	took := time.Since(began)
	got := told(t, w.Header().Get("Server-Timing"))
	if got["upstream"] < long || got["work"] < 2*time.Millisecond {
		t.Errorf("the longer branch is not told: %v", got)
	}
	var sum time.Duration
	for _, d := range got {
		sum += d
	}
	if sum > took || sum < long+2*time.Millisecond { // more than it took: a branch was counted twice
		t.Errorf("%v are %s, of %s", got, sum, took)
	}
}

func TestDatabaseAndCacheAreTold(t *testing.T) {
	s, _ := onShelf(t)
	got := told(t, ask(s, "GET", "/items/7/detail").Header().Get("Server-Timing"))
	if got["dbpool"] != 2*time.Millisecond || got["db"] != 3*time.Millisecond {
		t.Errorf("%v", got)
	}
	if h := ask(s, "GET", "/health").Header().Get("Server-Timing"); h != "" {
		t.Errorf("/health tells %s", h)
	}
	s, _ = onShelf(t, "server_timing", "false")
	if h := ask(s, "GET", "/items/7/detail").Header().Get("Server-Timing"); h != "" {
		t.Errorf("asked not to, it tells %s", h)
	}
}

// Who waits for another's load waits for the cache.
func TestWaitingForAnothersLoadIsTold(t *testing.T) {
	hold := make(chan struct{})
	s, shared := newService(t, with(upstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-hold
		echo(w, r)
	}), "cache", "memory"))
	answers := make(chan *httptest.ResponseRecorder, 2)
	for range 2 {
		go func() { answers <- ask(s, "GET", "/cached/items/1") }()
	}
	for shared.Stats().InFlight < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	close(hold)
	for range 2 {
		w := <-answers
		got := told(t, w.Header().Get("Server-Timing"))
		part, waited := map[string]string{"miss": "upstream", "coalesced": "cache"}[w.Header().Get("X-Cache")]
		if waited && got["app"] > got[part] { // a hit was too late to wait
			t.Errorf("%s: %v", w.Header().Get("X-Cache"), got)
		}
	}
}

func TestThePoolHasATimeOutOfItsOwn(t *testing.T) {
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	s, shared := newService(t, with(upstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-hold
		echo(w, r)
	}), "upstream_max_connections", "2", "upstream_pool_timeout", "30ms"))
	var first sync.WaitGroup
	first.Go(func() {
		if w := ask(s, "GET", "/items/1"); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	for shared.Stats().Upstream.InUse < 2 {
		time.Sleep(time.Millisecond)
	}
	w := ask(s, "GET", "/items/2")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "within 30ms") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := told(t, w.Header().Get("Server-Timing")); got["pool"] < 30*time.Millisecond {
		t.Errorf("waited %v", got)
	}
	release()
	first.Wait()
	if up := shared.Stats().Upstream; up.Waits == 0 || up.Wait.Sum < 30*time.Millisecond || up.Timeouts == 0 || up.InUse != 0 {
		t.Errorf("%+v", up)
	}
}

func TestSettingsAreAppliedToWhatComes(t *testing.T) {
	s, shared := newService(t, with(upstream(t, echo)))
	ask(s, "GET", "/items/1")
	changed, err := s.now.Load().With(map[string]string{"upstream_max_connections": "1", "upstream": upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`"other"`)) })})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(changed); err != nil {
		t.Fatal(err)
	}
	if w := ask(s, "GET", "/items/1"); !strings.Contains(w.Body.String(), `"other"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := shared.Stats().Upstream; got.Waits != 1 { // two calls, one connection
		t.Errorf("%+v", got)
	}
}
