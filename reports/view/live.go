package view

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Live is what a dashboard shows of a run while it goes on. Rates, rows, agents
// and errors are those of the last Window seconds; Points is the whole run.
//
// Warm-up counts here like everything else (a reader wants to see it move);
// heartbeats are counted apart.
type Live struct {
	RunID, Scenario, File, Target string
	Model, Arrivals               string // "open", "closed", "hold", joined by "+"; "poisson", "uniform" or ""

	State    string // "starting", "running", "paused", "draining", "done"
	Verdict  string // "" while running; pass | fail | inconclusive | invalid | aborted
	ExitCode int
	Reason   string // why it ended so, when thresholds do not say it
	Validity stats.Validity
	Closed   bool     // what is recorded is of a closed model alone, see ClosedHeading
	Said     []string // of a run that is over: who was the limit, and whether the load was sustained

	Elapsed, Planned time.Duration
	Timeout          time.Duration // of requests: what a failed one is slower than
	Phase            string        // names of the phases issuing load now, joined by " + "
	PhaseNumber      int           // of the newest of them, from 1; 0 before the first
	Phases           []LivePhase

	Window            int     // seconds the figures below cover; fewer at the start, 0 before the first
	Excluded          int     // how many of them lack an agent's report, or were spoilt by the generator: figures leave them out
	Offered           float64 // requests that became due a second
	Achieved          float64 // whole answers a second
	ErrorRate         float64 // failed / ended, 0..1
	InFlight          uint64
	Queued            uint64 // due, waiting for a connection
	VUs               uint64
	TX, RX            float64 // bytes a second
	PacerLag          time.Duration
	PacerLagLimit     time.Duration // what it is judged against
	NotSent           uint64        // in the window
	Censored          uint64        // in the whole run so far, with lost agents' requests
	ConnOpen          uint64
	ConnHeld          uint64
	ConnAsked         int     // by hold phases
	ConnOpenRate      float64 // opened a second
	ConnDropped       uint64  // whole run
	ConnFailed        uint64  // whole run
	Heartbeats        uint64  // sent, whole run
	HeartbeatsMissing uint64  // sent and not answered (yet)

	Rows       []LiveRow // one a request name, busiest first
	All        LiveRow   // every row together; Name is "all"
	Sure       Sure      // of the whole run so far
	Thresholds []Threshold
	Held       int // thresholds that hold now
	Broken     int // thresholds that do not
	Waiting    int // thresholds without anything to judge yet
	Agents     []LiveAgent
	AgentsOK   int
	Errors     []ErrorRow // whole run, most frequent first
	Events     []stats.Event
	Points     []Point // one a window, in order; the whole run
	Heat       Heat    // response time of the whole run
	Accounting stats.Accounting
	Warmup     stats.Accounting // unrecorded rows: warm-up and heartbeats
}

// A LivePhase is one phase on the time line. End is as planned until it is known.
type LivePhase struct {
	Name           string
	Recorded       bool
	Closed         bool
	Holds          int
	Begin, End     stats.Offset // Never while nothing is known
	Running, Ended bool
}

// A LiveRow is one request name in the window.
type LiveRow struct {
	Name      string
	PerSecond float64 // ended a second
	Share     float64 // of all that ended, 0..1
	ErrorRate float64 // 0..1
	Ended     uint64
	Failed    uint64
	RX        float64 // bytes a second
	Response  Times   // failures are infinite
	Service   Times
	FirstByte Times
	Connect   Times           // only in All: connections belong to no request name
	Trend     []time.Duration // response p99 of the last seconds, 0 where nothing ended; at most TrendLength
}

// TrendLength bounds LiveRow.Trend.
const TrendLength = 60

// A LiveAgent is one agent, the one in most trouble first.
type LiveAgent struct {
	Name, Host  string
	State       string  // "ok", "late", "lost"
	CPU         float64 // cores, 0..
	RSS         uint64
	PerSecond   float64
	ErrorRate   float64
	Connections uint64
	Held        uint64
	PacerLag    time.Duration // p99 of the window
	Response    time.Duration // p99 of the window
	LostSamples uint64
	Why         string         // why it was lost
	Validity    stats.Validity // of its newest window
	Vitals      stats.Vitals   // the worst of the windows shown
}

// A Point is one second of the run (or one bucket of seconds in a report).
type Point struct {
	At       stats.Offset // its begin
	Seconds  float64      // its length
	Offered  float64      // a second
	Achieved float64      // a second
	Failed   float64      // a second
	Classes  [stats.Classes]float64
	TX, RX   float64

	VUs, InFlight, Queued uint64
	Open, Held            uint64
	OpenMin, HeldMin      uint64 // least of the bucket's seconds
	Dropped, ConnFailed   uint64

	Response Times
	Service  Times
	PacerLag time.Duration // p99
	Excluded bool          // a second of it is left out of times, rates and shares
	Paused   bool          // the run stood still in a part of it
}
