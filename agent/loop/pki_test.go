package loop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/secure"
)

// An issuer is an authority made for a test.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// trusted is the authority that most tests trust; strange nobody does.
var (
	trusted = sync.OnceValue(func() *issuer { return newIssuer("trusted") })
	strange = sync.OnceValue(func() *issuer { return newIssuer("strange") })
)

func newIssuer(name string) *issuer {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &issuer{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue makes a certificate for 127.0.0.1 and localhost, as change has it.
func (a *issuer) issue(change func(*x509.Certificate)) tls.Certificate {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "target"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// keyPEM is the certificate and its key as files have them.
func keyPEM(c tls.Certificate) (cert, key []byte) {
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// overTLS gives a loop what the scenario's target.tls asks for; ca_file is the trusted
// authority's, whatever its name.
func overTLS(t testing.TB, s *scenarios.Scenario) func(*Config) {
	t.Helper()
	files := secure.Files{CA: trusted().pem}
	files.Cert, files.Key = keyPEM(trusted().issue(nil))
	config, mistakes := secure.Client(&s.Target, files)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return func(c *Config) { c.TLS = config }
}

// parseTLS is a target over TLS.
func parseTLS() scenarios.Target {
	return scenarios.Target{BaseURL: "https://127.0.0.1:1", TLS: &scenarios.TLS{CAFile: scenarios.File{Name: "ca.pem"}, Resume: true}}
}
