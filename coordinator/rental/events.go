package rental

import "time"

// An Event is something that happened, for Step.
type Event interface{ apply(*Rental, time.Time) }

// The events of a rental. N is the number of the action that asked. Every request is to be answered within
// Limits.AskWithin; what comes later is still told, as it may say that something exists.
type (
	// Tick is time passing.
	Tick struct{}
	// Created answers a Create: the resource exists.
	Created struct {
		N    int
		Seen Seen
	}
	// Listed answers a List, with all that was found.
	Listed struct {
		N    int
		Seen []Seen
	}
	// Found answers a Look.
	Found struct {
		N    int
		Seen Seen
	}
	// Removed answers a Delete: the cloud took it.
	Removed struct{ N int }
	// Failed answers any of them.
	Failed struct {
		N       int
		Failure Failure
	}
	// Sshable says that an instance can be logged in to, and has the host key it was given.
	Sshable struct{ Label string }
	// Installed says that an instance has what it is to run, checked.
	Installed struct{ Label string }
	// Registered says that the agent of an instance is registered.
	Registered struct{ Label string }
	// Unable says that a step of an instance came to nothing, before its deadline.
	Unable struct{ Label, Why string }
	// Mismatch says that an instance, or what answers in its place, has another host key: nothing is tried again.
	Mismatch struct{ Label, Why string }
	// Lost says that an instance was silent for as long as its lease.
	Lost struct{ Label, Why string }
	// Interrupt is Ctrl-C: all is given back, at any moment.
	Interrupt struct{}
	// GiveBack is the end as it was meant.
	GiveBack struct{}
)

// An Action is something to do, from Step. Actions are done in their order; a Note is on the disk before anything after
// it is begun. A Create whose Note could not be written is not made, but answered by Failed with class Wrong.
type Action interface{ action() }

// The actions of a rental.
type (
	// Note appends a line to the journal.
	Note struct{ Line Line }
	// Create asks for a resource, once.
	Create struct {
		N     int
		Want  Want
		Label string
		Tags  []string
	}
	// List asks for all resources of a kind that have the label prefix of the run, or its tag. More do no harm.
	List struct {
		N    int
		Kind Kind
	}
	// Look asks for one resource.
	Look struct {
		N     int
		Kind  Kind
		ID    int
		Label string
	}
	// Delete asks for the deletion of a resource, once.
	Delete struct {
		N     int
		Kind  Kind
		ID    int
		Label string
	}
	// Connect begins to log in to an instance, again and again until Sshable can be told.
	Connect struct {
		Label string
		Seen  Seen
	}
	// Reboot starts an instance anew. How it goes is told by Sshable alone.
	Reboot struct {
		ID    int
		Label string
	}
	// Install puts on an instance what it is to run.
	Install struct{ Label string }
	// Register starts the agent of an instance; Again: after it did not register in time.
	Register struct {
		Label string
		Again bool
	}
	// Become tells of a new state.
	Become struct{ State State }
	// Say is a line for people.
	Say struct{ Text string }
)

func (Note) action()     {}
func (Create) action()   {}
func (List) action()     {}
func (Look) action()     {}
func (Delete) action()   {}
func (Connect) action()  {}
func (Reboot) action()   {}
func (Install) action()  {}
func (Register) action() {}
func (Become) action()   {}
func (Say) action()      {}
