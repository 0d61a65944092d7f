package run

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// An Event is something that happened, for Step.
type Event interface{ apply(*Machine, time.Duration) }

// The events of a run.
type (
	// Tick is time passing.
	Tick struct{}
	// Joined says that a host was welcomed and its clock is known.
	Joined struct{ Host string }
	// Ready says that all agents of a host are ready.
	Ready struct{ Host string }
	// Unable says that a host could not prepare.
	Unable struct{ Host, Why string }
	// Reported says that a host handed in a window. Partial: an agent is missing in it.
	Reported struct {
		Host    string
		Window  int64
		Partial bool
	}
	// Connected says that all connections of a hold on this host are open or given up.
	Connected struct {
		Host  string
		Phase int
		At    stats.Offset
	}
	// Drained says that the last request of a phase on this host has ended.
	Drained struct {
		Host  string
		Phase int
		At    stats.Offset
	}
	// Lost says that agents are gone, or a host with all its agents.
	Lost struct {
		Host   string   // set when the whole host is gone
		Agents []string // who is gone
		Window int64    // the first window that lacks them
		Live   int      // agents that are left
		Why    string
	}
	// Finished says that a host handed in everything.
	Finished struct{ Host string }
	// Broken says that a limit broke whose breaking ends the run.
	Broken struct{ Text string }
	// Interrupt is Ctrl-C: the first drains, the second stops at once.
	Interrupt struct{}
	// Kill stops at once.
	Kill struct{ Why string }
	// Pause stops the schedule; Resume lets it go on.
	Pause  struct{}
	Resume struct{}
)

// An Action is something to do, from Step.
type Action interface{ action() }

// The actions of a run. Offsets count from the epoch.
type (
	// Become tells of a new state.
	Become struct{ State State }
	// Prepare asks every host to start its agents.
	Prepare struct{}
	// Start fixes the epoch, on the driver's clock.
	Start struct{ Epoch time.Duration }
	// Begin begins a phase.
	Begin struct {
		Phase int
		At    stats.Offset
	}
	// End ends a phase whose end its profile does not say.
	End struct {
		Phase int
		At    stats.Offset
	}
	// Reshare gives the shares of lost agents away, for everything due from From on.
	Reshare struct {
		Lost []string
		From stats.Offset
	}
	// Drain stops issuing at At; what is open at Deadline is censored.
	Drain struct{ At, Deadline stats.Offset }
	// Hold stops the schedule at an offset, or lets it go on from one.
	Hold struct {
		Paused bool
		At     stats.Offset
	}
	// Stop ends everything on every host now.
	Stop struct{ Reason string }
	// Close closes a window: each is closed once, in order. Partial: an agent is
	// missing in it. Paused is for how much of it the run stood still.
	Close struct {
		Window  int64
		Partial bool
		Paused  time.Duration
	}
	// Span tells what is known of a phase's life.
	Span struct{ Span stats.Span }
	// Say is a line beside the numbers.
	Say struct{ Event stats.Event }
)

func (Become) action()  {}
func (Prepare) action() {}
func (Start) action()   {}
func (Begin) action()   {}
func (End) action()     {}
func (Reshare) action() {}
func (Drain) action()   {}
func (Hold) action()    {}
func (Stop) action()    {}
func (Close) action()   {}
func (Span) action()    {}
func (Say) action()     {}
