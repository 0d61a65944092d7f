package workers

import "time"

// A State is what a worker is about.
type State int

// The states.
const (
	Starting State = iota // started, and not ready yet
	Serving
	Leaving // asked to finish, or going by itself
	Hung    // silent for too long: it is being killed
)

func (s State) String() string { return [...]string{"starting", "serving", "leaving", "hung"}[s] }

// A member is one process of the group. Moments are durations since the group began.
type member struct {
	slot, place int
	generation  int // of the program and the settings it was started with
	state       State
	born        time.Duration
	since       time.Duration // when it came into its state
	planned     bool          // started while the one it replaces still served
	wish        bool          // asks to be replaced
	silent      time.Duration // how long its heartbeat has stood still
	beat        int64         // the last one that was seen
	killed      bool

	proc *process
}

func (m *member) become(s State, now time.Duration) { m.state, m.since = s, now }

// heard notes a heartbeat, a look at which comes so long after the one before it. A
// master that was stopped itself cannot say how long a worker was silent meanwhile:
// each look counts for little.
func (m *member) heard(beat int64, gap time.Duration) {
	if beat != m.beat {
		m.beat, m.silent = beat, 0
		return
	}
	m.silent += min(gap, 2*patientTick)
}

// A Why is how a worker came to its end.
type Why int

// The ways.
const (
	Retired Why = iota // it finished what it had: asked by the master, by itself, or by a signal
	Crashed            // it ended by itself, or was killed from outside
	Silent             // it was killed as its heartbeat had stopped, or as it did not become ready
	Overdue            // it was killed as it did not finish in time
)

func (w Why) String() string { return [...]string{"retired", "crashed", "hung", "killed"}[w] }

// why is how a member that has ended came to it.
func (m *member) why() Why {
	switch {
	case m.state == Hung:
		return Silent
	case m.state == Leaving && m.killed:
		return Overdue
	case m.state == Leaving:
		return Retired
	}
	return Crashed
}
