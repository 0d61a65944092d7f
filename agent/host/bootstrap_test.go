package host

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// credentialsPEM is a certificate that signed itself, and its key.
func credentialsPEM(t *testing.T) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func bootstrap(t *testing.T) *loadctlpb.Bootstrap {
	t.Helper()
	cert, key := credentialsPEM(t)
	return &loadctlpb.Bootstrap{
		Coordinator: "127.0.0.1:1", ServerName: "coordinator", RunId: "r1", Host: "a",
		Ca: cert, Certificate: cert, Key: key,
	}
}

func TestBootstrapSettlesTheConfigAndTheLifeline(t *testing.T) {
	r, w := io.Pipe()
	b := bootstrap(t)
	go func() { _, _ = protodelim.MarshalTo(w, b) }() // ends when it was read
	c := Config{Version: version, AgentCommand: agentCommand(plain)}
	if err := c.Bootstrap(r); err != nil {
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
	w.Close()
	select {
	case <-c.Lifeline:
	case <-time.After(within):
		t.Error("the lifeline outlives its pipe")
	}
}

func TestABadBootstrapIsAnError(t *testing.T) {
	for want, spoil := range map[string]func(*loadctlpb.Bootstrap){
		"certificate":                 func(b *loadctlpb.Bootstrap) { b.Certificate = nil },
		"reading this host's":         func(b *loadctlpb.Bootstrap) { _, b.Key = credentialsPEM(t) },
		"no certificate in it":        func(b *loadctlpb.Bootstrap) { b.Ca = []byte("-----") },
		"started by its coordinator)": func(b *loadctlpb.Bootstrap) { b.Ca = make([]byte, maxBootstrap) },
	} {
		b := bootstrap(t)
		spoil(b)
		var in bytes.Buffer
		if _, err := protodelim.MarshalTo(&in, b); err != nil {
			t.Fatal(err)
		}
		if err := new(Config).Bootstrap(&in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if err := new(Config).Bootstrap(strings.NewReader("")); err == nil {
		t.Error("nothing is a bootstrap")
	}
}
