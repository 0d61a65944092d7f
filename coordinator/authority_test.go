package coordinator

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAHostIsAdmittedOnceUnderItsOwnName(t *testing.T) {
	t.Parallel()
	a, err := newAuthority("r1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	forged := request("a", key)
	forged[len(forged)-1] ^= 1
	admit := a.admission("a")
	for want, der := range map[string][]byte{
		"host a: asn1":                        []byte("garbage"),
		"not signed by the key":               forged,
		`in the name of "b"`:                  request("b", key),
		"a key of kind ECDSA, and hosts make": request("a", other),
	} {
		if _, err := admit(der); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	cert, err := admit(request("a", key))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admit(request("a", key)); err == nil || !strings.Contains(err.Error(), "a second certificate") {
		t.Errorf("admitted again: %v", err)
	}
	block, _ := pem.Decode(cert)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.DNSNames, []string{"a"}) || !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) || c.IsCA || c.CheckSignatureFrom(a.cert) != nil {
		t.Errorf("%+v", c)
	}
}
