package coordinator

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// ServerName is the name the coordinator's certificate carries.
const ServerName = "coordinator"

// validity of everything an authority signs: longer than a run, and no longer
// than a day.
const certificateValidity = 24 * time.Hour

// An authority signs the certificates of one run. Its key lives in this
// process alone and dies with it: a host of another run has nothing to say here.
type authority struct {
	cert *x509.Certificate
	der  []byte
	key  ed25519.PrivateKey
	now  time.Time
}

func newAuthority(runID string, now time.Time) (*authority, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the run's certificate authority: %w", err)
	}
	a := &authority{key: key, now: now}
	template := a.template("loadctl run " + runID)
	template.IsCA, template.MaxPathLenZero = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	if a.der, err = x509.CreateCertificate(rand.Reader, template, template, pub, key); err != nil {
		return nil, fmt.Errorf("make the run's certificate authority: %w", err)
	}
	a.cert, err = x509.ParseCertificate(a.der)
	return a, err
}

func (a *authority) template(name string) *x509.Certificate {
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails
	return &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             a.now.Add(-5 * time.Minute), // clocks differ
		NotAfter:              a.now.Add(certificateValidity),
		BasicConstraintsValid: true,
	}
}

// A credential is a certificate and its key, PEM.
type credential struct{ cert, key []byte }

// issue signs a certificate for one name, good for one side of a connection.
func (a *authority) issue(name string, use x509.ExtKeyUsage) (credential, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return credential{}, fmt.Errorf("make a key for %s: %w", name, err)
	}
	template := a.template(name)
	template.DNSNames = []string{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{use}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, pub, a.key)
	if err != nil {
		return credential{}, fmt.Errorf("sign the certificate of %s: %w", name, err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return credential{}, fmt.Errorf("write the key of %s: %w", name, err)
	}
	return credential{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}, nil
}

// pem gives the authority's certificate.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der})
}

// serverTLS asks every host for a certificate of this run.
func (a *authority) serverTLS() (*tls.Config, error) {
	c, err := a.issue(ServerName, x509.ExtKeyUsageServerAuth)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("read the coordinator's own certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
	}, nil
}
