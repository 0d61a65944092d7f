package stats

import "time"

// A Run is everything kept of one run. It grows by Apply, one Update at a time,
// so a live dashboard, a run file and a report all see the same arithmetic.
type Run struct {
	Info     Info
	Layout   *Layout
	Windows  []Window // closed windows in order of Index, without holes
	Spans    []Span   // by phase index
	Events   []Event
	Agents   []AgentTotal
	Hosts    []Usage
	Self     Usage // the coordinator itself
	Verdicts []Verdict
	Validity Validity
	State    string // what it is doing now: "starting", "running", "paused", "draining", "done"
	// Lost are the counts of lost agents that no window holds: what their shared
	// counter blocks said after their death, less what had been reported; and what their
	// hosts had kept, and handed in when the run was over.
	Lost []CellStats
	// Late is what those hosts handed in.
	Late []LateTotal
	// Counted is what the target itself counted, nil where it is none of ours.
	Counted *TargetCount
	// Result is set by the last update.
	Result *Result
	// Monitors are what others told of themselves meanwhile: no figure has a part of it.
	Monitors []Monitor

	total  Snapshot // all windows
	sound  Snapshot // those that are not excluded
	lag    lagWatch
	checks checks
	bins   binStore   // of windows that lack no agent and that the generator did not spoil
	splits splitStore // of the same
	left   leaving
	law    lawWatch
	clocks clockWatch
	ports  portWatch
}

// Info is what is known before the first window.
type Info struct {
	RunID       string
	Scenario    string // the scenario's name
	File        string // its path as the user gave it
	Source      []byte // its text, word for word
	SHA256      string
	Description string
	Tags        map[string]string
	Tool        string // version and commit of loadctl
	Args        []string
	Started     time.Time // wall clock of the epoch
	Planned     time.Duration
	Target      string // base URL
	Seed        uint64
	Model       string // "open", "closed", "hold" or several joined by "+"
	Arrivals    string // "poisson", "uniform" or ""
	Rate        float64
	Requests    float64 // a second that open phases and heartbeats ask for at most; 0 = not known
	Ceiling     float64 // of these requests that the machines were measured to make a second (doctor --null); 0 = not known
	Asked       int     // connections asked for by hold phases
	Timeout     time.Duration
	SmallestSLO time.Duration // smallest response-time limit of thresholds and slo, 0 if none
	// Idle is the mean time that a closed user waits and thinks in an iteration; nil where
	// the scenario does not fix it, or is open.
	Idle      *time.Duration
	Beat      time.Duration // shortest heartbeat interval of a run that only holds connections, else 0
	Machine   map[string]string
	Pacing    string
	Tick      time.Duration
	OnLoss    string // what the loss of an agent means: "fail" (also ""), "degrade", "redistribute"
	AgentsMin int    // fewer agents than this make a run invalid; 0 = no claim
}

// A Window is one closed second: every live agent reported it.
type Window struct {
	Index  int64
	Merged *Snapshot
	Agents []AgentWindow
	// Partial says that an agent that should have reported did not: the window is
	// marked wherever it is shown, and left out of times, rates and shares.
	Partial bool
	// Paused is for how much of the window the run stood still: rates leave it out.
	Paused time.Duration
	// Apart is how far the same second of two hosts may lie from the run's, at most: by
	// how their clocks drift, and how well that is known. 0 with a single host.
	Apart time.Duration

	// What Run.Apply makes of it: the generator's own lateness has spoilt it, and it is
	// left out of times, rates and shares for that.
	spoilt, leftOut bool
}

// An AgentWindow is one agent's health in one window.
type AgentWindow struct {
	Name        string // such as "local-1"
	Host        string
	State       string        // "ok", "late", "lost"
	CPU         time.Duration // user+sys used in the window
	RSS         uint64        // bytes at its end
	Intended    uint64        // every row counts here, warm-up and heartbeats too
	Requests    uint64        // requests that were made and ended
	Failed      uint64        // what did not end as OK, not sent and censored included
	Connections uint64        // open at its end
	Held        uint64
	PacerLag    *Histogram // of the requests that Run.PacerLag is of
	Lost        uint64     // samples that could not be recorded

	// The wall clock of the agent: nothing is measured by it.
	ClockStep   time.Duration // by how much it was set since the window before; 0 = it was not
	ClockStepAt Offset
	ClockAhead  time.Duration // of that of its host, to the millisecond

	// Of recorded rows only: what thresholds with an agent tag are judged on.
	RecordedRequests, RecordedEnded, RecordedFailed uint64
	Response                                        *Histogram // of OK requests

	// Ports are those that its new connections have to choose from, 0 where that is not known;
	// PortsKept those of them at the end of the window that connections keep which it had
	// closed first (TIME_WAIT) and that cannot be taken again yet, at most.
	Ports     uint64 `json:",omitempty"`
	PortsKept uint64 `json:",omitempty"`

	Arrivals []ArrivalTest `json:",omitempty"` // of open phases that filled the window
	Vitals   Vitals        `json:",omitzero"`
}

// A Span is when a phase began, had all its connections, stopped issuing and ended.
type Span struct {
	Phase                         int
	Begin, Connected, End, Finish Offset // Never until known
}

// An Event is something worth a line beside the numbers.
type Event struct {
	At    Offset
	Level Level
	Kind  string // "phase", "agent", "threshold", "note", "stop", "generator"
	Text  string
}

// A Level orders events.
type Level uint8

// The levels of events.
const (
	Informative Level = iota
	Warning
	Severe
)

// An AgentTotal is one agent over the whole run.
type AgentTotal struct {
	Name, Host      string
	PID             int
	CPU             time.Duration
	MaxRSS          uint64
	Requests        uint64
	PeakConnections uint64
	// Due are the requests and heartbeats that became due, ByTicks those of them that did
	// while a loop woke by ticks. Both are 0 where that is not known, as of a lost agent.
	Due, ByTicks uint64
	Lost         string // why it was lost, "" if it was not
	LostAt       Offset
	Whole        bool `json:",omitempty"` // it was lost, and what it did then came late: all of it is known
}

// Usage is what a process of ours other than an agent used over the run.
type Usage struct {
	Name   string
	CPU    time.Duration
	MaxRSS uint64

	// Of hosts: how far its wall clock was ahead of the coordinator's, which nothing
	// depends on, and how far its seconds may have lain from the run's, at most.
	ClockAhead, Apart time.Duration

	Machine Machine `json:",omitzero"`
	// Streams is how often its stream with the coordinator was taken up again after it broke,
	// Connections the same of the connection that carries it, as that of SSH.
	Streams     int    `json:",omitempty"`
	Connections int    `json:",omitempty"`
	Lost        string `json:",omitempty"` // why it was lost, "" if it was not
	LostAt      Offset `json:",omitempty"`
}

// A Machine is what a host runs on, as that says itself.
type Machine struct {
	OS, Arch, Kernel string
	Version          string // of loadctl there
	Cores            uint64
	Memory           uint64 // bytes
}

// A Result is how a run ended.
type Result struct {
	Verdict  string // pass | fail | inconclusive | invalid | aborted
	ExitCode int
	Reason   string // why, when it is not simply thresholds
	Ended    Offset
}

// Validity says whether the generator, not the target, limited what was seen.
type Validity struct {
	Verdict string // valid | degraded | invalid
	Reasons []string
}

// An Update is one step of a run's growth; exactly one field is set.
type Update struct {
	Started  *Started
	Window   *Window
	Span     *Span
	Event    *Event
	Verdicts []Verdict
	Lost     *AgentLoss
	Late     *Late
	Settled  *Settlement
	State    *State
	Counted  *TargetCount
	Ended    *Ended
	Monitor  *MonitorNews
}

// Started begins a run.
type Started struct {
	Info   Info
	Layout *Layout
	Agents []AgentTotal
}

// State is what the run is doing now.
type State struct {
	Name string // "starting", "running", "paused", "draining", "done"
}

// An AgentLoss is an agent that died or fell silent, with the counts its windows miss.
type AgentLoss struct {
	Agent   string
	At      Offset
	Why     string
	Missing []CellStats // by layout cell; Censored holds what was in flight
	Phases  []PhaseStats
}

// Ended closes a run.
type Ended struct {
	Result Result
	Agents []AgentTotal
	Hosts  []Usage
	Self   Usage
}
