package loop

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// serve starts a server of the standard library.
func serve(t testing.TB, h http.HandlerFunc) netip.AddrPort {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://"))
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }

func TestLiveOpen(t *testing.T) {
	s := parse(t, `
version: 1
name: open
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1000/s, duration: 1500ms, arrivals: uniform}
`)
	got := live(t, s, serve(t, hello), nil, Begin{0, 100 * time.Millisecond}, Drain{At: 2 * time.Second, Deadline: late})
	got.checkIdentity(t, s)
	c := got.cell(t, s, "load", "/x")
	if c.Intended != 1500 || c.Classes[stats.OK] != 1500 {
		t.Errorf("intended %d, classes %v; want 1500 ok", c.Intended, c.Classes)
	}
	t.Logf("response p50 %v p99 %v, service p50 %v p99 %v, lag p99 %v", c.Response.Percentile(50), c.Response.Percentile(99), c.Service.Percentile(50), c.Service.Percentile(99), got.total.Phases[0].PacerLag.Percentile(99))
}

func TestLiveClosed(t *testing.T) {
	s := parse(t, `
version: 1
name: closed
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 8, duration: 1500ms}
`)
	got := live(t, s, serve(t, hello), nil, Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: late})
	got.checkIdentity(t, s)
	c := got.cell(t, s, "load", "/x")
	if c.Intended < 100 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("intended %d, classes %v", c.Intended, c.Classes)
	}
	t.Logf("%d requests, response p50 %v", c.Intended, c.Response.Percentile(50))
}
