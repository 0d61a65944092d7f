package stats

// A Snapshot is what was counted and timed in one window of one second: by one
// loop, or merged over loops, agents and hosts. Counters are deltas of the
// window; gauges are values at its end.
type Snapshot struct {
	Window int64 // the window is [Window, Window+1) seconds after the epoch
	Cells  []CellStats
	Phases []PhaseStats
	Errors []ErrorGroup // in order of CompareErrors

	// Taken is by open phase, in order; it goes no further than the agent.
	Taken []Taken `json:"-"`
	// PortsKept is a gauge: ports that connections keep which were closed first, and that new
	// ones cannot take yet. It goes no further than the agent.
	PortsKept uint64 `json:"-"`
	// Busy is the largest share of the window, 0 to 1, in which a loop's thread had something
	// to do. It goes no further than the agent: see Vitals.LoopBusy.
	Busy Reading[float64] `json:"-"`
}

// CellStats are the counts and times of one row. Histograms are nil until the
// first value.
type CellStats struct {
	Intended                   uint64
	Classes                    [Classes]uint64
	BytesIn, BytesOut          uint64
	ChecksPassed, ChecksFailed uint64
	Redirects                  uint64 // followed: each belongs to the request it came from

	// Statuses counts whole answers by HTTP status, in rising order of status.
	Statuses []StatusCount

	Response  *Histogram // response time of OK requests; failures count as infinite beside it
	Service   *Histogram // service time of every request with a whole answer
	FirstByte *Histogram // first byte time of the same
	Failed    *Histogram // response time of failed requests, apart: fast failures never improve a percentile

	// Bins are when response times of recorded rows were meant to start, failures
	// infinite. Only Merge adds them; whoever appends windows keeps them elsewhere.
	Bins BinCounts `json:",omitempty"`

	// Split is where the time of OK requests of recorded rows went that are Timed. As with
	// Bins, only Merge adds it.
	Split *Split `json:",omitempty"`
}

// A StatusCount is how many answers had a status.
type StatusCount struct {
	Status int
	Count  uint64
}

// PhaseStats are the counts and times of one phase.
type PhaseStats struct {
	IterIntended, IterCompleted, IterAborted uint64
	ConnOpened, ConnDropped, ConnFailed      uint64
	HeartbeatsSent, HeartbeatsAnswered       uint64
	TLSHandshakes, TLSResumed                uint64          // that succeeded; and of those, that took up an earlier session
	Ended                                    [Endings]uint64 // connections, by why

	// Gauges at the end of the window: summed over agents, last over time.
	ConnOpen, ConnHeld, VUs, InFlight, Queued uint64
	TimeWait                                  uint64 // ports that connections closed by loadctl first keep for TimeWait

	Connect  *Histogram // TCP connect, of new connections only
	TLS      *Histogram // TLS handshake after it
	PoolWait *Histogram // waiting for a free connection
	PacerLag *Histogram // scheduled − intended: the generator's own lateness

	// Connections that the target closed while no answer was due (EndedIdle).
	DropIdle *Histogram // how long they had been idle: the target's keep-alive time-out, if it is one
	DropAge  *Histogram // how old they were
}

// An ErrorGroup is one kind of failure of one row.
type ErrorGroup struct {
	Cell        int
	Class       Class
	Status      int    // 0 when there was no answer
	Kind        string // "connection reset", "status 503", "check status"
	Count       uint64
	First, Last Offset
	// Samples are at most MaxErrorSamples examples, in order of At: the first, the
	// slowest and the last.
	Samples []ErrorSample
}

// Bounds of what is kept of errors. Past MaxErrorGroups in a window, or
// MaxRunErrorGroups in a run, the rarest groups are added up in one group of
// kind OtherErrors for each row and class.
const (
	MaxErrorSamples   = 3
	MaxErrorGroups    = 50
	MaxRunErrorGroups = 500
	MaxErrorDetail    = 200 // bytes
	OtherErrors       = "(other)"
)

// An ErrorSample is one example of a failure.
type ErrorSample struct {
	At       Offset // when it ended
	Response Offset // its response time
	Agent    string
	Detail   string // such as the path asked for, or what a check found; at most 200 bytes
}
