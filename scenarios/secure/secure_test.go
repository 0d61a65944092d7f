package secure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// pair makes a certificate that signs itself, and its key.
func pair(t *testing.T) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func target(options string) *scenarios.Target {
	s, err := scenarios.Parse("x.yaml", []byte(`version: 1
target: {base_url: "https://Shop.test.:8443/x", tls: {`+options+`}}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`), scenarios.Options{})
	if err != nil {
		panic(err)
	}
	return &s.Target
}

// TestFiles: what is wrong in a file is told at the place that names it, and nothing
// of the file itself.
func TestFiles(t *testing.T) {
	cert, key := pair(t)
	_, otherKey := pair(t)
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("secret")})
	files := map[string][]byte{
		"cert": cert, "key": key, "other": otherKey, "both": append(append([]byte{}, cert...), key...),
		"empty": {}, "text": []byte("hello"), "locked": locked,
		"broken": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("secret")}),
	}
	read := func(name string) ([]byte, error) {
		if b, ok := files[name]; ok {
			return b, nil
		}
		return nil, &fs.PathError{Op: "open", Path: "/home/x/" + name, Err: fs.ErrNotExist}
	}
	for options, want := range map[string]string{
		"":                                 "",
		"ca_file: cert":                    "",
		"ca_file: both":                    "",
		"cert_file: cert, key_file: key":   "",
		"cert_file: both, key_file: both":  "",
		"ca_file: none":                    "2:64: tls: ca_file: none: file does not exist",
		"ca_file: empty":                   "2:64: tls: ca_file: empty holds no certificate in PEM",
		"ca_file: key":                     "2:64: tls: ca_file: key holds no certificate in PEM",
		"ca_file: broken":                  "2:64: tls: ca_file: broken holds no certificate in PEM",
		"cert_file: key, key_file: key":    "2:66: tls: cert_file: key holds no certificate in PEM",
		"cert_file: cert, key_file: text":  "2:82: tls: key_file: text: failed to find any PEM data in key input",
		"cert_file: cert, key_file: other": "2:82: tls: key_file: other: private key does not match public key",
		"cert_file: cert, key_file: locked": "2:82: tls: key_file: locked: failed to find PEM block with type ending in \"PRIVATE KEY\"" +
			"|a key with a passphrase",
		"cert_file: a, key_file: b": "2:66: tls: cert_file: a: file does not exist; 2:79: tls: key_file: b: file does not exist",
	} {
		to := target(options)
		f, mistakes := Read(to.TLS, read)
		if len(mistakes) == 0 {
			_, mistakes = Client(to, f)
		}
		var texts []string
		hints := ""
		for _, m := range mistakes {
			texts = append(texts, fmt.Sprintf("%d:%d: %s", m.Line, m.Col, m.Text))
			hints += m.Hint
		}
		text, hint, _ := strings.Cut(want, "|")
		got := strings.Join(texts, "; ")
		if options == "cert_file: cert, key_file: locked" { // the words are crypto/tls's
			got, text = got[:min(len(got), 31)], text[:31]
		}
		if got != text || !strings.Contains(hints, hint) {
			t.Errorf("%s:\n got %s (%s)\nwant %s (%s)", options, got, hints, text, hint)
		}
	}
}

func TestClient(t *testing.T) {
	cert, key := pair(t)
	if c, _ := Client(&scenarios.Target{BaseURL: "http://localhost"}, Files{}); c != nil {
		t.Error("a plain target has a configuration of TLS")
	}
	c, _ := Client(target(""), Files{})
	if c.ServerName != "Shop.test" || c.MinVersion != tls.VersionTLS12 || c.RootCAs != nil || c.InsecureSkipVerify || c.GetClientCertificate != nil {
		t.Errorf("defaults: %+v", c)
	}
	c, _ = Client(target("server_name: other.test, min_version: 1.3, skip_verify: true, cert_file: c, key_file: k"), Files{Cert: cert, Key: key})
	if c.ServerName != "other.test" || c.MinVersion != tls.VersionTLS13 || !c.InsecureSkipVerify {
		t.Errorf("as asked: %+v", c)
	}
	if own, err := c.GetClientCertificate(&tls.CertificateRequestInfo{}); err != nil || len(own.Certificate) != 1 {
		t.Errorf("its certificate: %v, %v", own, err)
	}
}

// TestFault: what cannot be made happen by a server in the tests of the loop.
func TestFault(t *testing.T) {
	for kind, err := range map[string]error{
		NotValid:                      &tls.CertificateVerificationError{Err: x509.SystemRootsError{Err: errors.New("no roots here")}},
		Version:                       errors.New("tls: server selected unsupported protocol version 301"),
		Closed:                        fmt.Errorf("reading: %w", io.ErrUnexpectedEOF),
		Broken:                        errors.New("tls: something new"),
		"TLS alert: unknown alert 99": errors.New("remote error: tls: unknown alert 99"),
	} {
		if got, detail := Fault(err); got != kind || detail != err.Error() {
			t.Errorf("%v is %q, want %q", err, got, kind)
		}
	}
}

// TestDocs: the page on TLS names every kind of fault, and its example is a scenario.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/tls.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, kind := range []string{Expired, NotYetValid, OtherName, Unknown, NotValid, NotTLS, Version, Closed, TimedOut, Truncated, Broken, alert + "…"} {
		if !strings.Contains(page, "`"+kind+"`") {
			t.Errorf("docs/tls.md does not say what %q means", kind)
		}
	}
	_, example, _ := strings.Cut(page, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	s, err := scenarios.Parse("docs/tls.md", []byte(example), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := scenarios.TLS{ServerName: "shop.internal", MinVersion: "1.3", Resume: true}
	got := *s.Target.TLS
	if got.CAFile.Name != "pki/ca.pem" || got.CertFile.Name != "pki/client.pem" || got.KeyFile.Name != "pki/client.key" {
		t.Errorf("files %+v", got)
	}
	if got.CAFile, got.CertFile, got.KeyFile = (scenarios.File{}), (scenarios.File{}), (scenarios.File{}); got != want {
		t.Errorf("got %+v", got)
	}
}
