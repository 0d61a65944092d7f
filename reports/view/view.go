package view

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A View is a whole run as its report shows it: recorded rows make the figures,
// everything makes the charts over time, with warm-up marked.
type View struct {
	Info     stats.Info
	Verdict  string // pass | fail | inconclusive | invalid | aborted | unfinished
	ExitCode int
	Reason   string
	Validity stats.Validity
	Length   time.Duration // of the run, drain included
	LoadTime time.Duration // seconds of recorded load, what rates are divided by

	Conclusion string   // one paragraph: what was offered, reached, broken, and by whom
	Pacing     string   // how the loops woke: what was asked for, and what auto did
	Arrivals   string   // how they kept to the schedules of open phases, "" if that is not known
	Notes      []string // what a reader must know to read the numbers right
	Heading    string   // what stands above the figures, such as of a closed model; else ""
	Little     string   // closed model: the consistency line, else ""

	LimitedBy   LimitedBy // who was the limit
	Steadiness  stats.Steadiness
	Unsustained string // that the load was not sustained, else ""
	Warmup      Warmup // what was cut
	Conserved   Conserved

	Accounting, Unrecorded stats.Accounting
	Punctuality            stats.Punctuality
	Throughput             float64 // requests made and ended, a second of recorded load
	Offered                float64 // intended a second of recorded load
	ErrorRate              float64 // failed / ended
	BytesIn, BytesOut      uint64
	ChecksPassed           uint64
	ChecksFailed           uint64
	Redirects              uint64 // followed
	Iterations             Iterations
	Connections            Connections
	Heartbeats             Heartbeats

	Response   Times // failures infinite: the only series for limits
	ResponseOK Times // of ok requests alone, always shown with the failed share
	Failures   Times // response times of failed requests
	Service    Times
	FirstByte  Times
	Connect    Times
	TLS        Times
	PoolWait   Times
	PacerLag   Times
	Sure       Sure  // of Response
	DropIdle   Times // how long connections had been idle that the target closed while they were
	DropAge    Times // how old they were

	Thresholds []Threshold
	Phases     []Phase
	Points     []Point // at most MaxPoints
	Step       int     // seconds a point
	Heat       Heat
	Spectrum   Spectrum
	Endpoints  []Endpoint // recorded, busiest first
	Beats      []Endpoint // heartbeat rows
	Where      []Where    // where the time went, of requests whose target told; nil = not asked
	Errors     []ErrorRow // at most MaxErrors
	MoreErrors int        // groups left out
	Agents     []Agent
	Hosts      []Host
	Self       Process
	Events     []stats.Event
	Gaps       []stats.Gap // seconds left out of times, rates and shares
	Limit      time.Duration
	Monitors   []Monitor // what others told of themselves meanwhile
}

// Iterations are those of recorded phases.
type Iterations struct{ Intended, Completed, Aborted uint64 }

// Connections are those of the whole run. HeldMin and Peak are over seconds, of
// the sum over agents.
type Connections struct {
	Asked                   int
	Opened, Dropped, Failed uint64
	Handshakes, Resumed     uint64 // of TLS
	HeldMin, PeakHeld       uint64 // least and most held while all should be held
	Peak                    uint64 // most open at the end of any second
	Ended                   [stats.Endings]uint64
	TimeWait                uint64 // most ports at the end of any second that loadctl kept by closing first
}

// Heartbeats are those of held connections.
type Heartbeats struct{ Sent, Answered uint64 }

// A Phase is one phase of a run and what its requests saw.
type Phase struct {
	Name             string
	Model            string // "open", "closed", "hold"
	Recorded, Closed bool
	Holds            int
	Begin, Connected stats.Offset // Never when unknown
	End, Finish      stats.Offset
	Intended, Ended  uint64
	PerSecond        float64
	ErrorRate        float64
	Response         Times
	Sure             Sure // of Response; of a phase that is not recorded nothing is known
	ConnOpened       uint64
	HeldMin          uint64
}

// An Endpoint is one request name over the recorded run.
type Endpoint struct {
	Name, Method string
	Accounting   stats.Accounting
	Ended        uint64
	PerSecond    float64
	ErrorRate    float64
	Response     Times
	Sure         Sure // of Response
	Service      Times
	FirstByte    Times
	BytesIn      uint64
	Checks       [2]uint64 // passed, failed
	Redirects    uint64    // followed
	Statuses     []stats.StatusCount
	Trend        []time.Duration // response p99 of each point, 0 where nothing ended
}

// An Agent is one agent over the run.
type Agent struct {
	Name, Host      string
	CPU             time.Duration
	Cores           float64 // mean cores used
	MaxRSS          uint64
	Requests        uint64
	PeakConnections uint64
	PacerLag        Times
	Response        time.Duration // p99 of ok requests
	LostSamples     uint64
	Due, ByTicks    uint64 // requests that became due, and while a loop woke by ticks; 0 = not known
	Lost            string // why it was lost, "" if it was not
	LostAt          stats.Offset
	ClockAhead      time.Duration // of its host's wall clock, all along
	Vitals          stats.Vitals  // the worst of all windows
}

// A Process is one of ours that made no load.
type Process struct {
	Name   string
	CPU    time.Duration
	Cores  float64
	MaxRSS uint64
	// Of hosts, as stats.Usage has them.
	ClockAhead, Apart time.Duration
}

// MaxErrors and MaxEndpoints bound the tables of a report.
const (
	MaxErrors    = 50
	MaxEndpoints = 200
)

// New computes the view of a run, finished or not.
func New(r *stats.Run) *View {
	v := &View{Info: r.Info, Validity: r.Validity, Events: r.Events, Limit: r.Info.SmallestSLO}
	v.outcome(r)
	if r.Layout == nil {
		v.Conclusion = conclusion(v)
		return v
	}
	v.figures(r)
	v.Thresholds = thresholds(r)
	doubts(r, v.Thresholds)
	v.Phases = phasesView(r)
	v.Points, v.Step, v.Heat = pointsOf(r), stepOf(len(r.Windows)), heatOf(r)
	v.Errors = errorRows(r, everything)
	if len(v.Errors) > MaxErrors {
		v.MoreErrors, v.Errors = len(v.Errors)-MaxErrors, v.Errors[:MaxErrors]
	}
	v.generators(r)
	v.Monitors = monitors(r, v.Length)
	v.Pacing = pacing(v, r)
	v.Punctuality = r.Punctuality()
	v.Arrivals = arrivals(v)
	v.Steadiness = stats.JudgeSteadiness(r)
	v.Heading, v.Warmup, v.LimitedBy = heading(r.Layout), warmup(r), limitedBy(r, v.Steadiness)
	v.Unsustained = unsustained(r, v.Steadiness)
	v.Conserved = conserved(r)
	v.Little = little(v, r)
	v.Notes = append(notes(v, r.Layout), steadyNotes(r, v.Steadiness)...)
	v.Notes = append(v.Notes, fullNotes(v.Monitors)...)
	v.Conclusion = conclusion(v)
	return v
}

func (v *View) outcome(r *stats.Run) {
	if n := len(r.Windows); n > 0 {
		v.Length = time.Duration(r.Windows[n-1].Index+1) * time.Second
	}
	v.Verdict = "unfinished"
	if r.Result != nil {
		v.Verdict, v.ExitCode, v.Reason = r.Result.Verdict, r.Result.ExitCode, r.Result.Reason
		v.Length = max(v.Length, r.Result.Ended)
	}
	if v.Validity.Verdict == "" {
		v.Validity.Verdict = "valid"
	}
	v.Gaps = r.Gaps()
}

// figures are the numbers of the recorded run.
func (v *View) figures(r *stats.Run) {
	total := r.Total()
	rows := rowsOf(r, recorded)
	all := sum(rows)
	v.LoadTime = r.LoadTime()
	seconds := v.LoadTime.Seconds()
	v.Accounting, v.Unrecorded = r.Accounting(true), r.Accounting(false)
	v.Throughput, v.Offered = r.Throughput(), per(all.Intended, seconds)
	v.ErrorRate = share(all.Bad(), all.Ended())
	v.BytesIn, v.BytesOut = all.whole.BytesIn, all.whole.BytesOut
	v.ChecksPassed, v.ChecksFailed, v.Redirects = all.whole.ChecksPassed, all.whole.ChecksFailed, all.whole.Redirects
	v.Response, v.ResponseOK = all.response(), TimesOf(all.Response, 0)
	v.Sure = sureOf(r, recorded)
	v.Failures, v.Service, v.FirstByte = TimesOf(all.Failed, 0), TimesOf(all.Service, 0), TimesOf(all.FirstByte, 0)
	v.Spectrum = spectrumOf(all)
	v.phaseCounts(r, total)
	v.phaseTimes(r, r.Sound())
	v.Endpoints = endpoints(r, rows, seconds)
	v.Where = whereOf(r, v.Endpoints)
	v.Beats = endpoints(r, rowsOf(r, heartbeats), r.Issuing(holds(r.Layout)...).Seconds())
}

// sumPhases adds up all phases, and those that are recorded.
func sumPhases(l *stats.Layout, s *stats.Snapshot) (all, kept stats.PhaseStats) {
	for i := range s.Phases {
		addPhase(&all, &s.Phases[i])
		if l.Phases[i].Recorded {
			addPhase(&kept, &s.Phases[i])
		}
	}
	return all, kept
}

// phaseTimes are the times that belong to phases: connecting, waiting for a
// connection, and the generator's own lateness.
func (v *View) phaseTimes(r *stats.Run, sound *stats.Snapshot) {
	all, kept := sumPhases(r.Layout, sound)
	v.Connect, v.TLS = TimesOf(all.Connect, 0), TimesOf(all.TLS, 0)
	v.PoolWait, v.PacerLag = TimesOf(kept.PoolWait, 0), TimesOf(r.PacerLag(sound), 0)
	v.DropIdle, v.DropAge = TimesOf(all.DropIdle, 0), TimesOf(all.DropAge, 0)
}

// phaseCounts are the counts that belong to phases: connections, heartbeats and
// iterations.
func (v *View) phaseCounts(r *stats.Run, total *stats.Snapshot) {
	all, kept := sumPhases(r.Layout, total)
	v.Iterations = Iterations{kept.IterIntended, kept.IterCompleted, kept.IterAborted}
	v.Heartbeats = Heartbeats{all.HeartbeatsSent, all.HeartbeatsAnswered}
	v.Connections = Connections{
		Asked: r.Info.Asked, Opened: all.ConnOpened, Dropped: all.ConnDropped, Failed: all.ConnFailed,
		Handshakes: all.TLSHandshakes, Resumed: all.TLSResumed,
		Ended: all.Ended,
	}
	v.Connections.Peak, v.Connections.TimeWait = peaks(r)
	v.Connections.HeldMin, _ = r.HeldMin()
	v.Connections.PeakHeld, _ = r.HeldPeak()
}

// peaks are the most connections open, and ports in TIME_WAIT, at the end of any
// second, over all agents.
func peaks(r *stats.Run) (open, timeWait uint64) {
	for i := range r.Windows {
		p := phasesOf(r.Windows[i : i+1])
		open, timeWait = max(open, p.ConnOpen), max(timeWait, p.TimeWait)
	}
	return open, timeWait
}

// holds are the phases that hold connections.
func holds(l *stats.Layout) (phases []int) {
	for i := range l.Phases {
		if l.Phases[i].Holds > 0 {
			phases = append(phases, i)
		}
	}
	return phases
}

func per(n uint64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

func (v *View) generators(r *stats.Run) {
	seconds := v.Length.Seconds()
	for _, a := range r.Agents {
		row := Agent{
			Name: a.Name, Host: a.Host, CPU: a.CPU, MaxRSS: a.MaxRSS, Requests: a.Requests,
			PeakConnections: a.PeakConnections, Due: a.Due, ByTicks: a.ByTicks, Lost: a.Lost, LostAt: a.LostAt,
		}
		if seconds > 0 {
			row.Cores = a.CPU.Seconds() / seconds
		}
		agentTimes(r, &row)
		row.Vitals = VitalsOf(r.Windows, row.Name)
		v.Agents = append(v.Agents, row)
	}
	for _, h := range r.Hosts {
		v.Hosts = append(v.Hosts, hostOf(r, h, seconds))
	}
	v.Self = process(r.Self, seconds)
}

func agentTimes(r *stats.Run, row *Agent) {
	var lag, response stats.Histogram
	windows := 0
	for i := range r.Windows {
		for j := range r.Windows[i].Agents {
			a := &r.Windows[i].Agents[j]
			if a.Name != row.Name {
				continue
			}
			row.LostSamples += a.Lost
			if a.RSS > 0 { // it did report
				row.ahead(a.ClockAhead, windows)
				windows++
			}
			if !r.Windows[i].Excluded() {
				lag.Merge(a.PacerLag)
				response.Merge(a.Response)
			}
		}
	}
	row.PacerLag, row.Response = TimesOf(&lag, 0), response.Percentile(99)
}

// ahead keeps what held in every window: a clock that is set while both are read looks
// wrong in one.
func (a *Agent) ahead(by time.Duration, windows int) {
	if windows == 0 || by.Abs() < a.ClockAhead.Abs() {
		a.ClockAhead = by
	}
}

func process(u stats.Usage, seconds float64) Process {
	p := Process{Name: u.Name, CPU: u.CPU, MaxRSS: u.MaxRSS, ClockAhead: u.ClockAhead, Apart: u.Apart}
	if seconds > 0 {
		p.Cores = u.CPU.Seconds() / seconds
	}
	return p
}
