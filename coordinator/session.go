package coordinator

import (
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// outQueue is how many messages may wait for a host that reads slowly; a host
// that lets more pile up loses its stream, not the run.
const outQueue = 1024

// A session is one stream of a host. The driver sends and ends it; the stream's
// own goroutine writes.
type session struct {
	host string
	out  chan *loadctlpb.SessionResponse
	ends sync.Once
	gone chan struct{} // the host hung up
	hung sync.Once

	// unread is how much of its mail the driver has not taken, reports how many windows came that it has not: these are
	// checked first.
	unread, reports atomic.Int32
}

func newSession(host string) *session {
	return &session{host: host, out: make(chan *loadctlpb.SessionResponse, outQueue), gone: make(chan struct{})}
}

// send queues a message, false when the queue is full. Only the driver calls
// it, and not after end.
func (s *session) send(m *loadctlpb.SessionResponse) bool {
	select {
	case s.out <- m:
		return true
	default:
		return false
	}
}

// end closes the stream once what is queued was written. Only the driver calls it.
func (s *session) end() { s.ends.Do(func() { close(s.out) }) }

// hangUp says that the host's side has ended.
func (s *session) hangUp() { s.hung.Do(func() { close(s.gone) }) }

// write sends what is queued until the driver ends the session or the host has
// hung up.
func (s *session) write(st stream) error {
	for {
		select {
		case m, ok := <-s.out:
			if !ok {
				return nil
			}
			if err := st.Send(m); err != nil {
				return err
			}
		case <-s.gone:
			return status.Error(codes.Canceled, "the host hung up")
		}
	}
}
