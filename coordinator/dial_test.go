package coordinator

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios/secure"
)

const privateText = `version: 1
name: t
target: {base_url: "https://%s", tls: {%s}}
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 5s}
`

// TestProbeOverTLS: before a run the target is asked as the agents will ask it, and
// what is wrong is named as the errors of a run name it.
func TestProbeOverTLS(t *testing.T) {
	for _, test := range []struct {
		name, options string
		serve         func(s *httptest.Server)
		want          string
	}{
		{"trusted", "ca_file: ca.pem", (*httptest.Server).StartTLS, ""},
		{"any certificate will do", "skip_verify: true", (*httptest.Server).StartTLS, ""},
		{"unknown authority", "", (*httptest.Server).StartTLS, secure.Unknown + " (tls: "},
		{"another name", "ca_file: ca.pem, server_name: shop.test", (*httptest.Server).StartTLS, secure.OtherName},
		{"plain HTTP", "ca_file: ca.pem", (*httptest.Server).Start, secure.NotTLS},
		{"wants a certificate", "ca_file: ca.pem", func(s *httptest.Server) {
			s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
			s.StartTLS()
		}, "TLS alert: certificate required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			test.serve(server)
			defer server.Close()
			err := newPrivate(t, server, test.options).connectOnce(t.Context(), addressOf(server))
			if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if f, ok := errors.AsType[*secure.Failure](err); err != nil && (!ok || f.Hint() == "") {
				t.Errorf("%v says nothing to do", err)
			}
		})
	}
}

// newPrivate is a coordinator that aims at a server and trusts the authority of those
// that httptest starts.
func newPrivate(t *testing.T, server *httptest.Server, options string) *Coordinator {
	t.Helper()
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	w := newWorld(t, fmt.Sprintf(privateText, addressOf(server), options), &fakeHost{name: "h"})
	w.cfg.TLS.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.Certificate().Raw})
	w.cfg.World.Dial = nil
	c, err := New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func addressOf(s *httptest.Server) netip.AddrPort {
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

// TestProbeWaitsForNobody: a target that accepts and says nothing.
func TestProbeWaitsForNobody(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c := newPrivate(t, &httptest.Server{Listener: lis}, "ca_file: ca.pem")
	if err := c.connectOnce(ctx, netip.MustParseAddrPort(lis.Addr().String())); err == nil || !strings.HasPrefix(err.Error(), secure.TimedOut) {
		t.Errorf("got %v", err)
	}
}

// TestProofOverTLS: a public target answers for itself over TLS too.
func TestProofOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "we-agree") }))
	defer server.Close()
	c := newPrivate(t, server, "ca_file: ca.pem")
	target, err := plan.TargetOf(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := c.askProof(t.Context(), target, addressOf(server))
	if status != http.StatusOK || body != "we-agree" || err != nil {
		t.Errorf("%d %q %v", status, body, err)
	}
}

// TestBadFilesAreUsage: a coordinator is not made with files that cannot serve.
func TestBadFilesAreUsage(t *testing.T) {
	w := newWorld(t, fmt.Sprintf(privateText, "127.0.0.1:1", "ca_file: ca.pem"), &fakeHost{name: "h"})
	w.cfg.TLS.CA = []byte("nothing")
	if _, err := New(w.cfg); err == nil || !strings.Contains(err.Error(), "t.yaml:3:") {
		t.Errorf("got %v", err)
	}
}
