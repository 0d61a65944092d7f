package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Config says which processes a group keeps, and behind what.
type Config struct {
	Name    string                   // what one of them is called in errors and logs
	Workers int                      // how many at first
	Slots   int                      // how many processes may live at once; 0 = twice as many as workers
	Sockets Sockets                  // Run closes them
	Linger  time.Duration            // how long a handshake may still lead to a place that is not chosen any more
	Shared  []*os.File               // further files every worker inherits; the caller's
	Command func(slot int) *exec.Cmd // a new command; Run sets ExtraFiles. No two living processes have one slot

	Ready  func() error         // called once, when a worker is ready in each place; its error ends Run
	Ended  func(End)            // called when a process was reaped, before its slot is used again; no method of the group may be called in it
	Beat   func(slot int) int64 // the heartbeat of the process of a slot, which changes while it lives; nil = none is watched
	Limits func() Limits        // asked again and again; nil = 12 s of grace, and no heartbeat
	Log    *slog.Logger         // nil = silent
}

// An End is what became of a process.
type End struct {
	Slot, PID int
	Why       Why
	How       string // its exit status
	Lived     time.Duration
}

// ErrAtOnce is the cause of a context's end that makes Run kill the workers instead
// of asking them to finish.
var ErrAtOnce = errors.New("stop at once")

// A Group is workers while Run is on. All its methods may be called at any time.
type Group struct {
	cfg      Config
	lifeline *os.File // the workers' end
	began    time.Time

	said      chan saying
	wake      chan struct{} // something was asked for
	processes sync.WaitGroup

	mu     sync.Mutex // of what follows
	roster *roster
	looked time.Duration // when the heartbeats were read
	first  bool          // Ready was called
	failed error
}

// How often a group looks at heartbeats, and at what is under way.
const (
	patientTick = 250 * time.Millisecond
	busyTick    = 20 * time.Millisecond
)

// New is a group that Run starts.
func New(cfg Config) *Group {
	if cfg.Slots == 0 {
		cfg.Slots = 2 * cfg.Workers
	}
	if cfg.Limits == nil {
		cfg.Limits = func() Limits { return Limits{Grace: 12 * time.Second} }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := newRoster(cfg.Workers, cfg.Slots)
	r.linger = cfg.Linger
	return &Group{cfg: cfg, said: make(chan saying), wake: make(chan struct{}, 1), began: time.Now(), roster: r}
}

// Run starts the workers and keeps as many alive until ctx ends; then it closes
// the sockets, asks all to finish, waits, and returns nil. A worker that ends by itself is
// replaced, ever more slowly if it keeps ending. Run fails when a place's first worker
// cannot be started or ends before it was ready; later that is tried again.
func (g *Group) Run(ctx context.Context) error {
	theirs, ours, err := os.Pipe()
	if err != nil {
		g.cfg.Sockets.Close()
		return fmt.Errorf("starting %ss: %w", g.cfg.Name, err)
	}
	defer theirs.Close()
	defer ours.Close()
	g.lifeline = theirs
	tick := time.NewTimer(0)
	defer tick.Stop()
	done := ctx.Done()
	for g.step(tick) {
		select {
		case s := <-g.said:
			g.hear(s)
		case <-g.wake:
		case <-tick.C:
		case <-done:
			done = nil
			g.stop(errors.Is(context.Cause(ctx), ErrAtOnce))
		}
	}
	g.processes.Wait()
	return g.failed
}

// step does what is due, and says whether anything is left to wait for.
func (g *Group) step(tick *time.Timer) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.look(now)
	g.roster.limits = g.cfg.Limits()
	for _, d := range g.roster.settle(now, g.cfg.Sockets.Waiting) {
		g.do(d)
	}
	g.begin()
	if g.roster.still() {
		tick.Reset(patientTick)
	} else {
		tick.Reset(busyTick)
	}
	return !g.roster.ending || len(g.roster.members) > 0
}

func (g *Group) now() time.Duration { return time.Since(g.began) }

// look reads the heartbeats.
func (g *Group) look(now time.Duration) {
	if g.cfg.Beat != nil {
		for _, m := range g.roster.members {
			m.heard(g.cfg.Beat(m.slot), now-g.looked)
		}
	}
	g.looked = now
}

// begin calls Ready once.
func (g *Group) begin() {
	if g.first || g.roster.ending || !g.roster.begun() {
		return
	}
	g.first = true
	if g.cfg.Ready == nil {
		return
	}
	if err := g.cfg.Ready(); err != nil {
		g.fail(err)
	}
}

// fail ends the group with an error.
func (g *Group) fail(err error) {
	if g.failed == nil && !g.roster.ending {
		g.failed = err
	}
	g.end(false)
}

func (g *Group) stop(quick bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end(quick)
}

// end closes our copies of the sockets before anybody is asked to finish: each ends with
// the worker's own copy, and the kernel refuses connections nobody would accept any more.
func (g *Group) end(quick bool) {
	if !g.roster.ending {
		g.roster.ending = true
		g.cfg.Sockets.Close()
	}
	g.roster.quick = g.roster.quick || quick
	g.nudge()
}

func (g *Group) nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}
