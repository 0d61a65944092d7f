// Package fleet is the book of the agents of a run and of the hosts they live
// on: who has joined, who is ready, who is late, who is lost, and who runs which
// share of the load. It has no clock: it is told the time with what it is told.
// It decides that somebody is lost, never what that means for the run.
package fleet

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A State is how an agent or a host is doing.
type State uint8

// The states, from first to last. Nobody comes back from Lost.
const (
	Expected State = iota // planned, not heard of yet
	Joined                // its host is there
	OK                    // reports in time
	Late                  // silent for longer than Limits.Late
	Lost                  // given up
	Finished              // handed in everything
)

var stateNames = [...]string{"expected", "joined", "ok", "late", "lost", "finished"}

// String gives the state's name, such as "late".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Limits say how much silence means what. A host that answers pings but hands
// in no windows is not dead, only late, until NoReport has passed.
type Limits struct {
	Late     time.Duration // without any message; 0 = 3 s
	Lost     time.Duration // without any message; 0 = 8 s
	NoReport time.Duration // without a window that was due; 0 = 12 s
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&l.Late, 3 * time.Second}, {&l.Lost, 8 * time.Second}, {&l.NoReport, 12 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	return l
}

// An Agent is one agent process.
type Agent struct {
	Name, Host string
	Share      arrival.Share
	State      State
	Window     int64 // the first window it has not reported
	Why        string
}

// A Host is a machine that runs agents.
type Host struct {
	Name     string
	State    State
	Heard    time.Duration // when it was last heard of
	Reported time.Duration // when it last handed in a window
	Window   int64         // the first window it has not handed in
	Why      string
}

// A Fleet is all hosts and agents of a run, in the order they were added.
type Fleet struct {
	limits Limits
	hosts  []*Host
	agents []*Agent
}

// New gives an empty fleet.
func New(l Limits) *Fleet { return &Fleet{limits: l.withDefaults()} }

// Expect adds a host that was called, at a moment from which its silence counts.
func (f *Fleet) Expect(host string, now time.Duration) error {
	if f.Host(host) != nil {
		return fmt.Errorf("host %s is in the fleet already", host)
	}
	f.hosts = append(f.hosts, &Host{Name: host, Heard: now, Reported: now})
	return nil
}

// Enlist adds agents of a host.
func (f *Fleet) Enlist(host string, names ...string) error {
	h := f.Host(host)
	switch {
	case h == nil:
		return fmt.Errorf("no host %s", host)
	case h.State == Lost:
		return fmt.Errorf("host %s was given up (%s)", host, h.Why)
	}
	for _, name := range names {
		if f.Agent(name) != nil {
			return fmt.Errorf("agent %s is in the fleet already", name)
		}
		f.agents = append(f.agents, &Agent{Name: name, Host: host, State: min(h.State, Joined)})
	}
	return nil
}

// Divide gives every agent that is not lost an equal share of the whole. The
// lost get none, whatever they had: it would be given away a second time.
func (f *Fleet) Divide() {
	for _, a := range f.agents {
		a.Share = nil
	}
	live := f.Live()
	for i, share := range arrival.Whole().Split(len(live)) {
		live[i].Share = share
	}
}

// Host finds a host, nil if there is none of that name.
func (f *Fleet) Host(name string) *Host {
	for _, h := range f.hosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

// Agent finds an agent, nil if there is none of that name.
func (f *Fleet) Agent(name string) *Agent {
	for _, a := range f.agents {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Hosts gives all hosts, lost ones too.
func (f *Fleet) Hosts() []*Host { return f.hosts }

// Agents gives all agents, lost ones too.
func (f *Fleet) Agents() []*Agent { return f.agents }

// On gives the agents of a host, lost ones too.
func (f *Fleet) On(host string) (on []*Agent) {
	for _, a := range f.agents {
		if a.Host == host {
			on = append(on, a)
		}
	}
	return on
}

// Live gives the agents that are not lost.
func (f *Fleet) Live() (live []*Agent) {
	for _, a := range f.agents {
		if a.State != Lost {
			live = append(live, a)
		}
	}
	return live
}
