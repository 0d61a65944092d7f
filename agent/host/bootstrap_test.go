package host

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// An authority is a coordinator's side, in short.
type authority struct {
	cert *x509.Certificate
	key  ed25519.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{c, key}
}

func (a *authority) pem(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// answer signs what a line asks for, and gives in whose name that is.
func (a *authority) answer(t *testing.T, line string) (name string, cert []byte) {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(line), "csr "))
	if err != nil {
		t.Fatal(err)
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil || r.CheckSignature() != nil {
		t.Fatalf("%q: %v", line, err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{r.Subject.CommonName}, NotAfter: time.Now().Add(time.Hour)}
	if der, err = x509.CreateCertificate(rand.Reader, c, a.cert, r.PublicKey, a.key); err != nil {
		t.Fatal(err)
	}
	return r.Subject.CommonName, a.pem(der)
}

// told bootstraps a config by a coordinator that says b, and answers by reply.
func told(t *testing.T, c *Config, b *loadctlpb.Bootstrap, reply func(line string) *loadctlpb.Admission) (hangUp func(), err error) {
	t.Helper()
	theirs, ours := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	go func() { // ends with its pipe
		_, _ = protodelim.MarshalTo(ours, b)
		if line, err := bufio.NewReader(ours).ReadString('\n'); err == nil {
			if a := reply(line); a != nil {
				_, _ = protodelim.MarshalTo(ours, a)
				return
			}
		}
		ours.Close()
	}()
	return func() { ours.Close() }, c.Bootstrap(theirs, theirs)
}

func bootstrap(a *authority) *loadctlpb.Bootstrap {
	return &loadctlpb.Bootstrap{Coordinator: "127.0.0.1:1", ServerName: "coordinator", RunId: "r1", Host: "a", Ca: a.pem(a.cert.Raw)}
}

func TestBootstrapSettlesTheConfigAndTheLifeline(t *testing.T) {
	a := newAuthority(t)
	c := Config{Version: version, AgentCommand: agentCommand(plain)}
	hangUp, err := told(t, &c, bootstrap(a), func(line string) *loadctlpb.Admission {
		name, cert := a.answer(t, line)
		if name != "a" {
			t.Errorf("a certificate for %q", name)
		}
		return &loadctlpb.Admission{Certificate: cert}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil || c.Coordinator != "127.0.0.1:1" || c.RunID != "r1" || c.Name != "a" {
		t.Errorf("config %+v: %v", c, err)
	}
	select {
	case <-c.Lifeline:
		t.Error("the lifeline ended before its pipe")
	default:
	}
	hangUp()
	select {
	case <-c.Lifeline:
	case <-time.After(within):
		t.Error("the lifeline outlives its pipe")
	}
}

func TestABadBootstrapIsAnError(t *testing.T) {
	a := newAuthority(t)
	var other string // a request by another key
	for _, c := range []struct {
		want  string
		b     *loadctlpb.Bootstrap
		reply func(string) *loadctlpb.Admission
	}{
		{"refused it, or is gone", bootstrap(a), func(line string) *loadctlpb.Admission { other = line; return nil }},
		{"private key does not match", bootstrap(a), func(string) *loadctlpb.Admission {
			_, cert := a.answer(t, other)
			return &loadctlpb.Admission{Certificate: cert}
		}},
		{"failed to find any PEM data", bootstrap(a), func(string) *loadctlpb.Admission { return &loadctlpb.Admission{Certificate: []byte("x")} }},
		{"no certificate in it", &loadctlpb.Bootstrap{Host: "a", Ca: []byte("-----")}, nil},
		{"started by its coordinator)", &loadctlpb.Bootstrap{Ca: make([]byte, maxTold)}, nil},
	} {
		if _, err := told(t, new(Config), c.b, c.reply); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", err, c.want)
		}
	}
	if err := new(Config).Bootstrap(strings.NewReader(""), nil); err == nil {
		t.Error("nothing is a bootstrap")
	}
}
