// Package host is the one process a machine runs for a run: it starts agent
// processes, merges what they measured into one stream, and speaks for them to the
// coordinator, which it dials. An agent that dies or falls silent is killed, and
// its last counts are read from memory it shared, so that the accounting stays
// exact. The host decides nothing about the load, and outlives nobody: when its
// lifeline ends, or the coordinator is silent for too long, it ends its agents and
// itself, and leaves no process or socket behind, nor a file, unless it has measured
// what the coordinator did not confirm.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/loadctl/loadctl/agent/internal/gather"
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/agent/profile"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// Config is everything a host needs. Zero durations mean the default their
// comment states.
type Config struct {
	Coordinator string // address to dial, host:port
	RunID       string
	Name        string // of this host
	Version     string // of loadctl, with its commit: the coordinator must have the same

	// Dial are the options of the connection, credentials among them: see Bootstrap.
	Dial []grpc.DialOption
	// AgentCommand makes the command that is an agent, such as `loadctl agent`. Its
	// ExtraFiles, Env, Stderr and SysProcAttr are set here.
	AgentCommand func() *exec.Cmd
	// Lifeline is closed when whoever started this host is gone; nil = never.
	Lifeline <-chan struct{}

	// Silence is how long the host goes on without a word of the coordinator, 0 =
	// 12 s: all must have ended 15 s after it was lost.
	Silence time.Duration
	// PrepareWithin bounds getting ready, 0 = 15 s.
	PrepareWithin time.Duration
	// LostAfter is the silence of an agent that counts as its loss, 0 = what the
	// coordinator says, or 6 s.
	LostAfter time.Duration
	// StopWithin is how long agents may take to stop, 0 = 3 s.
	StopWithin time.Duration

	// Spool is the file for what the coordinator has not confirmed: what goes beyond Memory while
	// the host lives, and all of it when it ends. It is removed when nothing is left; "" = none.
	Spool string
	// Memory is how many bytes of that are kept in memory, 0 = 16 MiB: at the 12 s of Silence a
	// host has no more, unless its line is slow. SpoolLimit bounds the file, 0 = 64 MiB.
	Memory     int
	SpoolLimit int64

	// Profiles is a directory for profiles of this process; "" = none are made.
	Profiles string

	Logger *slog.Logger // nil = silent
}

const (
	defaultSilence       = 12 * time.Second
	defaultPrepareWithin = 15 * time.Second
	defaultLostAfter     = 6 * time.Second
	defaultStopWithin    = 3 * time.Second
	defaultMemory        = 16 << 20
	defaultSpoolLimit    = 64 << 20
)

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&c.Silence, defaultSilence},
		{&c.PrepareWithin, defaultPrepareWithin},
		{&c.StopWithin, defaultStopWithin},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	c.Memory, c.SpoolLimit = cmp.Or(c.Memory, defaultMemory), cmp.Or(c.SpoolLimit, defaultSpoolLimit)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Validate reports everything wrong at once.
func (c *Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"Coordinator", c.Coordinator != ""},
		{"RunID", c.RunID != ""},
		{"Name", c.Name != ""},
		{"Dial", len(c.Dial) > 0},
		{"AgentCommand", c.AgentCommand != nil},
	} {
		if !f.ok {
			errs = append(errs, fmt.Errorf("%s: missing", f.name))
		}
	}
	return errors.Join(errs...)
}

// beat is how often agents are told that the coordinator is there, and how often
// the host looks who is silent.
const beat = 250 * time.Millisecond

// Run is the whole life of a host. It blocks until every agent has ended and the
// coordinator has what they measured, and returns nil then. It ends early, agents
// first, when ctx is done, the lifeline ends, or the coordinator refuses this host
// or is silent for too long.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("host: %w", err)
	}
	c = c.withDefaults()
	h := &host{
		cfg: c, log: c.Logger.With("host", c.Name),
		box:    newOutbox(),
		orders: make(chan order),
		events: make(chan event),
		watch:  watch{Late: lateAfter, Lost: c.LostAfter},
		clock:  machine.NewClock(),
	}
	if c.Spool != "" {
		h.box.spill(&spool{path: c.Spool, limit: c.SpoolLimit, head: &loadctlpb.SpoolHead{
			Protocol: wire.Protocol, Version: c.Version, RunId: c.RunID, Host: c.Name,
		}}, c.Memory)
	}
	observed, err := profile.Start(c.Profiles, "host-"+c.Name)
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	defer h.endProfile(observed)
	conn, err := grpc.NewClient("passthrough:///"+c.Coordinator, append(redial(), c.Dial...)...)
	if err != nil {
		return fmt.Errorf("host: dialling %s: %w", c.Coordinator, err)
	}
	defer conn.Close()
	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	h.link = newLink(conn, h.box, h.orders, c.Silence, h.hello)
	broken := make(chan error, 1)
	var background sync.WaitGroup
	background.Go(func() { broken <- h.link.run(linked) })
	err = h.run(ctx, broken)
	unlink()
	background.Wait()
	return errors.Join(err, h.leave())
}

// leave puts what the coordinator has not confirmed where it can be had later.
func (h *host) leave() error {
	left, err := h.box.leave()
	if err != nil {
		return fmt.Errorf("host: what the coordinator has not confirmed: %w", err)
	}
	if left > 0 {
		h.log.Warn("left what the coordinator has not confirmed", "messages", left, "file", h.cfg.Spool)
	}
	return nil
}

// endProfile writes the profiles. The run is over, and not worse for lacking them.
func (h *host) endProfile(p *profile.Profile) {
	if err := p.Stop(); err != nil {
		h.log.Warn("no profiles of the host", "why", err)
	}
}

// redial dials again soon: gRPC's own pauses grow beyond what a run may wait.
func redial() []grpc.DialOption {
	soon := backoff.DefaultConfig
	soon.BaseDelay, soon.MaxDelay = firstPause, mostPause
	return []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{Backoff: soon, MinConnectTimeout: 2 * time.Second})}
}

// A host is driven by one goroutine; link and children talk to it by channels.
type host struct {
	cfg    Config
	log    *slog.Logger
	box    *outbox
	link   *link
	orders chan order
	events chan event

	scenario *scenarios.Scenario
	children []*child
	windows  gather.Gather[*handedIn]
	phases   gather.Barrier
	watch    watch
	meter    machine.Meter
	clock    machine.Clock

	prepareBy time.Time // zero: not preparing
	ready     bool      // every agent said so
	epoch     int64     // on the monotonic clock, 0 = not started
	stopping  bool
	killAt    time.Time
	done      bool // Finished was said
	doneAt    time.Time
	failed    error // why this host ends without having been told to
}

// finishWithin bounds how long the coordinator may take to confirm the last
// message.
const finishWithin = 5 * time.Second

// run turns what happens into what is said and done, until nothing is left.
func (h *host) run(ctx context.Context, broken chan error) error {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	ended, lifeline := ctx.Done(), h.cfg.Lifeline
	for !h.over() {
		select {
		case o := <-h.orders:
			h.obey(o)
		case e := <-h.events:
			h.event(e)
		case err := <-broken:
			broken = nil
			h.giveUp(err)
		case <-lifeline:
			lifeline = nil
			h.giveUp(errors.New("whoever started this host is gone"))
		case <-ended:
			ended = nil
			h.giveUp(ctx.Err())
		case now := <-ticker.C:
			h.tick(now)
		}
	}
	return h.failed
}

// over says whether the host may end: no agent is left, and the coordinator knows
// or never will.
func (h *host) over() bool {
	if h.alive() > 0 {
		return false
	}
	return h.failed != nil || h.done && (h.box.empty() || time.Since(h.doneAt) > finishWithin)
}

func (h *host) alive() (n int) {
	for _, c := range h.children {
		if c.alive {
			n++
		}
	}
	return n
}

// giveUp ends this host for a reason of its own. One that has handed everything in has
// none: its link may hear that the run is over before it looks.
func (h *host) giveUp(why error) {
	if why == nil || h.over() {
		return // the link was ended by this host itself, or is needed no more
	}
	if h.failed == nil {
		h.failed = why
		h.log.Warn("host gives up", "why", why)
	}
	h.stop(h.failed.Error())
}

func (h *host) tick(now time.Time) {
	heard := h.link.silence() <= h.cfg.Silence
	for _, c := range h.children {
		if c.alive && heard {
			c.beat(now)
		}
	}
	switch {
	case !heard && h.failed == nil:
		h.giveUp(fmt.Errorf("nothing was heard of the coordinator for %s", h.cfg.Silence))
	case h.failed == nil && h.box.unkept() != nil:
		h.giveUp(h.box.unkept())
	case !h.prepareBy.IsZero() && now.After(h.prepareBy):
		h.cannotPrepare(fmt.Errorf("agents were not ready within %s", h.cfg.PrepareWithin))
	case h.stopping && now.After(h.killAt):
		h.killAll("did not stop within " + h.cfg.StopWithin.String())
	case h.epoch != 0 && !h.stopping:
		h.look(now)
	}
}

// offset is now, counted from the epoch; 0 before it.
func (h *host) offset() stats.Offset {
	if h.epoch == 0 {
		return 0
	}
	return stats.Offset(max(machine.Monotonic()-h.epoch, 0))
}
