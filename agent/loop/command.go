package loop

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Command is an order to a running loop.
type Command interface{ command() }

// Start fixes the epoch on the machine's monotonic clock, in nanoseconds. Nothing
// happens before it.
type Start struct{ Epoch int64 }

// Begin starts a phase at an offset from the epoch. One that comes late keeps the
// intended starts: they show as pacer lag.
type Begin struct {
	Phase int
	At    stats.Offset
}

// End stops a phase at an offset: the way held connections end. They close
// quietly unless another phase still uses them.
type End struct {
	Phase int
	At    stats.Offset
}

// Reshare gives the loop another share for everything due at or after From.
type Reshare struct {
	From  stats.Offset
	Share arrival.Share
}

// Pause stops the schedule at an offset, or lets it go on from one: what was still
// to come, phases' beginnings and ends too, comes later by the length of the pause.
// Requests under way end; connections are opened and heartbeats sent as ever.
type Pause struct {
	Paused bool
	At     stats.Offset
}

// Drain stops issuing at an offset. What was due by then is finished until the
// deadline; then Run returns.
type Drain struct{ At, Deadline stats.Offset }

// Readdress has new connections opened to other addresses, in turn; there must be one.
// Those there are stay until they end. Addrs is not changed by anyone afterwards.
type Readdress struct{ Addrs []netip.AddrPort }

// Stop ends everything now; what is open is censored.
type Stop struct{}

func (Start) command()     {}
func (Begin) command()     {}
func (End) command()       {}
func (Reshare) command()   {}
func (Pause) command()     {}
func (Drain) command()     {}
func (Readdress) command() {}
func (Stop) command()      {}

// A postponable command is part of the schedule: a pause moves it.
type postponable interface {
	later(by stats.Offset) (stats.Offset, Command)
}

func (c Begin) later(by stats.Offset) (stats.Offset, Command) { c.At += by; return c.At, c }
func (c End) later(by stats.Offset) (stats.Offset, Command)   { c.At += by; return c.At, c }

// A mailbox carries commands from any goroutine to the loop.
type mailbox struct {
	mu      sync.Mutex
	letters []Command
	full    atomic.Bool // spares the loop the lock
}

func (m *mailbox) put(c Command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, c)
	m.full.Store(true)
}

func (m *mailbox) take() []Command {
	if !m.full.Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	letters := m.letters
	m.letters = nil
	m.full.Store(false)
	return letters
}

// An agenda holds commands until their moment.
type agenda []entry

type entry struct {
	at stats.Offset
	do Command
}

// add keeps the agenda in order of time; equal moments in order of coming.
func (a *agenda) add(at stats.Offset, do Command) {
	i := len(*a)
	for i > 0 && (*a)[i-1].at > at {
		i--
	}
	*a = slices.Insert(*a, i, entry{at, do})
}

// next takes the first entry that is due.
func (a *agenda) next(now stats.Offset) (entry, bool) {
	if len(*a) == 0 || (*a)[0].at > now {
		return entry{}, false
	}
	first := (*a)[0]
	*a = slices.Delete(*a, 0, 1)
	return first, true
}

// takeAfter takes out the beginnings and ends of phases after a moment.
func (a *agenda) takeAfter(at stats.Offset) (taken []postponable) {
	kept := (*a)[:0]
	for _, e := range *a {
		if c, moves := e.do.(postponable); moves && e.at > at {
			taken = append(taken, c)
		} else {
			kept = append(kept, e)
		}
	}
	*a = kept
	return taken
}

// resumesBy says whether the end of a pause is to come by a moment.
func (a agenda) resumesBy(at stats.Offset) bool {
	return slices.ContainsFunc(a, func(e entry) bool {
		c, is := e.do.(Pause)
		return is && !c.Paused && e.at <= at
	})
}

func (a agenda) due() stats.Offset {
	if len(a) == 0 {
		return never
	}
	return a[0].at
}
