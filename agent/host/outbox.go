package host

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
)

// An outbox keeps what this host has to say until the coordinator confirmed it.
// What is measured is numbered from 1, kept, and sent again on a new stream after
// the last number the coordinator has; so nothing is lost with a stream, and what
// comes twice is known by its number. What would take too much memory is kept in a
// spool, and sent when there is room again. Answers to pings are worth nothing later and
// are not kept. It may be used from several goroutines.
type outbox struct {
	mu    sync.Mutex
	last  uint64 // number given last
	kept  []*loadctlpb.SessionRequest
	sent  int // of kept, on the present stream
	loose []*loadctlpb.SessionRequest
	ready *loadctlpb.SessionRequest // said again on each stream until the start
	wake  chan struct{}

	spool   *spool // nil = everything is kept in memory
	most    int    // bytes of kept
	bytes   int    // that kept takes
	spilled int    // messages in the spool alone, that follow those of kept
	lost    int    // messages that follow those, which nothing could keep
	failed  error  // why not
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// spill has the box keep in a spool what goes beyond so many bytes.
func (b *outbox) spill(s *spool, most int) { b.spool, b.most = s, most }

// add numbers a message and keeps it.
func (b *outbox) add(number func(seq uint64) *loadctlpb.SessionRequest) {
	b.mu.Lock()
	b.last++
	b.keep(number(b.last))
	b.mu.Unlock()
	b.nudge()
}

// keep puts a message behind all others, wherever these are.
func (b *outbox) keep(m *loadctlpb.SessionRequest) {
	size := sizeOf(m)
	switch {
	case b.failed != nil:
		b.lost++
	case b.spool == nil || b.spilled == 0 && (len(b.kept) == 0 || b.bytes+size <= b.most):
		b.kept, b.bytes = append(b.kept, m), b.bytes+size
	default:
		if b.failed = b.spool.write(m); b.failed != nil {
			b.lost++
			return
		}
		b.spilled++
	}
}

// unkept is why this host cannot keep what it measures, nil while it can.
func (b *outbox) unkept() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil {
		return nil
	}
	return fmt.Errorf("what the coordinator has not confirmed cannot be kept: %w", b.failed)
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

// ack forgets what the coordinator has, which is never more than was numbered, and takes back as much from the spool as
// there is room for.
func (b *outbox) ack(seq uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for n < len(b.kept) && wire.Seq(b.kept[n]) <= seq {
		b.bytes -= sizeOf(b.kept[n])
		n++
	}
	b.kept = slices.Delete(b.kept, 0, n)
	b.sent = max(b.sent-n, 0)
	if b.spilled > 0 && b.failed == nil && b.bytes <= b.most/2 {
		b.refill()
	}
}

// refill takes the oldest of the spool into memory.
func (b *outbox) refill() {
	back, err := b.spool.read(b.most - b.bytes)
	for _, m := range back {
		b.bytes += sizeOf(m)
	}
	b.kept, b.spilled = append(b.kept, back...), b.spilled-len(back)
	if err == nil && b.spilled == 0 {
		err = b.spool.again()
	}
	b.failed = err
	b.nudge()
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
	return len(b.kept)+b.spilled+b.lost == 0
}

// leave puts what is not confirmed into the spool for good, if it is worth that: left is how many messages that are. Nothing
// else may use the box any more.
func (b *outbox) leave() (left int, err error) {
	if b.spool == nil {
		return 0, nil
	}
	if b.spilled == 0 && !slices.ContainsFunc(b.kept, measured) {
		return 0, b.spool.drop()
	}
	b.spool.limit = math.MaxInt64 // what memory held is no more than that
	for _, m := range b.kept {
		if err = b.spool.write(m); err != nil {
			break
		}
		left++
	}
	if err = errors.Join(err, b.spool.keep()); err == nil && b.lost > 0 {
		err = fmt.Errorf("%d messages more are lost: %w", b.lost, b.failed)
	}
	return left + b.spilled, err
}

// measured says whether a message counts requests.
func measured(m *loadctlpb.SessionRequest) bool {
	return m.GetReport() != nil || m.GetAgentLost() != nil
}

func (b *outbox) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
