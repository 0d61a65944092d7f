package host

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// maxBootstrap bounds the first message on the lifeline: a few PEM blocks.
const maxBootstrap = 1 << 20

// Bootstrap reads what a host is told when it is started, and sets the fields of
// the Config it settles: where to dial, as whom, with which credentials, where to spool, and the
// lifeline, which is the rest of r: it ends when r does. r is read until then.
func (c *Config) Bootstrap(r io.Reader) error {
	in := bufio.NewReader(r)
	b := &loadctlpb.Bootstrap{}
	if err := (protodelim.UnmarshalOptions{MaxSize: maxBootstrap}).UnmarshalFrom(in, b); err != nil {
		return fmt.Errorf("reading where to dial: %w (a host is started by its coordinator)", err)
	}
	config, err := credentialsOf(b)
	if err != nil {
		return err
	}
	c.Coordinator, c.RunID, c.Name, c.Spool = b.GetCoordinator(), b.GetRunId(), b.GetHost(), b.GetSpool()
	c.Dial = append(c.Dial, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	gone := make(chan struct{})
	c.Lifeline = gone
	go func() { // ends with r
		_, _ = io.Copy(io.Discard, in)
		close(gone)
	}()
	return nil
}

// credentialsOf are good for one run: both sides were signed by an authority made
// for it.
func credentialsOf(b *loadctlpb.Bootstrap) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(b.GetCertificate(), b.GetKey())
	if err != nil {
		return nil, fmt.Errorf("reading this host's certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b.GetCa()) {
		return nil, errors.New("reading the run's authority: no certificate in it")
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ServerName:   b.GetServerName(),
	}, nil
}
