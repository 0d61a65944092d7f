package coordinator

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// Bounds of the connection: a dead peer is known within 10 s even when TCP
// keeps quiet, and a message is never larger than 64 MiB.
const (
	keepaliveTime    = 5 * time.Second
	keepaliveTimeout = 5 * time.Second
	maxMessage       = 64 << 20
)

// A server is the door: it takes streams of hosts and turns them into mail for
// the driver, with reports taken off the wire. It decides nothing but who a stream belongs to.
type server struct {
	loadctlpb.UnimplementedCoordinatorServiceServer
	grpc    *grpc.Server
	address string
	layout  *stats.Layout
	inbox   chan mail
	done    chan struct{} // closed when nobody reads the inbox any more
	readers sync.WaitGroup
	serving chan error
}

// mail is one thing that came from a host's stream: its opening, a message, or
// its end.
type mail struct {
	session *session
	at      time.Time // when it came, however long it waits to be taken
	message *loadctlpb.SessionRequest
	report  *report // that the message is; nil where it is none
	closed  error   // the stream has ended
}

// A report is one that was taken off the wire. A stream's own goroutine does that: checking those of a thousand hosts one
// after another would keep the driver from everything else.
type report struct {
	merged *stats.Snapshot
	agents []stats.AgentWindow
	err    error // it cannot be read
}

func newServer(a *authority, l *stats.Layout, listen func() (net.Listener, error)) (*server, error) {
	config, err := a.serverTLS()
	if err != nil {
		return nil, err
	}
	port, err := listen()
	if err != nil {
		return nil, fmt.Errorf("listen for hosts: %w", err)
	}
	s := &server{
		address: port.Addr().String(),
		layout:  l,
		inbox:   make(chan mail, 256),
		done:    make(chan struct{}),
		serving: make(chan error, 1),
		grpc: grpc.NewServer(
			grpc.Creds(credentials.NewTLS(config)),
			grpc.MaxRecvMsgSize(maxMessage),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
		),
	}
	loadctlpb.RegisterCoordinatorServiceServer(s.grpc, s)
	go func() { s.serving <- s.grpc.Serve(port) }()
	return s, nil
}

// stop ends every stream and waits for everything the server started.
func (s *server) stop() {
	close(s.done)
	s.grpc.Stop()
	<-s.serving //nolint:errcheck // how serving ended no longer matters
	s.readers.Wait()
}

// post hands mail to the driver, false when nobody reads it any more.
func (s *server) post(m mail) bool {
	m.session.unread.Add(1)
	select {
	case s.inbox <- m:
		return true
	case <-s.done:
		return false
	}
}

type stream = grpc.BidiStreamingServer[loadctlpb.SessionRequest, loadctlpb.SessionResponse]

// Session serves one stream of a host until either side ends it.
func (s *server) Session(st stream) error {
	name, err := peerName(st.Context())
	if err != nil {
		return err
	}
	first, err := st.Recv()
	if err != nil {
		return err
	}
	hello := first.GetHello()
	if hello == nil || hello.GetHost() != name {
		return status.Errorf(codes.PermissionDenied, "the first message must be the hello of %s, as its certificate says", name)
	}
	ses := newSession(name)
	if !s.post(mail{session: ses, at: time.Now(), message: first}) {
		return status.Error(codes.Unavailable, "the run is over")
	}
	s.readers.Go(func() { s.read(st, ses) })
	return ses.write(st)
}

// read forwards what the host says. It ends when Recv does, which is at the
// latest when Session has returned.
func (s *server) read(st stream, ses *session) {
	for {
		m, err := st.Recv()
		if err != nil {
			ses.hangUp()
			s.post(mail{session: ses, at: time.Now(), closed: err})
			return
		}
		if !s.post(mail{session: ses, at: time.Now(), message: m, report: s.opened(m, ses)}) {
			return
		}
	}
}

// opened is the report that a message is, nil if it is none.
func (s *server) opened(m *loadctlpb.SessionRequest, ses *session) *report {
	if m.GetReport() == nil {
		return nil
	}
	ses.reports.Add(1)
	r := &report{}
	r.merged, r.agents, r.err = wire.DecodeReport(m.GetReport(), ses.host, s.layout)
	return r
}

// peerName is the host a verified certificate was issued to.
func peerName(ctx context.Context) (string, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "", status.Error(codes.Unauthenticated, "no peer")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return "", status.Error(codes.Unauthenticated, "no verified certificate")
	}
	cert := info.State.VerifiedChains[0][0]
	if err := forClients(cert); err != nil {
		return "", status.Error(codes.PermissionDenied, err.Error())
	}
	return cert.DNSNames[0], nil
}

func forClients(c *x509.Certificate) error {
	if len(c.DNSNames) != 1 {
		return errors.New("the certificate names no host")
	}
	return nil
}
