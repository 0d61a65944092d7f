package stats

import "time"

// A Layout is the frozen list of rows a run records into. It follows from the
// scenario alone, so every agent, host and coordinator of a run has the same
// one and a row is just an index.
type Layout struct {
	Phases []PhaseKey
	Cells  []CellKey

	// Limits are the limits on response times that the scenario names: "slower than the
	// limit" is an exact count for each of them.
	Limits []time.Duration `json:",omitempty"`
}

// Ladder cuts response times for counting them by bins.
func (l *Layout) Ladder() *Ladder { return NewLadder(l.Limits...) }

// A PhaseKey names one phase.
type PhaseKey struct {
	Name     string
	Recorded bool // false: warm-up, kept out of results and thresholds
	Closed   bool // closed model: response time hides queueing
	Level    bool // open, at one rate from its beginning to its end
	Holds    int  // connections asked for by a held-connections phase, else 0
}

// ClosedOnly says whether closed users alone make what is recorded, held connections
// apart.
func (l *Layout) ClosedOnly() bool {
	closed := false
	for i := range l.Phases {
		if p := &l.Phases[i]; p.Recorded && p.Holds == 0 {
			if !p.Closed {
				return false
			}
			closed = true
		}
	}
	return closed
}

// A CellKey names one row: requests of one name in one phase. Heartbeats of a
// phase are a row of their own, so that they never mix with its users' requests.
type CellKey struct {
	Phase     int    // index into Layout.Phases
	Name      string // the unexpanded template or the name the file gives
	Method    string
	Recorded  bool // false: counted in the second accounting block (accounting_unrecorded)
	Heartbeat bool
	Timed     bool `json:",omitempty"` // what the target tells of its own time is recorded, in a Split
}

// Counters of one cell, in the order they lie in a counter block.
const (
	CellIntended = iota
	CellClass0   // Classes counters follow, one a Class
	_
	_
	_
	_
	_
	_
	CellBytesIn
	CellBytesOut
	CellChecksPassed
	CellChecksFailed
	CellRedirects
	cellCounters
)

// Counters of one phase, in the order they lie in a counter block.
const (
	PhaseIterIntended = iota
	PhaseIterCompleted
	PhaseIterAborted
	PhaseConnOpened
	PhaseConnDropped
	PhaseConnFailed
	PhaseHeartbeatsSent
	PhaseHeartbeatsAnswered
	PhaseTLSHandshakes
	PhaseTLSResumed
	PhaseEnded0 // Endings counters follow, one an Ending
	_
	_
	_
	_
	_
	_
	PhaseConnOpen // gauges: how many now
	PhaseConnHeld
	PhaseVUs
	PhaseInFlight
	PhaseQueued
	PhaseTimeWait
	phaseCounters
)

// CounterWords is the length, in 64-bit words, of the counter block of one loop.
// The block may lie in memory shared with the host, which reads it after the
// agent died: that is what makes censored exact.
func (l *Layout) CounterWords() int {
	return len(l.Cells)*cellCounters + len(l.Phases)*phaseCounters
}

// CellWord is the index in a counter block of counter c (CellIntended …) of a cell.
func (l *Layout) CellWord(cell, c int) int { return cell*cellCounters + c }

// PhaseWord is the index in a counter block of counter c (PhaseIterIntended …) of a phase.
func (l *Layout) PhaseWord(phase, c int) int {
	return len(l.Cells)*cellCounters + phase*phaseCounters + c
}
