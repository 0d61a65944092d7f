// Package run is the life of one run as a state machine: events in, actions
// out. It decides when everybody is ready, when each phase begins and ends,
// when a window of one second is whole, what a lost agent means, and when it is
// over. It has no clock, connection or goroutine: whoever drives it tells it
// the time with each event, so a run of twenty minutes with three losses is a
// test of microseconds. It refuses to wait for ever: every state has a deadline.
package run

import (
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A State is what a run is doing.
type State uint8

// The states, in the order a run goes through them. Any state may go to
// Stopping, and Stopping ends in Done or Failed.
const (
	Gathering State = iota // hosts are called and their clocks compared
	Preparing              // hosts start their agents
	Starting               // the epoch is agreed and has not come
	Running                // load is issued
	Draining               // nothing new is issued; what is open is finished
	Stopping               // hosts hand in what they have
	Done                   // every host has finished or is given up
	Failed                 // the run could not be done; Outcome says why
)

var stateNames = [...]string{"gathering", "preparing", "starting", "running", "draining", "stopping", "done", "failed"}

// String gives the state's name as shown to people.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Config is what a machine is told before it begins.
type Config struct {
	Hosts  []string // the names of all hosts of the run
	Phases []Phase
	OnLoss scenarios.OnLoss
	Min    int // agents without which the run is worthless; 0 = no claim

	// Lead is how far ahead an instant is agreed, so that every host knows it in
	// time; 0 = 500 ms. Begin and Reshare are never sent later than 200 ms ahead.
	Lead time.Duration
	// Drain bounds how long open requests may take to end; 0 = 10 s.
	Drain time.Duration
	// AbortDrain is the same after a loss under on_loss: fail; 0 = 3 s.
	AbortDrain time.Duration
	// GatherWithin, PrepareWithin and StopWithin bound these states; 0 = 30 s, 60 s, 10 s.
	GatherWithin, PrepareWithin, StopWithin time.Duration
}

// A Phase is what the machine needs to know of a phase.
type Phase struct {
	Name     string
	Duration time.Duration // how long it issues load; of a hold, counted from the last connect
	Holds    bool          // held-connections: it has no end before it is connected
	Over     int           // the hold whose connections it uses, or -1
	Start    scenarios.Start
	// ConnectWithin bounds a hold's connecting: past it the run goes on with what
	// is there. DrainWithin bounds the requests of a phase that has ended.
	ConnectWithin, DrainWithin time.Duration
}

// begin lead: no order is sent later than this before it is due.
const beginLead = 200 * time.Millisecond

// slack is given to hosts beyond a deadline they keep themselves.
const slack = 2 * time.Second

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&c.Lead, 500 * time.Millisecond}, {&c.Drain, 10 * time.Second}, {&c.AbortDrain, 3 * time.Second},
		{&c.GatherWithin, 30 * time.Second}, {&c.PrepareWithin, time.Minute}, {&c.StopWithin, 10 * time.Second},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	c.Lead = max(c.Lead, beginLead)
	return c
}

// A Machine is one run. It is made by New and moved by Step.
type Machine struct {
	cfg    Config
	state  State
	since  time.Duration // when the state was entered
	epoch  time.Duration // on the driver's clock; meaningful once started
	hosts  []*host
	phases []phase
	drain  drain
	closed closing

	pause    pause
	reshared stats.Offset // from when the last new shares hold
	started  bool
	outcome  Outcome
	out      []Action
}

type host struct {
	name                  string
	joined, ready         bool
	lost, finished        bool
	reported              int64 // the last window it reported, -1 before the first
	connected, drainedSet map[int]bool
}

func (h *host) live() bool { return !h.lost }

type drain struct {
	sent         bool
	at, deadline stats.Offset
}

// New gives a machine in state Gathering at time 0 of the driver's clock.
func New(c Config) *Machine {
	m := &Machine{cfg: c.withDefaults()}
	for _, name := range c.Hosts {
		m.hosts = append(m.hosts, &host{name: name, reported: -1, connected: map[int]bool{}, drainedSet: map[int]bool{}})
	}
	for _, p := range c.Phases {
		m.phases = append(m.phases, newPhase(p))
	}
	return m
}

// State tells what the run is doing.
func (m *Machine) State() State { return m.state }

// Ended says whether nothing more will happen.
func (m *Machine) Ended() bool { return m.state >= Done }

// Offset turns a moment of the driver's clock into an offset from the epoch;
// before the start it is 0.
func (m *Machine) Offset(now time.Duration) stats.Offset {
	if !m.started {
		return 0
	}
	return now - m.epoch
}

// Step takes an event at a moment of the driver's clock, which never goes
// back, and gives what is to be done about it, in order. It must be called
// with Tick at least every 100 ms for deadlines to be kept.
func (m *Machine) Step(now time.Duration, e Event) []Action {
	m.out = nil
	if m.Ended() {
		return nil
	}
	if e != nil {
		e.apply(m, now)
	}
	m.advance(now)
	return m.out
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

func (m *Machine) enter(s State, now time.Duration) {
	m.state, m.since = s, now
	m.do(Become{s})
}

// advance does what time alone, or what was just learned, makes due.
func (m *Machine) advance(now time.Duration) {
	switch m.state {
	case Gathering:
		m.gather(now)
	case Preparing:
		m.prepare(now)
	case Starting, Running:
		m.run(now)
	case Draining:
		m.drainOut(now)
	case Stopping:
		m.stopOut(now)
	}
	m.closeWindows()
}

func (m *Machine) gather(now time.Duration) {
	if waiting := m.waiting(func(h *host) bool { return h.joined }); waiting == "" {
		m.enter(Preparing, now)
		m.do(Prepare{})
	} else if now-m.since > m.cfg.GatherWithin {
		m.fail(now, waiting+" did not call back within "+m.cfg.GatherWithin.String())
	}
}

func (m *Machine) prepare(now time.Duration) {
	if waiting := m.waiting(func(h *host) bool { return h.ready }); waiting == "" {
		m.start(now)
	} else if now-m.since > m.cfg.PrepareWithin {
		m.fail(now, waiting+" did not start its agents within "+m.cfg.PrepareWithin.String())
	}
}

// start agrees on the epoch and sends what is known by now: the first phases
// begin at exact offsets that every host has well ahead.
func (m *Machine) start(now time.Duration) {
	m.epoch, m.started = now+m.cfg.Lead, true
	m.enter(Starting, now)
	m.do(Start{Epoch: m.epoch})
	m.schedule(now)
}

func (m *Machine) run(now time.Duration) {
	if m.state == Starting && now >= m.epoch {
		m.enter(Running, now)
	}
	m.schedule(now)
	if end, over := m.lastEnd(now); over && m.reached(now, end) {
		m.drainFrom(now, end, m.cfg.Drain)
	}
}

// waiting names the first live host for which ok does not hold, "" if none.
func (m *Machine) waiting(ok func(*host) bool) string {
	for _, h := range m.hosts {
		if h.live() && !ok(h) {
			return "host " + h.name
		}
	}
	return ""
}

func (m *Machine) hostNamed(name string) *host {
	for _, h := range m.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

func (m *Machine) anyLive() bool {
	for _, h := range m.hosts {
		if h.live() {
			return true
		}
	}
	return false
}

func (m *Machine) say(now time.Duration, level stats.Level, kind, text string) {
	m.do(Say{stats.Event{At: m.Offset(now), Level: level, Kind: kind, Text: text}})
}
