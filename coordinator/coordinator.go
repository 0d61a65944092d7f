// Package coordinator drives a run: it makes sure that the target may be
// loaded, calls the hosts, starts them all at one agreed instant, collects what
// they measured second by second, judges it, and says how it ended. It decides
// little itself: what the run does next is coordinator/run's, who is lost is
// coordinator/fleet's, what fits is coordinator/plan's. It shows nothing and
// writes no file: everything goes to the Sink as stats.Update values.
package coordinator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/agent/faults"
	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// A Host is a machine that can run agents: one process of `loadctl host` on it.
type Host interface {
	// Name is unique in the run; its agents are NAME-1, NAME-2, ….
	Name() string
	// Start brings the process up. It makes a key and a certificate request in its
	// name (PKCS #10, DER), gets a certificate for it (PEM) by admit, and dials
	// address (host:port) by mTLS, expecting the name ServerName as ca (PEM) signs it.
	// admit is called once, before Start returns.
	Start(ctx context.Context, address, runID string, ca []byte, admit func(request []byte) ([]byte, error)) error
	// Wait blocks until the process has ended. It is called once, after Start.
	Wait() error
	// Kill ends the process and its agents at once. It may be called at any time
	// and more than once.
	Kill()
}

// A Control is a person's wish while a run goes on.
type Control uint8

// The controls.
const (
	Pause  Control = iota // stop starting new work
	Resume                // go on
	Stop                  // stop issuing, finish what is open; asked again, as Kill
	Kill                  // stop at once
	Enough                // of a search's trial: what is known will do; as when a limit breaks that ends the run
)

// Config is everything a run needs. Zero fields mean what their comment says.
type Config struct {
	RunID    string
	Scenario *scenarios.Scenario
	File     string // path of the scenario, as the user gave it
	// BaseURL replaces the file's when the target is bundled; "" = the file's.
	BaseURL string
	// Addresses are the target's, already known; empty = resolve the base URL.
	// They are held to the same rules.
	Addresses []netip.AddrPort

	// TLS are the files of the scenario's target.tls.
	TLS secure.Files

	// Authorised are hosts for which the person vouches (--i-am-authorised); Token
	// is what another public target must answer at /.well-known/loadctl.
	Authorised []string
	Token      string

	Agents, Loops int // over all hosts, and per agent; 0 = as many as needed
	Seed          uint64
	Pacing        string        // auto (also ""), ticks or precise
	Tick          time.Duration // of pacing by ticks; 0 = 1 ms
	Poller        string        // of the agents: auto (also ""), io_uring or epoll
	Hosts         []Host
	Sources       []netip.Addr // own addresses for targets off loopback; empty = the kernel's choice

	// Faults are what agents get wrong on purpose; none outside of tests.
	Faults []faults.Fault

	Version string   // of loadctl, with its commit: hosts must have the same
	Args    []string // of the command, for the record

	// Ceiling is how many of the scenario's requests a second its machines were measured
	// to make; 0 = not known.
	Ceiling float64

	Warnings []string // of whoever asked for the run, told beside its numbers

	Monitors []scenarios.Monitor // what is sampled; none = nothing, whatever the scenario says
	Dir      string              // of the run's files, for profiles; "" = none are made

	// Sink takes every step of the run's growth: Started first, Ended last, none
	// when the run never started. It is called from one goroutine and must not block
	// for long.
	Sink func(stats.Update)
	// Controls are heard from the first moment of Run to the end of the load. Before
	// hosts are called Stop and Kill end it, and the others mean nothing. nil = none
	Controls <-chan Control
	// News are what whoever asked for the run learns of its machines meanwhile: each is a warning beside its numbers. nil = none
	News   <-chan string
	Logger *slog.Logger // nil = silent

	Timing Timing
	World  World
}

// Timing are the waits of a run; zero fields mean the defaults of
// coordinator/run and coordinator/fleet.
type Timing struct {
	Lead, Drain, AbortDrain                 time.Duration
	GatherWithin, PrepareWithin, StopWithin time.Duration
	Silence                                 fleet.Limits
	// CollectWithin is how long lost hosts may take to hand in what they had kept; 0 = 20 s.
	CollectWithin time.Duration
	// AgentLost is the silence after which a host gives up an agent; 0 = 6 s.
	AgentLost time.Duration
}

// World is what a run touches beside its hosts; zero fields mean the real one.
type World struct {
	Listen  func() (net.Listener, error)                                      // where hosts dial; nil = 127.0.0.1, any port
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)      // nil = the system's resolver
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // to the target, for the probe; nil = TCP
}

// A UsageError is a mistake of whoever asked for the run: exit 2.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap gives the mistake itself.
func (e *UsageError) Unwrap() error { return e.Err }

// Validate says everything that is wrong with a Config, at once.
func (c *Config) Validate() error {
	var errs []error
	check := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New(text))
		}
	}
	check(c.RunID != "", "RunID: missing")
	check(c.Scenario != nil && c.Scenario.Layout != nil, "Scenario: missing or not frozen")
	check(c.Sink != nil, "Sink: missing")
	check(len(c.Hosts) > 0, "Hosts: a run needs at least one")
	check(c.Agents >= 0, fmt.Sprintf("agents: must not be negative, got %d", c.Agents))
	check(c.Loops >= 0, fmt.Sprintf("loops: must not be negative, got %d", c.Loops))
	check(c.Tick >= 0, fmt.Sprintf("tick: must not be negative, got %s", c.Tick))
	switch c.Pacing {
	case "", "auto", "ticks", "precise":
	default:
		check(false, fmt.Sprintf("pacing: %q is none of auto, ticks, precise", c.Pacing))
	}
	switch c.Poller {
	case "", "auto", "io_uring", "epoll":
	default:
		check(false, fmt.Sprintf("poller: %q is none of auto, io_uring, epoll", c.Poller))
	}
	return errors.Join(append(errs, c.hostNames()...)...)
}

func (c *Config) hostNames() (errs []error) {
	seen := map[string]bool{}
	for i, h := range c.Hosts {
		if name := h.Name(); name == "" || seen[name] {
			errs = append(errs, fmt.Errorf("Hosts[%d]: name %q is empty or taken", i, name))
		} else {
			seen[name] = true
		}
	}
	return errs
}

// baseURL is where the run aims.
func (c *Config) baseURL() string {
	if c.BaseURL != "" && c.Scenario.Trial == nil {
		return c.BaseURL
	}
	return c.Scenario.Target.BaseURL
}

// A Coordinator is one run, not yet begun.
type Coordinator struct {
	cfg     Config
	log     *slog.Logger
	private *tls.Config // of the target; nil with plain HTTP
}

// New checks the Config.
func New(c Config) (*Coordinator, error) {
	if err := c.Validate(); err != nil {
		return nil, &UsageError{err}
	}
	private, mistakes := secure.Client(&c.Scenario.Target, c.TLS)
	if len(mistakes) > 0 {
		return nil, &UsageError{c.Scenario.Wrong(c.File, mistakes)}
	}
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c.World = c.World.withDefaults()
	return &Coordinator{cfg: c, log: log.With("run", c.RunID), private: private}, nil
}

// Exit codes of the house that only a run which never began has.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Run does the run and blocks until it is over, every host gone and every
// goroutine ended. Cancelling ctx stops it at once. The Result always says how
// it ended and which exit code that is; the error says why a run could not be
// done (exit 1) or must not be (exit 2, a *UsageError).
func (c *Coordinator) Run(ctx context.Context) (stats.Result, error) {
	aim, stopped, err := c.clearUnlessStopped(ctx)
	switch {
	case stopped:
		return run.Outcome{Interrupted: true}.Result(nil, stats.Validity{}, 0), nil
	case err != nil:
		return neverBegan(err), err
	}
	watching, err := c.prepareWatch(ctx, aim)
	if err != nil {
		return neverBegan(err), err
	}
	return c.drive(ctx, aim, watching)
}

func neverBegan(err error) stats.Result {
	r := stats.Result{Verdict: "aborted", ExitCode: exitFailed, Reason: err.Error()}
	if _, ok := errors.AsType[*UsageError](err); ok {
		r.ExitCode = exitUsage
	}
	return r
}
