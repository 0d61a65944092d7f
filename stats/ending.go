package stats

import "time"

// An Ending is why an open connection ended. Every one that was opened has one of
// them, or is still open.
type Ending uint8

// The endings.
const (
	EndedDone      Ending = iota // no longer needed: its user, iteration, request or phase had ended
	EndedAge                     // by max_age
	EndedRequests                // by max_requests
	EndedAnnounced               // the target's answer said that it was the last
	EndedIdle                    // the target closed or reset it while no answer was due
	EndedBusy                    // the target closed or reset it before it had answered
	EndedFailed                  // after a time-out, or an answer that was none
	Endings        = iota
)

var endingNames = [Endings]string{"done", "age", "requests", "announced", "idle", "busy", "failed"}

// String gives the name as it stands in files, such as "idle".
func (e Ending) String() string {
	if int(e) < Endings {
		return endingNames[e]
	}
	return "unknown"
}

// Ours says whether loadctl ended it, while it was good.
func (e Ending) Ours() bool { return e <= EndedRequests }

// Ended counts a connection that ended.
func (r *Recorder) Ended(phase int, why Ending) { r.count(phase, PhaseEnded0+int(why)) }

// SetTimeWait says how many ports are kept by connections that loadctl closed first.
func (r *Recorder) SetTimeWait(phase int, ports uint64) {
	r.counters[r.layout.PhaseWord(phase, PhaseTimeWait)] = ports
}

// drops are the times of connections that the target closed while they were idle.
type drops struct{ idle, age Histogram }

// DroppedIdle times a connection that ended as EndedIdle: how long it had carried
// nothing, and how long it had been open.
func (r *Recorder) DroppedIdle(phase int, idle, age time.Duration) {
	p := &r.phases[phase]
	if p.drops == nil {
		p.drops = new(drops)
	}
	p.drops.idle.Record(idle)
	p.drops.age.Record(age)
}
