package loop

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// closing answers and ends the connection, so that every request opens one.
const closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"

// overHTTPS makes a scenario of 20 arrivals of one request over TLS, with time for a
// machine whose cores others use too: a handshake stands in line behind many.
func overHTTPS(step, options string) string {
	return strings.Replace(inTime(steps(step), stats.OK), `"http://127.0.0.1:1"}`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem`+options+`}}`, 1)
}

// privately serves each connection over TLS.
func privately(config *tls.Config, f func(c *peer)) func(c *peer) {
	return func(c *peer) {
		c.Conn = tls.Server(c.Conn, config)
		c.read.Reset(c.Conn)
		f(c)
	}
}

func withCertificate(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}}
}

// answering gives the same answer to every request.
func answering(text string) func(c *peer) {
	return func(c *peer) {
		for c.request() {
			c.write(text)
			if text == closing {
				return
			}
		}
	}
}

// presenting is a server with a certificate of its own.
func presenting(by *issuer, change func(*x509.Certificate)) func(c *peer) {
	return privately(withCertificate(by.issue(change)), answering(closing))
}

// saying sends bytes when something has come, and then waits for the end.
func saying(b string) func(c *peer) {
	return func(c *peer) {
		_, _ = c.Read(make([]byte, 4096))
		c.write(b)
		_, _ = c.Read(make([]byte, 1))
		time.Sleep(20 * time.Millisecond) // closing at once could reset what is under way
	}
}

// handshakeFaults are the ways a handshake can fail.
var handshakeFaults = []struct {
	name, options string
	serve         func() func(c *peer)
	kind          string
}{
	{"expired", "", func() func(*peer) {
		return presenting(trusted(), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	}, secure.Expired},
	{"not yet valid", "", func() func(*peer) {
		return presenting(trusted(), func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	}, secure.NotYetValid},
	{"another name", "", func() func(*peer) {
		return presenting(trusted(), func(c *x509.Certificate) { c.IPAddresses = nil })
	}, secure.OtherName},
	{"another name than server_name", ", server_name: shop.test", func() func(*peer) {
		return presenting(trusted(), nil)
	}, secure.OtherName},
	{"unknown authority", "", func() func(*peer) { return presenting(strange(), nil) }, secure.Unknown},
	{"not for servers", "", func() func(*peer) {
		return presenting(trusted(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	}, secure.NotValid},
	{"plain HTTP", "", func() func(*peer) { return saying("HTTP/1.1 400 Bad Request\r\n\r\n") }, secure.NotTLS},
	{"too old", ", min_version: 1.3", func() func(*peer) {
		c := withCertificate(trusted().issue(nil))
		c.MaxVersion = tls.VersionTLS12
		return privately(c, answering(closing))
	}, secure.Version},
	{"another protocol", "", func() func(*peer) {
		c := withCertificate(trusted().issue(nil))
		c.NextProtos = []string{"acme-tls/1"}
		return privately(c, answering(closing))
	}, "TLS alert: no application protocol"},
	{"wants a certificate", "", func() func(*peer) {
		c := withCertificate(trusted().issue(nil))
		c.ClientAuth = tls.RequireAnyClientCert
		return privately(c, answering(closing))
	}, "TLS alert: certificate required"},
	{"wants another certificate", ", cert_file: c, key_file: k", func() func(*peer) {
		c := withCertificate(trusted().issue(nil))
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		c.ClientCAs.AddCert(strange().cert)
		return privately(c, answering(closing))
	}, "TLS alert: unknown certificate authority"},
	{"says nothing", "", func() func(*peer) { return saying("") }, secure.TimedOut},
	{"closes", "", func() func(*peer) {
		return func(c *peer) { _, _ = c.Read(make([]byte, 4096)) }
	}, secure.Closed},
	{"resets", "", func() func(*peer) { return (*peer).reset }, "connection reset"},
	{"garbage", "", func() func(*peer) { return saying("\x16\x03\x03\x00\x08garbage!") }, secure.Broken},
	{"huge record", "", func() func(*peer) { return saying("\x16\x03\x03\xff\xff") }, secure.Broken},
	{"huge message", "", func() func(*peer) { return saying("\x16\x03\x03\x00\x04\x02\xff\xff\xff") }, secure.Broken},
	{"warnings without end", "", func() func(*peer) {
		return saying(strings.Repeat("\x15\x03\x03\x00\x02\x01\x5a", 1000))
	}, secure.Broken},
	{"a message without end", "", func() func(*peer) {
		return func(c *peer) {
			c.endlessly("\x16\x03\x03\x00\x04\x02\x00\xff\x00", "\x16\x03\x03\x00\x01x", 5*time.Millisecond)
		}
	}, secure.TimedOut},
	{"giant chain", "", func() func(*peer) {
		c := trusted().issue(nil)
		for range 1000 {
			c.Certificate = append(c.Certificate, c.Certificate[0])
		}
		return privately(withCertificate(c), answering(closing))
	}, secure.Broken},
}

// TestHandshakeFaults: each way a handshake can fail has a kind of its own, with
// times and examples, and connections to another address go on as if nothing was.
func TestHandshakeFaults(t *testing.T) {
	for _, test := range handshakeFaults {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := overHTTPS("{get: /x}", test.options)
			if test.kind == secure.TimedOut {
				text = strings.Replace(text, "connect_timeout: 15s", "connect_timeout: 5s", 1)
			}
			s := parse(t, text)
			good := rawServer(t, presenting(trusted(), func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "shop.test") }))
			bad := rawServer(t, test.serve())
			got := live(t, s, good, func(c *Config) {
				overTLS(t, s)(c)
				c.Addrs = []netip.AddrPort{good, bad}
			}, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
			got.checkIdentity(t, s)
			expectFault(t, got, test.kind)
		})
	}
}

// expectFault wants half of the requests to have failed for one reason, and the rest
// to have been answered.
func expectFault(t *testing.T, got *told, kind string) {
	t.Helper()
	c := &got.total.Cells[0]
	if c.Intended != 20 || c.Classes[stats.OK] != 10 || c.Classes[stats.ConnError] != 10 {
		t.Errorf("intended %d, classes %v; want half ok and half conn_error", c.Intended, c.Classes)
	}
	if kind == secure.TimedOut && c.Response.Percentile(50) >= c.Failed.Min() {
		t.Errorf("half of the good ones took %v or more, as long as those that failed", c.Response.Percentile(50))
	}
	i := slices.IndexFunc(got.total.Errors, func(e stats.ErrorGroup) bool { return e.Kind == kind })
	if i < 0 || len(got.total.Errors) != 1 {
		t.Fatalf("errors %+v, want only %q", got.total.Errors, kind)
	}
	e := got.total.Errors[i]
	if e.Count != 10 || e.First >= e.Last || len(e.Samples) < 2 {
		t.Errorf("group %+v", e)
	}
	t.Logf("%s: %s", e.Kind, e.Samples[0].Detail)
}

// tlsEndings are the ways an answer over TLS can end.
var tlsEndings = []struct {
	name, answer string
	end          func(c *peer)
	class        stats.Class
	kind         string
}{
	{"kept alive", helloReply, nil, stats.OK, ""},
	{"closed, said so", closing, farewell, stats.OK, ""},
	{"to the farewell", "HTTP/1.1 200 OK\r\n\r\nhello", farewell, stats.OK, ""},
	{"to the end, without farewell", "HTTP/1.1 200 OK\r\n\r\nhello", hangUp, stats.ConnError, secure.Truncated},
	{"within the body, without farewell", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", hangUp, stats.ConnError, "closed within answer"},
	{"within the body, with farewell", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", farewell, stats.ConnError, "closed within answer"},
	{"whole, without farewell", closing, hangUp, stats.OK, ""},
	{"before the answer", "", hangUp, stats.ConnError, "closed before answer"},
	{"garbage", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", func(c *peer) {
		_, _ = c.Conn.(*tls.Conn).NetConn().Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("g", 32)))
		_, _ = c.Read(make([]byte, 1))
	}, stats.ConnError, secure.Broken},
	{"plain text", "", func(c *peer) {
		_, _ = c.Conn.(*tls.Conn).NetConn().Write([]byte(helloReply))
		_, _ = c.Read(make([]byte, 1))
	}, stats.ConnError, secure.Broken},
	{"huge record", "", func(c *peer) {
		_, _ = c.Conn.(*tls.Conn).NetConn().Write([]byte("\x17\x03\x03\xff\xff"))
		_, _ = c.Read(make([]byte, 1))
	}, stats.ConnError, secure.Broken},
}

func farewell(c *peer) { _ = c.Conn.(*tls.Conn).CloseWrite(); hangUp(c) }

func hangUp(c *peer) { _ = c.Conn.(*tls.Conn).NetConn().(*net.TCPConn).CloseWrite() }

// TestEndingsOverTLS: only the farewell that TLS has ends an answer without a length.
func TestEndingsOverTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, test := range tlsEndings {
			if version == tls.VersionTLS12 && !strings.HasPrefix(test.name, "to the") {
				continue // the farewell is the same; one that lacks is what differs
			}
			t.Run(test.name+" "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				config := withCertificate(trusted().issue(nil))
				config.MinVersion, config.MaxVersion = version, version
				s := parse(t, overHTTPS("{get: /x}", ""))
				addr := rawServer(t, privately(config, func(c *peer) {
					for c.request() {
						c.write(test.answer)
						if test.end != nil {
							test.end(c)
							return
						}
					}
				}))
				got := live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
				got.checkIdentity(t, s)
				expect(t, got, test.class, test.kind)
			})
		}
	}
}
