package host

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// maxTold bounds each message that a host is told before it dials: a few PEM blocks.
const maxTold = 1 << 20

// Bootstrap reads what a host is told when it is started, has a certificate made out to a key of its own, and sets the
// fields of the Config that this settles: where to dial, as whom, with which credentials, where to spool, and the lifeline, which is the
// rest of in: it ends when in does. in is read until then; out is written one line.
func (c *Config) Bootstrap(in io.Reader, out io.Writer) error {
	told := bufio.NewReader(in)
	b := &loadctlpb.Bootstrap{}
	if err := hear(told, b); err != nil {
		return fmt.Errorf("reading where to dial: %w (a host is started by its coordinator)", err)
	}
	config, err := trusting(b)
	if err != nil {
		return err
	}
	pair, err := admitted(b.GetHost(), told, out)
	if err != nil {
		return err
	}
	config.Certificates = []tls.Certificate{pair}
	c.Coordinator, c.RunID, c.Name, c.Spool = b.GetCoordinator(), b.GetRunId(), b.GetHost(), b.GetSpool()
	c.Dial = append(c.Dial, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	gone := make(chan struct{})
	c.Lifeline = gone
	go func() { // ends with in
		_, _ = io.Copy(io.Discard, told)
		close(gone)
	}()
	return nil
}

func hear(in *bufio.Reader, m proto.Message) error {
	return protodelim.UnmarshalOptions{MaxSize: maxTold}.UnmarshalFrom(in, m)
}

// trusting believes coordinators of one run alone: its authority was made for it.
func trusting(b *loadctlpb.Bootstrap) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b.GetCa()) {
		return nil, errors.New("reading the run's authority: no certificate in it")
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, ServerName: b.GetServerName()}, nil
}

// admitted makes a key, which this process alone ever has, and asks for a certificate that makes it out to name.
func admitted(name string, in *bufio.Reader, out io.Writer) (tls.Certificate, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making this host's key: %w", err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making this host's certificate request: %w", err)
	}
	if _, err := fmt.Fprintf(out, "csr %s\n", base64.StdEncoding.EncodeToString(request)); err != nil {
		return tls.Certificate{}, fmt.Errorf("asking for a certificate: %w", err)
	}
	a := &loadctlpb.Admission{}
	if err := hear(in, a); err != nil {
		return tls.Certificate{}, fmt.Errorf("reading this host's certificate: %w (its coordinator refused it, or is gone)", err)
	}
	return certificateOf(a, key)
}

func certificateOf(a *loadctlpb.Admission, key ed25519.PrivateKey) (tls.Certificate, error) {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading this host's key: %w", err)
	}
	pair, err := tls.X509KeyPair(a.GetCertificate(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading this host's certificate: %w", err)
	}
	return pair, nil
}
