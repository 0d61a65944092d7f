package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// by is the defaults and a few other settings, name after value.
func by(t testing.TB, upstream string, others ...string) Config {
	t.Helper()
	values := map[string]string{"upstream": upstream}
	for i := 0; i+1 < len(others); i += 2 {
		values[others[i]] = others[i+1]
	}
	s, err := knobs.Defaults().With(values)
	if err != nil {
		t.Fatal(err)
	}
	return Config{Settings: s}
}

func withToken(c Config, token string) Config {
	c.AuthToken = token
	return c
}

func newService(t *testing.T, cfg Config) (*Service, *board.Board) {
	t.Helper()
	shared, err := board.New(2)
	if err != nil {
		t.Fatal(err)
	}
	// The board stays mapped, as in a worker: kept upstream connections close later.
	s := New(cfg, shared, 0)
	s.Slot().Begin(os.Getpid())
	return s, shared
}

func upstream(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func echo(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"path":%q}`, r.URL.Path) }

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestItemCombinesBothCalls(t *testing.T) {
	s, _ := newService(t, by(t, upstream(t, echo)))
	for path, id := range map[string]string{"/items/42": "42", "/items/a%22%20b": `a" b`} {
		w := ask(s, "GET", path)
		var got struct {
			ID      string                `json:"id"`
			Main    struct{ Path string } `json:"main_item"`
			Related struct{ Path string } `json:"related_item"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
		}
		if got.ID != id || got.Main.Path != "/main/"+id || got.Related.Path != "/related/"+id {
			t.Errorf("%s: %+v", path, got)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/json" {
			t.Errorf("content type %q", ct)
		}
	}
}

func TestBothCallsRunAtOnce(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	s, _ := newService(t, by(t, upstream(t, func(w http.ResponseWriter, r *http.Request) {
		both.Done()
		both.Wait() // neither is answered before both are asked
		echo(w, r)
	})))
	if w := ask(s, "GET", "/items/1"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestErrorShapes(t *testing.T) {
	gone := httptest.NewServer(http.HandlerFunc(echo))
	gone.Close()
	slow := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(2 * time.Second):
		}
	}
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "{")
		panic(http.ErrAbortHandler)
	}
	for _, c := range []struct {
		name, url string
		status    int
		detail    string
		why       counts.Failure
	}{
		{"unreachable", gone.URL, 503, "unreachable", counts.Unreachable},
		{"broken off", upstream(t, cut), 503, "unreachable", counts.Unreachable},
		{"time-out", upstream(t, slow), 503, "did not answer within 100ms", counts.TimedOut},
		{"bad status", upstream(t, say(404, "{}")), 502, "404", counts.BadStatus},
		{"redirect", upstream(t, say(302, "")), 502, "302", counts.BadStatus},
		{"no JSON", upstream(t, say(200, "<html>")), 500, "no JSON", counts.Useless},
		{"too large", upstream(t, say(200, strings.Repeat("1", maxBody+1))), 500, "too much", counts.Useless},
	} {
		t.Run(c.name, func(t *testing.T) {
			timeout := "5s"
			if c.why == counts.TimedOut {
				timeout = "100ms"
			}
			s, shared := newService(t, by(t, c.url, "upstream_timeout", timeout))
			w := ask(s, "GET", "/items/1", "X-Request-Id", "mine-1")
			var got problem
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v", w.Body, err)
			}
			if w.Code != c.status || !strings.Contains(got.Detail, c.detail) || got.RequestID != "mine-1" {
				t.Errorf("%d %+v, want %d and %q", w.Code, got, c.status, c.detail)
			}
			st := shared.Stats()
			if st.Upstream.Failed[c.why.String()] != 1 || st.Responses["5xx"] != 1 || st.Requests != 1 {
				t.Errorf("counted %+v", st)
			}
			if st.Upstream.InUse != 0 || st.Upstream.Waiting != 0 {
				t.Errorf("the pool kept %+v", st.Upstream)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	s, shared := newService(t, withToken(by(t, upstream(t, echo)), "word"))
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/health", 200, `{"status":"ok"}`},
		{"HEAD", "/health", 200, ""},
		{"POST", "/health", 405, `"detail":"Method Not Allowed"`},
		{"DELETE", "/items/1", 405, `"request_id":"`},
		{"HEAD", "/items/1", 405, ""},
		{"GET", "/items/", 404, `"detail":"Not Found"`},
		{"GET", "/items/1/2", 404, `"detail":"Not Found"`},
		{"GET", "/", 404, `"detail":"Not Found"`},
	} {
		w := ask(s, c.method, c.path)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
	st := shared.Stats()
	if st.Requests != 8 || st.Probes != 0 || st.Routes["/health"] != 3 || st.Routes["(other)"] != 3 {
		t.Errorf("counted %+v", st)
	}
	if w := ask(s, "GET", wellKnown); w.Code != 200 || w.Body.String() != "word" {
		t.Errorf("token: %d %q", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/-/nothing"); w.Code != 404 {
		t.Errorf("/-/nothing: %d", w.Code)
	}
	if w := ask(s, "GET", "/items/1", "Loadctl-Probe", "1"); w.Code != 200 {
		t.Errorf("probe: %d", w.Code)
	}
	if st := shared.Stats(); st.Requests != 8 || st.Probes != 3 || st.Upstream.Calls != 0 {
		t.Errorf("probes counted %+v", st)
	}
}

func TestNoTokenIsNotFound(t *testing.T) {
	s, _ := newService(t, by(t, "http://127.0.0.1:1"))
	if w := ask(s, "GET", wellKnown); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPoolBoundsTheConnections(t *testing.T) {
	var now, most atomic.Int64
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(2 * time.Millisecond)
		now.Add(-1)
		echo(w, r)
	})
	s, shared := newService(t, by(t, url, "upstream_max_connections", "4"))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if w := ask(s, "GET", "/items/1"); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	pool := shared.Stats().Upstream
	if most.Load() > 4 || pool.Open > 4 || pool.Calls != 100 {
		t.Errorf("%d at once, %+v", most.Load(), pool)
	}
	if pool.Waits == 0 || pool.WaitMS == 0 {
		t.Errorf("nobody waited: %+v", pool)
	}
}

func TestTwoWorkersCountOnOneBoard(t *testing.T) {
	shared, err := board.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	fd, err := syscall.Dup(int(shared.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	other, err := board.Open(os.NewFile(uintptr(fd), "board"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	a, b := New(by(t, "http://127.0.0.1:1"), shared, 0), New(by(t, "http://127.0.0.1:1"), other, 1)
	a.Slot().Begin(11)
	b.Slot().Begin(22)
	b.Slot().ConnOpened()
	for range 3 {
		ask(a, "GET", "/health")
		ask(b, "GET", "/nothing")
	}
	if st := shared.Stats(); st.Requests != 6 || st.Connections != 1 || st.Workers[1].PID != 22 {
		t.Errorf("%+v", st)
	}
	shared.Slot(1).Reset() // the worker died
	if st := other.Stats(); st.Requests != 6 || st.Connections != 0 || st.Workers[1].PID != 0 || st.Accepted != 1 {
		t.Errorf("after a death: %+v", st)
	}
}

func BenchmarkHealth(b *testing.B) {
	shared, err := board.New(1)
	if err != nil {
		b.Fatal(err)
	}
	defer shared.Close()
	s := New(by(b, "http://127.0.0.1:1"), shared, 0)
	r := httptest.NewRequest("GET", "/health", nil)
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(nowhere{http.Header{}}, r)
	}
}

type nowhere struct{ h http.Header }

func (n nowhere) Header() http.Header         { return n.h }
func (n nowhere) WriteHeader(int)             {}
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
