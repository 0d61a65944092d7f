package loop

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// serveTLS starts a server of the standard library with a trusted certificate.
func serveTLS(t testing.TB, h http.HandlerFunc, change func(*tls.Config)) netip.AddrPort {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{trusted().issue(nil)}}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "https://"))
}

const closedTLS = `
version: 1
name: closed
target: {base_url: "https://127.0.0.1:1", tls: {ca_file: ca.pem}}
users:
  u: {tasks: {get: {steps: [{get: /x, check: [{body: {contains: hello}}]}]}}}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 8, duration: 1000ms}
`

func TestLiveClosedTLS(t *testing.T) {
	s := parse(t, closedTLS)
	got := live(t, s, serveTLS(t, hello, nil), overTLS(t, s), Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: 4 * time.Second})
	got.checkIdentity(t, s)
	c, p := got.cell(t, s, "load", "/x"), &got.total.Phases[0]
	if c.Intended < 100 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("intended %d, classes %v, errors %+v", c.Intended, c.Classes, got.total.Errors)
	}
	if p.TLSHandshakes != 8 || p.ConnOpened != 8 || p.TLS.Count() != 8 || p.Connect.Count() != 8 {
		t.Errorf("%d handshakes of %d connections", p.TLSHandshakes, p.ConnOpened)
	}
	t.Logf("%d requests, response p50 %v, connect p50 %v, handshake p50 %v", c.Intended, c.Response.Percentile(50), p.Connect.Percentile(50), p.TLS.Percentile(50))
}
