package upstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func decode(w *httptest.ResponseRecorder, to any) {
	if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
		panic(err)
	}
}

func post(s *Simulator, form string) *httptest.ResponseRecorder {
	return send(s, httptest.NewRequest("POST", "/-/upstream", strings.NewReader(form)))
}

func TestSettingsAreToldAndChanged(t *testing.T) {
	s := New(Config{Settings: Settings{Delay: Fixed(time.Millisecond), Seed: 1}})
	want := Told{Delay: "pareto:min=1ms,alpha=3", Seed: 9, ErrorRate: 0.5, ResetRate: 0.25, RateLimit: 2.5, RateBurst: 7, SlowBytes: 1000, BodyBytes: 500}
	const form = "delay=pareto:min=1ms,alpha=3&seed=9&error-rate=0.5&reset_rate=0.25&rate_limit=2.5&rate-burst=7&slow-bytes=1000&body_bytes=500"
	var got, again Told
	if w := post(s, form); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	} else if decode(w, &got); got != want {
		t.Errorf("%+v", got)
	}
	if decode(ask(s, "GET", "/-/upstream"), &again); again != want {
		t.Errorf("%+v", again)
	}
	if st := s.Stats(); st.Delay != want.Delay || st.Probes != 2 || st.Requests != 0 {
		t.Errorf("%+v", st)
	}
	// A limit without a burst has its own, and the query counts as the form does.
	w := send(s, httptest.NewRequest("POST", "/-/upstream?rate-limit=2.5", nil))
	if decode(w, &got); got.RateBurst != 3 {
		t.Errorf("a burst of %d", got.RateBurst)
	}
	if decode(post(s, "rate-limit=0"), &got); got.RateBurst != 0 || got.RateLimit != 0 {
		t.Errorf("%+v", got)
	}
	if w := ask(s, "PUT", "/-/upstream"); w.Code != 405 || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d", w.Code)
	}
}

func TestMistakesChangeNothing(t *testing.T) {
	s := New(Config{Settings: Settings{BodyBytes: 300}})
	for form, want := range map[string][]string{
		"body-bytes=500&dealy=1ms":                                   {"dealy: there is no such setting (did you mean delay?); there are body-bytes, delay,"},
		"body-bytes=500&delay=weibul:1ms&error-rate=2&reset-rate=no": {`delay "weibul:1ms": unknown law "weibul"`, "error-rate: must be between 0 and 1, got 2", `reset-rate: "no" is no number`},
		"body-bytes=500&delay=lognorml:p50=1ms,p99=2ms":              {"did you mean lognormal?"},
		"body-bytes=500&rate-burst=5":                                {"rate-burst: needs a rate-limit"},
		"body-bytes=500&rate-limit=-1&slow-bytes=1.5":                {"rate-limit: must be 0 for no limit, or between 0.001 and 1000000, got -1", `slow-bytes: "1.5" is no whole number`},
		"body-bytes=99999999999":                                     {"body-bytes: must be between 0 and 67108864"},
		"body-bytes=500&seed=-1&freeze-for=-1s":                      {`seed: "-1" is no whole number from 0`, "freeze-for: must not be negative"},
		"body-bytes=500&freeze-for=soon&freeze-at=25h":               {`freeze-for: "soon" is no duration`, "freeze-at: must be at most 24h"},
		"body-bytes=500&body_bytes=600":                              {"body-bytes: is there twice"},
		"body-bytes=500&error-rate=NaN":                              {"error-rate: must be between"},
		"body-bytes=500&%":                                           {"reading the form"},
		"body-bytes=" + strings.Repeat("1", longestForm):             {"reading the form: it is cut off, or too long"},
	} {
		w := post(s, form)
		for _, part := range want {
			if !strings.Contains(readable(w), part) || w.Code != 400 {
				t.Errorf("%.80s: %d %s\ndoes not say %q", form, w.Code, w.Body, part)
			}
		}
	}
	if got := s.Told(); got.BodyBytes != 300 || got.Frozen {
		t.Errorf("%+v", got)
	}
}

func readable(w *httptest.ResponseRecorder) string {
	var said struct{ Detail string }
	decode(w, &said)
	return said.Detail
}

// TestMistakesComeInOrder: the same form is answered the same way each time.
func TestMistakesComeInOrder(t *testing.T) {
	s := New(Config{})
	first := s.Change("a=1&b=2&c=3&seed=x&delay=y&error-rate=z").Error()
	for range 50 {
		if again := s.Change("error-rate=z&delay=y&seed=x&c=3&b=2&a=1").Error(); again != first {
			t.Fatalf("first\n%s\nand then\n%s", first, again)
		}
	}
}

// TestANewSeedBeginsAnew: the same seed given again changes nothing of the sequence.
func TestANewSeedBeginsAnew(t *testing.T) {
	luck := func(s *Simulator) (codes string) {
		for range 20 {
			codes += fmt.Sprint(ask(s, "GET", "/items/1").Code/100, " ")
		}
		return codes
	}
	s := New(Config{Settings: Settings{Seed: 5, ErrorRate: 0.5}})
	first, second := luck(s), luck(s)
	for _, c := range []struct{ form, want string }{{"seed=6", ""}, {"seed=5", first}, {"seed=5", second}} {
		if err := s.Change(c.form); err != nil {
			t.Fatal(err)
		}
		if got := luck(s); c.want != "" && got != c.want {
			t.Errorf("after %s: %s, want %s", c.form, got, c.want)
		}
	}
}

// TestChangesAreWholeWhileRequestsAreUnderWay: every answer is by one form or another,
// never by parts of two, and none is lost.
func TestChangesAreWholeWhileRequestsAreUnderWay(t *testing.T) {
	s := New(Config{Settings: Settings{BodyBytes: 300}})
	forms := []string{
		"delay=queue:servers=2,service=exponential:20us&body-bytes=300&error-rate=0&seed=1",
		"delay=exponential:20us&body-bytes=400&error-rate=0&seed=2&slow-bytes=0",
		"delay=0&body-bytes=500&error-rate=1&seed=3&slow-bytes=10000000",
		"delay=queue:servers=5,service=fixed:10us&body-bytes=600&freeze-for=1ms&seed=4&error-rate=0",
	}
	const askers, each = 8, 200
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for range each {
				w := ask(s, "GET", "/items/1")
				switch size := w.Body.Len(); {
				case w.Code == 500:
				case w.Code != 200 || size != 300 && size != 400 && size != 600:
					t.Errorf("%d with %d bytes", w.Code, size)
				}
			}
		})
	}
	for n := range 2 {
		all.Go(func() {
			for i := range 100 {
				var told Told
				decode(post(s, forms[(i+n)%len(forms)]), &told)
				if size := map[uint64]int{1: 300, 2: 400, 3: 500, 4: 600}[told.Seed]; told.BodyBytes != size {
					t.Errorf("half of a form: %+v", told)
				}
				s.Stats()
			}
		})
	}
	all.Wait()
	if st := s.Stats(); st.Served+st.Failed != askers*each || st.Requests != askers*each || st.InFlight != 0 || st.Inside != 0 {
		t.Errorf("%+v", st)
	}
}

func TestWhoMayChangeSettings(t *testing.T) {
	for _, c := range []struct {
		token, from, header, value, method, path string
		want                                     int
	}{
		{"", "127.0.0.1:1", "", "", "POST", "/-/upstream", 200},
		{"", "[::1]:1", "", "", "POST", "/-/upstream", 200},
		{"", "[::ffff:127.0.0.1]:1", "", "", "POST", "/-/start", 200},
		{"", "192.0.2.1:1", "", "", "GET", "/-/upstream", 200},
		{"", "192.0.2.1:1", "", "", "GET", "/-/stats", 200},
		{"", "192.0.2.1:1", "", "", "POST", "/-/upstream", 403},
		{"", "192.0.2.1:1", "", "", "POST", "/-/start", 403},
		{"", "192.0.2.1:1", "Loadctl-Probe", "1", "POST", "/-/upstream", 403},
		{"", "127.0.0.1:1", "X-Forwarded-For", "192.0.2.1", "POST", "/-/upstream", 403},
		{"", "127.0.0.1:1", "Origin", "http://elsewhere.example", "POST", "/-/upstream", 403},
		{"sesame", "127.0.0.1:1", "", "", "POST", "/-/upstream", 401},
		{"sesame", "127.0.0.1:1", "", "", "GET", "/-/upstream", 401},
		{"sesame", "127.0.0.1:1", "", "", "POST", "/-/start", 401},
		{"sesame", "127.0.0.1:1", "Authorization", "Bearer open", "POST", "/-/upstream", 401},
		{"sesame", "127.0.0.1:1", "Authorization", "sesame", "POST", "/-/upstream", 401},
		{"sesame", "192.0.2.1:1", "Authorization", "Bearer sesame", "POST", "/-/upstream", 200},
		{"sesame", "192.0.2.1:1", "Authorization", "bearer sesame", "GET", "/-/upstream", 200},
		{"sesame", "192.0.2.1:1", "", "", "GET", "/-/stats", 200},
	} {
		s := New(Config{AdminToken: c.token})
		r := httptest.NewRequest(c.method, c.path, strings.NewReader("body-bytes=500"))
		r.RemoteAddr = c.from
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.want || c.want == 401 && w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
		if changed := s.Told().BodyBytes == 500; changed != (c.want == 200 && c.method == "POST" && c.path == "/-/upstream") {
			t.Errorf("%+v: changed is %v", c, changed)
		}
	}
}

// TestResetsAreResets: the client is told of a reset, not of an end, and without a byte.
func TestResetsAreResets(t *testing.T) {
	s := New(Config{Settings: Settings{ResetRate: 1, ErrorRate: 1}})
	srv := httptest.NewServer(s)
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	io.WriteString(c, "GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n")
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if st := s.Stats(); st.Resets != 1 || st.Requests != 0 || st.Failed != 0 {
		t.Errorf("%+v", st)
	}
	if resp, err := http.Get(srv.URL + "/health"); err != nil || resp.StatusCode != 200 {
		t.Errorf("/health: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
}

// TestResetRate is that of the seed's sequence, apart from that of errors; a client in Go
// repeats those of kept connections, so that it sees fewer than were sent.
func TestResetRate(t *testing.T) {
	s := New(Config{Settings: Settings{ResetRate: 0.2, ErrorRate: 0.5, Seed: 3}})
	srv := httptest.NewServer(s)
	defer srv.Close()
	client := srv.Client()
	var seen uint64
	const asked = 1000
	for range asked {
		resp, err := client.Get(srv.URL + "/items/1")
		if err != nil {
			seen++
			continue
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	st := s.Stats()
	all := float64(st.Resets + st.Requests)
	if got := float64(st.Resets) / all; math.Abs(got-0.2) > 0.04 {
		t.Errorf("%d of %g were reset", st.Resets, all)
	}
	if got := float64(st.Failed) / float64(st.Requests); math.Abs(got-0.5) > 0.05 {
		t.Errorf("%d of %d failed", st.Failed, st.Requests)
	}
	if st.Requests != asked-seen || seen >= st.Resets {
		t.Errorf("%d answered of %d, %d errors seen of %d resets", st.Requests, asked, seen, st.Resets)
	}
}
