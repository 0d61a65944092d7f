package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// maxMessage bounds a message either way.
const maxMessage = 64 << 20

// How long the link waits before it dials again.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = time.Second
)

// A link is the host's side of its session with the coordinator, over as many
// streams as it takes: one that breaks, or on which nothing comes for half the
// time that counts as the coordinator's loss, is opened anew.
type link struct {
	client loadctlpb.CoordinatorServiceClient
	box    *outbox
	orders chan<- order
	quiet  time.Duration
	hello  func() *loadctlpb.Hello

	lastOrder uint64       // received; only run's goroutine
	heard     atomic.Int64 // when, by the wall and monotonic clock of started
	started   time.Time
}

// An order is a message of the coordinator that changes what the host does.
type order = *loadctlpb.SessionResponse

func newLink(conn grpc.ClientConnInterface, box *outbox, orders chan<- order, silence time.Duration, hello func() *loadctlpb.Hello) *link {
	return &link{
		client: loadctlpb.NewCoordinatorServiceClient(conn),
		box:    box, orders: orders, quiet: silence / 2, hello: hello, started: time.Now(),
	}
}

// silence is how long ago the coordinator was heard.
func (l *link) silence() time.Duration {
	return time.Since(l.started) - time.Duration(l.heard.Load())
}

func (l *link) hear() { l.heard.Store(int64(time.Since(l.started))) }

// errRefused is a reason not to dial again.
var errRefused = errors.New("the coordinator refuses this host")

// run keeps a stream open until ctx is done or the coordinator refuses this host.
// How long a coordinator may be away is for the host to say.
func (l *link) run(ctx context.Context) error {
	pause := firstPause
	for {
		before := l.heard.Load()
		err := l.stream(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errRefused) {
			return err
		}
		if l.heard.Load() != before {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, mostPause)
	}
}

// stream is one stream, from the hello to its end.
func (l *link) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := l.client.Session(ctx, grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage))
	if err != nil {
		return refusal(err)
	}
	// A stream on which nothing comes is as good as broken.
	quiet := time.AfterFunc(l.quiet, cancel)
	defer quiet.Stop()
	if err := l.greet(s); err != nil {
		return err
	}
	var sender sync.WaitGroup
	sender.Go(func() {
		defer cancel()
		l.send(ctx, s)
	})
	defer sender.Wait()
	defer cancel()
	return l.receive(ctx, s, quiet)
}

type stream = grpc.BidiStreamingClient[loadctlpb.SessionRequest, loadctlpb.SessionResponse]

func (l *link) greet(s stream) error {
	h := l.hello()
	h.LastSeq, h.LastOrder = l.box.numbered(), l.lastOrder
	if err := s.Send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Hello{Hello: h}}); err != nil {
		_, err = s.Recv() // which says why
		return refusal(err)
	}
	m, err := s.Recv()
	if err != nil {
		return refusal(err)
	}
	w := m.GetWelcome()
	if w == nil {
		return fmt.Errorf("%w: it answers hello with %T", errRefused, m.GetMessage())
	}
	if why := w.GetRefused(); why != "" {
		return fmt.Errorf("%w: %s", errRefused, why)
	}
	l.hear()
	l.box.resume(w.GetAckedSeq())
	return nil
}

// refusal tells an answer that will not change from trouble on the way.
func refusal(err error) error {
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return fmt.Errorf("%w: %s", errRefused, status.Convert(err).Message())
	}
	return err
}

func (l *link) send(ctx context.Context, s stream) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.box.wake:
		}
		for _, m := range l.box.take() {
			if s.Send(m) != nil {
				return
			}
		}
	}
}

func (l *link) receive(ctx context.Context, s stream, quiet *time.Timer) error {
	for {
		m, err := s.Recv()
		if err != nil {
			return refusal(err)
		}
		l.hear()
		quiet.Reset(l.quiet)
		if err := l.take(ctx, m); err != nil {
			return err
		}
	}
}

// take answers what needs no thought, and hands orders on, each once.
func (l *link) take(ctx context.Context, m *loadctlpb.SessionResponse) error {
	switch {
	case m.GetPing() != nil:
		l.box.say(pong(m.GetPing()))
		return nil
	case m.GetAck() != nil:
		l.box.ack(m.GetAck().GetSeq())
		return nil
	case m.GetSeq() != 0 && m.GetSeq() <= l.lastOrder:
		return nil
	}
	select {
	case l.orders <- m:
		l.lastOrder = max(l.lastOrder, m.GetSeq())
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func pong(p *loadctlpb.Ping) *loadctlpb.SessionRequest {
	return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Pong{Pong: &loadctlpb.Pong{
		Id: p.GetId(), Sent: p.GetSent(), Received: machine.Monotonic(), Wall: time.Now().UnixNano(),
	}}}
}
