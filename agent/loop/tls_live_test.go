package loop

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
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
	got := live(t, s, serveTLS(t, hello, nil), overTLS(t, s), Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: late})
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

// inTurn has each request wait for the answer to the one before, however long a busy
// machine takes to give it.
func inTurn(text string) string {
	return strings.Replace(text, "max_lag: 15s", "max_lag: 15s, max_vus: 1", 1)
}

// TestSessionsAreResumed: each connection after the first takes up a session where
// the scenario wants it, and the counts say so.
func TestSessionsAreResumed(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for options, want := range map[string]uint64{"": 19, ", resume: false": 0} {
			t.Run(tls.VersionName(version)+options, func(t *testing.T) {
				t.Parallel()
				config := withCertificate(trusted().issue(nil))
				config.MaxVersion = version
				s := parse(t, inTurn(overHTTPS("{get: /x}", options)))
				got := live(t, s, rawServer(t, privately(config, answering(closing))), overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
				expect(t, got, stats.OK, "")
				if p := &got.total.Phases[0]; p.TLSHandshakes != 20 || p.TLSResumed != want {
					t.Errorf("%d handshakes, %d resumed; want 20 and %d", p.TLSHandshakes, p.TLSResumed, want)
				}
			})
		}
	}
}

// TestWhatTheServerSees: the name asked for, the protocol offered and the client's
// certificate, whatever authorities the server lists.
func TestWhatTheServerSees(t *testing.T) {
	s := parse(t, overHTTPS("{get: /x}", ", server_name: localhost, cert_file: c, key_file: k"))
	addr := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.ServerName != "localhost" || r.TLS.NegotiatedProtocol != "http/1.1" || len(r.TLS.PeerCertificates) != 1 || r.ProtoMajor != 1 {
			w.WriteHeader(http.StatusTeapot)
		}
	}, func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAnyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(strange().cert)
		c.NextProtos = []string{"h2", "http/1.1"}
	})
	expect(t, live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late}), stats.OK, "")
}

// TestLargeBodiesOverTLS: requests and answers of many records, of which the socket
// takes and gives parts.
func TestLargeBodiesOverTLS(t *testing.T) {
	body, answer := strings.Repeat("y", 1<<19), strings.Repeat("z", 1<<20)
	s := parse(t, overHTTPS(`{post: /x, body: "`+body+`", check: [{body: {contains: "zzz!"}}]}`, ""))
	addr := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Millisecond)
		if got, err := io.ReadAll(r.Body); err != nil || string(got) != body {
			w.WriteHeader(http.StatusTeapot)
		}
		for i := range 64 {
			_, _ = io.WriteString(w, answer[i<<14/2:(i+1)<<14/2])
		}
		_, _ = io.WriteString(w, "zzz!")
	}, nil)
	got := live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
	expect(t, got, stats.OK, "")
	c := &got.total.Cells[0]
	if out := c.BytesOut / 20; out < 1<<19 || out > 1<<19+500 {
		t.Errorf("%d bytes out a request, want those of HTTP", out)
	}
}

// TestHeldOverTLS: held connections are open after their handshake, beat, and take
// the tickets that come before anything is asked.
func TestHeldOverTLS(t *testing.T) {
	s := parse(t, `
version: 1
name: held
target: {base_url: "https://127.0.0.1:1", tls: {ca_file: ca.pem}}
users:
  u: {tasks: {beat: {steps: [{get: /beat}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: 50, hold: 3s, heartbeat: {task: beat, every: 200ms}}
`)
	got := live(t, s, serveTLS(t, hello, nil), overTLS(t, s), Begin{}, End{At: 3200 * time.Millisecond}, Drain{At: 3300 * time.Millisecond, Deadline: late})
	got.checkIdentity(t, s)
	p := &got.total.Phases[0]
	if p.ConnOpened != 50 || p.TLSHandshakes != 50 || p.ConnDropped != 0 || p.ConnFailed != 0 {
		t.Errorf("phase %+v", p)
	}
	if p.HeartbeatsSent < 100 || p.HeartbeatsAnswered != p.HeartbeatsSent {
		t.Errorf("%d heartbeats, %d answered", p.HeartbeatsSent, p.HeartbeatsAnswered)
	}
}

// TestKeysOfTheTargetsKind: key exchanges that the target does not take are offered
// once; those it takes, always.
func TestKeysOfTheTargetsKind(t *testing.T) {
	for name, test := range map[string]struct {
		takes []tls.CurveID
		later bool
	}{
		"plain":                       {[]tls.CurveID{tls.X25519, tls.CurveP256}, false},
		"against quantum computers":   {nil, true},
		"plain, and not what is sent": {[]tls.CurveID{tls.CurveP384}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var offered []bool
			config := withCertificate(trusted().issue(nil))
			config.CurvePreferences = test.takes
			config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				mu.Lock()
				defer mu.Unlock()
				offered = append(offered, slices.Contains(h.SupportedCurves, tls.X25519MLKEM768))
				return nil, nil
			}
			s := parse(t, inTurn(overHTTPS("{get: /x}", "")))
			expect(t, live(t, s, rawServer(t, privately(config, answering(closing))), overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late}), stats.OK, "")
			mu.Lock()
			defer mu.Unlock()
			if want := append([]bool{true}, slices.Repeat([]bool{test.later}, 19)...); !slices.Equal(offered, want) {
				t.Errorf("offered %v, want %v", offered, want)
			}
		})
	}
}
