//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An issuer signs the certificates of a test; its files lie in dir.
type issuer struct {
	t    *testing.T
	dir  string
	of   string // the address that certificates are for
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, dir: t.TempDir(), of: ownAddress()}
	i.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	i.key = i.write("ca", i.cert)
	return i
}

// issue writes NAME.pem and NAME.key, good until a moment.
func (i *issuer) issue(name string, until time.Time) {
	i.write(name, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(i.of)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

func (i *issuer) write(name string, c *x509.Certificate) *ecdsa.PrivateKey {
	i.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	signer := i.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, i.cert, &key.PublicKey, signer)
	if err != nil {
		i.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		i.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(i.dir, name+file), pem.EncodeToMemory(block), 0o600); err != nil {
			i.t.Fatal(err)
		}
	}
	return key
}

const tlsServer = `
daemon off; pid nginx.pid; error_log stderr crit; worker_processes 1;
events { worker_connections 1000; }
http {
  access_log off; keepalive_requests 1000000;
  client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
  ssl_certificate %[1]s/server.pem; ssl_certificate_key %[1]s/server.key; ssl_protocols TLSv1.3;
  server {
    listen %[2]s ssl;
    ssl_client_certificate %[1]s/ca.pem; ssl_verify_client on;
    location / { default_type application/json; return 200 '{"client": "$ssl_client_s_dn"}'; }
    location /once { access_log once.log; keepalive_timeout 0; return 200 'once'; }
  }
}
`

// A tlsTarget is nginx, which wants a client's certificate.
type tlsTarget struct {
	*proc
	addr string
}

func startTLS(t *testing.T, i *issuer) tlsTarget {
	t.Helper()
	lis, err := net.Listen("tcp", net.JoinHostPort(i.of, "0"))
	if err != nil {
		t.Fatal(err)
	}
	addr := lis.Addr().String()
	lis.Close() // nobody else binds to that address
	home := t.TempDir()
	file := filepath.Join(home, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, tlsServer, i.dir, addr), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startCommand(t, home, exec.Command("nginx", "-p", home, "-c", file))
	eventually(t, 30*time.Second, "nginx listens", func() bool {
		p.goesOn()
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return tlsTarget{p, addr}
}

// reload has it read its certificate again.
func (s tlsTarget) reload() { s.signal(syscall.SIGHUP) }

// answered is how many requests for /once it has answered, by its log.
func (s tlsTarget) answered() int {
	log, _ := os.ReadFile(filepath.Join(s.cmd.Dir, "once.log"))
	return bytes.Count(log, []byte("\n"))
}

// tlsFigures are what a summary says of TLS.
type tlsFigures struct {
	Connections struct {
		Handshakes int64 `json:"tls_handshakes"`
		Resumed    int64 `json:"tls_resumed"`
	} `json:"connections"`
	TLS    times `json:"tls_ms"`
	Errors []struct {
		Kind   string  `json:"kind"`
		Count  int64   `json:"count"`
		FirstS float64 `json:"first_s"`
		LastS  float64 `json:"last_s"`
	} `json:"errors"`
}

func (f finished) tls(t *testing.T) (s tlsFigures) {
	t.Helper()
	readJSON(t, filepath.Join(f.dir, "summary.json"), &s)
	return s
}

const tlsScenario = `
version: 1
target: {base_url: "https://%s", tls: {%s}}
users: {u: {tasks: {t: {steps: [{get: %s, check: [{body: {contains: "%s"}}]}]}}}}
phases: [%s]
`

// TestTLS: nginx wants a client's certificate. Sessions are taken up or not as asked,
// what fails is named, and the key is nowhere afterwards.
func TestTLS(t *testing.T) {
	need(t, "nginx")
	i := newIssuer(t)
	i.issue("server", time.Now().Add(time.Hour))
	i.issue("client", time.Now().Add(time.Hour))
	target := startTLS(t, i)
	write := func(options, path, want, phases string) {
		text := fmt.Sprintf(tlsScenario, target.addr, options, path, want, phases)
		if err := os.WriteFile(filepath.Join(i.dir, "tls.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const ours = "ca_file: ca.pem, cert_file: client.pem, key_file: client.key"
	hold := "{name: hold, executor: held-connections, user: u, connections: 60, connect_rate: 60/s, hold: 1s}," +
		" {name: load, executor: constant-arrival-rate, user: u, rate: 200/s, duration: 1s, over: hold, start: {with: hold, after: connected}}"
	for options, least := range map[string]int64{ours: 40, ours + ", resume: false": 0} {
		write(options, "/", "CN=client", hold)
		f := run(t, time.Minute, "run", "--ui", "none", filepath.Join(i.dir, "tls.yaml"))
		f.identity(t)
		s := f.tls(t)
		t.Logf("%s: %+v, handshakes %+v", options, f.summary.Accounting, s.Connections)
		if f.summary.Accounting.OK < 100 || f.summary.Accounting.OK != f.summary.Accounting.Intended {
			t.Errorf("%+v: want every answer to name the client", f.summary.Accounting)
		}
		if c := s.Connections; c.Handshakes != 60 || c.Resumed < least || least == 0 && c.Resumed != 0 || s.TLS.Count != 60 {
			t.Errorf("%s: %+v, %d timed", options, s.Connections, s.TLS.Count)
		}
		report, err := os.ReadFile(filepath.Join(f.dir, "report.html"))
		if err != nil || !bytes.Contains(report, []byte("TLS handshake (new connections)")) || !strings.Contains(f.out, "TLS: 60 handshakes") {
			t.Errorf("the report (%v) or the summary does not show handshakes:\n%s", err, f.out)
		}
		nowhere(t, f.dir, filepath.Join(i.dir, "client.key"))
	}

	// A certificate that expires while the load goes on: it must not meet the probe
	// before the load, and there must be load left for it.
	write(ours+", resume: false", "/once", "once", "{name: load, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 10s}")
	p := start(t, t.TempDir(), "run", "--ui", "none", filepath.Join(i.dir, "tls.yaml"))
	eventually(t, 30*time.Second, "answers to the load", func() bool { p.goesOn(); return target.answered() >= 50 })
	i.issue("server", time.Now().Add(-time.Minute))
	target.reload()
	f := p.finish(time.Minute)
	s := f.tls(t)
	if len(s.Errors) != 1 || s.Errors[0].Kind != "certificate expired" || s.Errors[0].Count < 10 || s.Errors[0].FirstS <= 0 || f.summary.Accounting.OK < 20 {
		t.Errorf("%+v, errors %+v", f.summary.Accounting, s.Errors)
	}

	// And one that is wrong from the start: nothing is loaded.
	refused := start(t, t.TempDir(), "run", "--ui", "none", filepath.Join(i.dir, "tls.yaml"))
	if code := refused.wait(time.Minute); code != 1 || !strings.Contains(refused.stderr.String(), "certificate expired") {
		t.Errorf("exit %d: %s", code, refused.stderr.String())
	}
}

// nowhere fails if a line of a secret file stands in any file of a directory.
func nowhere(t *testing.T, dir, secret string) {
	t.Helper()
	b, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	line := bytes.Split(b, []byte("\n"))[1]
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, line) {
			t.Errorf("%s holds the client's key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
