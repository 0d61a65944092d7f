package host

import (
	"slices"
	"sync"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// An outbox keeps what this host has to say until the coordinator confirmed it.
// What is measured is numbered from 1, kept, and sent again on a new stream after
// the last number the coordinator has; so nothing is lost with a stream, and what
// comes twice is known by its number. Answers to pings are worth nothing later and
// are not kept. It may be used from several goroutines.
type outbox struct {
	mu    sync.Mutex
	last  uint64 // number given last
	kept  []*loadctlpb.SessionRequest
	sent  int // of kept, on the present stream
	loose []*loadctlpb.SessionRequest
	ready *loadctlpb.SessionRequest // said again on each stream until the start
	wake  chan struct{}
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// add numbers a message and keeps it.
func (b *outbox) add(number func(seq uint64) *loadctlpb.SessionRequest) {
	b.mu.Lock()
	b.last++
	b.kept = append(b.kept, number(b.last))
	b.mu.Unlock()
	b.nudge()
}

// say sends a message once, on the present stream or not at all.
func (b *outbox) say(m *loadctlpb.SessionRequest) {
	b.mu.Lock()
	b.loose = append(b.loose, m)
	b.mu.Unlock()
	b.nudge()
}

// insist says a message now, and first of all on each new stream; nil ends that.
func (b *outbox) insist(m *loadctlpb.SessionRequest) {
	b.mu.Lock()
	b.ready = m
	b.mu.Unlock()
	if m != nil {
		b.say(m)
	}
}

// resume begins a new stream, on which the coordinator has everything up to acked.
func (b *outbox) resume(acked uint64) {
	b.ack(acked)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent, b.loose = 0, nil
	if b.ready != nil {
		b.loose = append(b.loose, b.ready)
	}
	b.nudge()
}

// ack forgets what the coordinator has, which is never more than was numbered.
func (b *outbox) ack(seq uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.last - uint64(len(b.kept)) + 1
	if seq = min(seq, b.last); seq < first {
		return
	}
	n := int(seq-first) + 1
	b.kept = slices.Delete(b.kept, 0, n)
	b.sent = max(b.sent-n, 0)
}

// take gives what is to be sent now, in order.
func (b *outbox) take() []*loadctlpb.SessionRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := append(b.loose, b.kept[b.sent:]...)
	b.loose, b.sent = nil, len(b.kept)
	return all
}

// numbered is the last number given.
func (b *outbox) numbered() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// empty says whether everything numbered was confirmed.
func (b *outbox) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.kept) == 0
}

func (b *outbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
