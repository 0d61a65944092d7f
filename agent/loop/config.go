package loop

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// Config is what a loop runs.
type Config struct {
	Scenario *scenarios.Scenario
	Share    arrival.Share // the part of the load this loop runs
	Seed     uint64        // of the run, the same for every loop of it

	Addrs   []netip.AddrPort // of the target, taken in turn; nothing else is connected to
	TLS     *tls.Config      // of an https target; nil with plain HTTP
	Sources []netip.Addr     // local addresses, taken in turn; none = the kernel's choice
	// PortsKept is how long a connection that is closed here first keeps its port from new
	// ones, at most a minute; 0 = not known, and none is counted.
	PortsKept time.Duration

	Counters []uint64 // counter block of Layout.CounterWords() words; nil = the loop's own
	Agent    string   // named in examples of errors

	Pacing string        // "auto" (also ""), "ticks" or "precise"
	Tick   time.Duration // 0 = 1 ms
	Poller string        // "auto" (also ""), PollerURing or PollerEpoll

	// Memory is what answers and requests in pieces may take together, in bytes, beyond
	// one read; 0 = 256 MiB. Requests that find none are given up, and the generator to blame.
	Memory int

	// Tap takes a row of text for every request that is recorded; nil = nothing does. The
	// loop writes to it itself, so one that is slow holds the load up. It is not closed.
	Tap io.Writer
	// WallShift is by how much the wall clock is wrong on purpose; nil = not at all.
	WallShift func(stats.Offset) time.Duration

	// Out takes what the loop has to tell. The loop never waits for it while it runs:
	// what finds no room is kept and offered again. Run waits for it before it
	// returns, so it must be read until then. It is not closed.
	Out chan<- Output

	poller poller // tests only; nil = the system's
}

// An Output is one thing a loop tells; exactly one field is set.
type Output struct {
	Snapshot *stats.Snapshot // of each whole second, in order, and of what came after the last
	Phase    *PhaseEvent
	Notice   *Notice
}

// A PhaseEvent is a moment in the life of a phase on this loop.
type PhaseEvent struct {
	Phase int
	State string // Connected, Finished or Drained
	At    stats.Offset
}

// The states of phases.
const (
	Connected = "connected" // every held connection was opened, or given up
	Finished  = "finished"  // nothing new becomes due
	Drained   = "drained"   // its last request has ended
)

// A Notice is worth a line beside the numbers.
type Notice struct {
	At    stats.Offset
	Level stats.Level
	Kind  string // "generator": a limit of this machine; "abort": a phase asks for the run's end; "note"
	Text  string
}

// The pollers of Linux.
const (
	PollerURing = "io_uring"
	PollerEpoll = "epoll"
)

// DefaultTick is the tick of a Config with none.
const DefaultTick = time.Millisecond

// Validate reports everything wrong at once.
func (c *Config) Validate() error {
	var errs []error
	if c.Scenario == nil || c.Scenario.Layout == nil {
		errs = append(errs, errors.New("scenario: must be a parsed one"))
	}
	if len(c.Addrs) == 0 {
		errs = append(errs, errors.New("addrs: a loop needs an address to connect to"))
	}
	for _, a := range c.Addrs {
		if !a.IsValid() || a.Port() == 0 {
			errs = append(errs, fmt.Errorf("addrs: %v is not an address with a port", a))
		}
	}
	if c.Scenario != nil && (c.Scenario.Target.TLS != nil) != (c.TLS != nil) {
		errs = append(errs, errors.New("tls: must be set for an https target, and for no other"))
	}
	if c.Out == nil {
		errs = append(errs, errors.New("out: must be set"))
	}
	if _, ok := pacings[c.Pacing]; !ok {
		errs = append(errs, fmt.Errorf("pacing: %q is none of auto, ticks, precise", c.Pacing))
	}
	switch c.Poller {
	case "", "auto", PollerURing, PollerEpoll:
	default:
		errs = append(errs, fmt.Errorf("poller: %q is none of auto, %s, %s", c.Poller, PollerURing, PollerEpoll))
	}
	if c.Tick < 0 || c.Tick > 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("tick: must be at most 100ms, got %v", c.Tick))
	}
	if c.Memory < 0 {
		errs = append(errs, fmt.Errorf("memory: must not be negative, got %d", c.Memory))
	}
	if l := c.layout(); l != nil && c.Counters != nil && len(c.Counters) != l.CounterWords() {
		errs = append(errs, fmt.Errorf("counters: %d words for a layout of %d", len(c.Counters), l.CounterWords()))
	}
	return errors.Join(errs...)
}

func (c *Config) layout() *stats.Layout {
	if c.Scenario == nil {
		return nil
	}
	return c.Scenario.Layout
}
