package coordinator

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/loadctl/loadctl/scenarios/secure"
)

// dial connects to the target as the agents will, the TLS handshake included.
func (c *Coordinator) dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	conn, err := c.cfg.World.Dial(ctx, "tcp", a.String())
	if err != nil || c.private == nil {
		return conn, err
	}
	private := tls.Client(conn, c.private)
	if err := private.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fault(err)
	}
	return private, nil
}

// fault names what is wrong with TLS as the errors of a run do.
func fault(err error) error {
	kind, detail := secure.Fault(err)
	if errors.Is(err, context.DeadlineExceeded) {
		kind = secure.TimedOut
	}
	return &secure.Failure{Kind: kind, Detail: detail}
}

// lateRefusal is how long a server may take to refuse a client's certificate.
const lateRefusal = 250 * time.Millisecond

// refusedLate waits for what a server says of the client's certificate: with TLS 1.3
// it says so only when the handshake has ended for the client. Most say nothing.
func refusedLate(conn net.Conn) error {
	private, ok := conn.(*tls.Conn)
	if !ok || private.ConnectionState().Version < tls.VersionTLS13 {
		return nil
	}
	if err := private.SetReadDeadline(time.Now().Add(lateRefusal)); err != nil {
		return err
	}
	_, err := private.Read(make([]byte, 1))
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.EOF) {
		return nil
	}
	return fault(err)
}
