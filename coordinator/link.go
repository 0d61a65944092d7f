package coordinator

import (
	"time"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// A link is what the coordinator knows of one host across all its streams.
type link struct {
	host    Host
	session *session // the stream in use, nil while there is none
	clock   fleet.Clock
	epoch   int64 // on the host's monotonic clock
	machine *loadctlpb.Machine
	version string // of loadctl there
	streams int    // that there were
	lostAt  stats.Offset

	// orders are all that were given, in order: a host that comes back is sent those
	// it has not seen.
	orders []*loadctlpb.SessionResponse
	// received is the number of the last message taken: a message that is sent again
	// after a broken stream is taken once.
	received uint64

	started, joined, finished bool
	exited                    bool // its process has ended
	exitErr                   error
	exitAt                    time.Duration
	lastPing                  time.Duration
	pings                     uint64
	late                      late
}

// late is what a lost host sent after it was given up: kept apart.
type late struct {
	windows  int
	requests uint64
}

// order gives a host an order that survives a broken stream.
func (l *link) order(m *loadctlpb.SessionResponse) {
	m.Seq = uint64(len(l.orders)) + 1
	l.orders = append(l.orders, m)
	l.send(m)
}

// send says something that need not survive.
func (l *link) send(m *loadctlpb.SessionResponse) {
	if l.session != nil && !l.session.send(m) {
		l.drop() // it does not read; it may come back
	}
}

// attach takes a new stream of the host, and sends the orders it has missed.
func (l *link) attach(s *session, welcome *loadctlpb.Welcome, lastOrder uint64) {
	l.drop()
	l.session = s
	l.streams++
	welcome.AckedSeq = l.received
	l.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Welcome{Welcome: welcome}})
	for _, m := range l.orders[min(lastOrder, uint64(len(l.orders))):] {
		l.send(m)
	}
}

// drop ends the stream in use.
func (l *link) drop() {
	if l.session != nil {
		l.session.end()
		l.session = nil
	}
}

// take says whether a numbered message is new, and acknowledges it either way.
func (l *link) take(seq uint64) bool {
	fresh := seq > l.received
	if fresh {
		l.received = seq
	}
	l.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Ack{Ack: &loadctlpb.Ack{Seq: l.received}}})
	return fresh
}

// ping asks for the host's time, and tells it that we are here.
func (l *link) ping(now time.Duration) {
	l.pings++
	l.lastPing = now
	l.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Ping{
		Ping: &loadctlpb.Ping{Id: l.pings, Sent: int64(now)},
	}})
}
