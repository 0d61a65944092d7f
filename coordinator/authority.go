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

// own is a certificate of a key made here, for the coordinator's side of connections.
func (a *authority) own(name string) (tls.Certificate, error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key for %s: %w", name, err)
	}
	der, err := a.sign(name, x509.ExtKeyUsageServerAuth, pub)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// sign makes a key out to one name, good for one side of a connection.
func (a *authority) sign(name string, use x509.ExtKeyUsage, key ed25519.PublicKey) ([]byte, error) {
	template := a.template(name)
	template.DNSNames = []string{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{use}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of %s: %w", name, err)
	}
	return der, nil
}

// admission signs what the host of a name asks for, once: PKCS #10 DER in, PEM out. Whoever else could speak for the
// machine later gets none.
func (a *authority) admission(name string) func(request []byte) ([]byte, error) {
	given := false
	return func(request []byte) ([]byte, error) {
		if given {
			return nil, fmt.Errorf("host %s asks for a second certificate, and each start of a host has one", name)
		}
		key, err := requested(request, name)
		if err != nil {
			return nil, fmt.Errorf("the certificate request of host %s: %w", name, err)
		}
		given = true
		der, err := a.sign(name, x509.ExtKeyUsageClientAuth, key)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
	}
}

// requested is the key that a request, made in the name of its host, is for.
func requested(der []byte, name string) (ed25519.PublicKey, error) {
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, err
	}
	if err := r.CheckSignature(); err != nil {
		return nil, fmt.Errorf("not signed by the key that it is for: %w", err)
	}
	if r.Subject.CommonName != name {
		return nil, fmt.Errorf("it is made in the name of %q", r.Subject.CommonName)
	}
	key, is := r.PublicKey.(ed25519.PublicKey)
	if !is {
		return nil, fmt.Errorf("a key of kind %s, and hosts make keys of kind %s", r.PublicKeyAlgorithm, x509.Ed25519)
	}
	return key, nil
}

// pem gives the authority's certificate.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der})
}

// serverTLS asks every host for a certificate of this run.
func (a *authority) serverTLS() (*tls.Config, error) {
	pair, err := a.own(ServerName)
	if err != nil {
		return nil, err
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
