// Package scenarios is the language: what users do, how they arrive, what must
// hold. Parse reads a file, reports every mistake at once with its place, and
// freezes what is right into flat values the agents walk over. It touches
// neither disk nor network: files reach it as bytes.
package scenarios

import (
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Scenario is a checked and frozen file. It is read by many loops at once and
// never written after Parse.
type Scenario struct {
	Name        string
	Description string
	Tags        map[string]string
	Vars        map[string]string // after overrides
	Replaced    map[string]string // those of them that are not the file's: Options.Vars for who parses it again
	Secrets     []string          // variables that authorize requests: their values are not for reports

	Target     Target
	HTTP       HTTP
	Users      []User
	Phases     []Phase
	Thresholds []stats.Threshold // thresholds: and slo:, in file order; of a level those that it is held to
	Uncounted  []stats.Threshold // of a level: limits that it would be held to, but for counting no bad requests
	Agents     Agents
	Fleet      *Fleet // what --fleet rents; nil = the file does not say
	AllowHosts []string

	// Layout numbers the rows; Step.Cells and Phase.HeartbeatCell index into it.
	Layout *stats.Layout

	Trial *Trial        // whose load this is; nil = the file's: Options.Trial for who parses it again
	beat  time.Duration // of the file's load, with a Trial

	Level *Level // the same: Options.Level

	AsksTiming bool // Options.ServerTiming, for who parses it again

	Source   []byte // the text, word for word
	Warnings []string
}

// Target is what is loaded.
type Target struct {
	BaseURL string // such as http://127.0.0.1:8080; empty when Bundled and not yet started
	Bundled bool   // start `loadctl target serve` for the run
	Workers int    // of the bundled target; 0 = its default
	TLS     *TLS   // of an https target; nil = plain HTTP
	// ResolveEvery is how often the name of the base URL is asked for again; 0 = once, at
	// the start.
	ResolveEvery time.Duration
	Monitors     []Monitor
}

// HTTP are the defaults of every request.
type HTTP struct {
	Timeout        time.Duration // from when the request is taken up to its last byte; default 10s
	ConnectTimeout time.Duration // default 3s
	Headers        []Header
	ExpectStatus   []StatusRange // default 2xx, 3xx
	KeepBodies     string        // needed | never
	Cookies        bool          // each user keeps its own
	Redirects      int           // most redirects followed; 0 = none
	Timing         *Timing       // nil = what the target tells of its own time is not recorded
}

// A Header is one header line of a request; Value may hold templates.
type Header struct {
	Name  string
	Value *Template
}

// A StatusRange is an inclusive range of statuses: 2xx is {200, 299}, 304 is {304, 304}.
type StatusRange struct{ From, To int }

// A User is a kind of virtual user.
type User struct {
	Name  string
	Wait  Wait // after each iteration (closed model only)
	Tasks []Task
	// TotalWeight is the sum of the weights, at least 1.
	TotalWeight int
}

// A Task is one way an iteration can go.
type Task struct {
	Name   string
	Weight int
	Steps  []Step
}

// A Step is one request of an iteration, after an optional pause.
type Step struct {
	// Think is slept before the request; the step's intended start is the end of the
	// step before plus this.
	Think Wait

	Name     string // row name: the unexpanded template unless the file names it
	Method   string
	Path     *Template // of the target's base URL, with its query
	Headers  []Header  // as sent, the defaults of http: included, without Content-Length
	Body     *Template // nil without body
	Timeout  time.Duration
	Expect   []StatusRange
	Checks   []Check
	NeedBody bool   // a check looks at the body
	Extra    *Extra // nil for most
	Timing   *Timing
	Network  Network

	// Cells gives the row of this step in each phase: Cells[phase], -1 where the
	// phase's user never runs it.
	Cells []int

	// The frozen request: all bytes up to Content-Length's value, and the body's
	// template when that is not part of head already.
	head, body *Template
	// closing is head for a connection that carries this request alone: it says so.
	// nil where no phase has such.
	closing *Template
}

// A Wait is how long to pause.
type Wait struct {
	Kind     WaitKind
	Min, Max time.Duration // Constant and Pacing use Min; Exponential's mean is Min
}

// A WaitKind is a law of pauses.
type WaitKind uint8

// The laws of pauses.
const (
	NoWait      WaitKind = iota
	Constant             // always Min
	Between              // uniform in [Min, Max]
	Exponential          // mean Min
	Pacing               // iterations start Min apart, if they are done by then
)

// A CheckKind is what a check looks at.
type CheckKind uint8

// The kinds of checks.
const (
	CheckStatus CheckKind = iota
	CheckHeader
	CheckBodyContains
	CheckJSONEquals
	CheckJSONExists
)

// A Check is a claim about a response.
type Check struct {
	Kind   CheckKind
	Name   string        // as printed, such as "status 200"
	Status []StatusRange // CheckStatus
	Header string        // CheckHeader: its name
	Path   string        // CheckJSON*: a gjson path compiled from $.a[0].b
	Want   *Template     // the text expected; for CheckJSONEquals compared with the value's text
	Equals bool          // CheckHeader: equals, otherwise contains
}

// An Executor is how a phase makes load.
type Executor uint8

// The executors.
const (
	ConstantVUs Executor = iota
	RampingVUs
	ConstantArrivalRate
	RampingArrivalRate
	HeldConnections
)

// Open says whether starts do not wait for answers.
func (e Executor) Open() bool { return e == ConstantArrivalRate || e == RampingArrivalRate }

// A Phase is one stretch of load.
type Phase struct {
	Name     string
	Executor Executor
	User     int // index into Users; for HeldConnections the heartbeat's user, or -1
	Record   bool
	Start    Start

	// Profile is the arrival rate over time (open) or, for vus, the number of users
	// over time; its Duration is the phase's. Empty for HeldConnections.
	Profile  arrival.Profile
	Arrivals arrival.Law   // open only
	MaxVUs   int           // open: cap on iterations in flight over all agents; 0 = none
	MaxLag   time.Duration // open: a queued arrival older than this ends as not_sent; default HTTP.Timeout
	Over     int           // phase whose held connections are used, or -1
	Pool     Pool          // how requests get connections; without meaning for HeldConnections and with Over

	// HeldConnections only.
	Connections   int
	ConnectRate   float64 // per second over all agents; 0 = as fast as it goes
	Hold          time.Duration
	Heartbeat     *Heartbeat
	HeartbeatCell int // -1 without heartbeat
	OnClose       OnClose
}

// Duration is how long the phase issues load: its profile, or for held
// connections the hold, counted from the last connect.
func (p *Phase) Duration() time.Duration {
	if p.Executor == HeldConnections {
		return p.Hold
	}
	return p.Profile.Duration()
}

// A Start says when a phase begins.
type Start struct {
	// With is the phase it is tied to, or -1: the end of the phase before it in the
	// file (the first begins at 0).
	With  int
	After StartEvent
	Delay time.Duration
}

// A StartEvent is a moment in the life of another phase.
type StartEvent uint8

// The moments a phase can be tied to.
const (
	AfterBegin     StartEvent = iota // the other phase begins
	AfterConnected                   // its last connection is open
	AfterFinished                    // it stopped issuing
	AfterDrained                     // its last request has ended
)

// A Heartbeat is the request sent now and then on each held connection; one that
// falls due while it is busy waits for it.
type Heartbeat struct {
	Task   int // index into the phase's user's tasks; its first step is sent
	Every  time.Duration
	Jitter float64 // share of Every, 0..1
}

// OnClose is what to do when the target closes a held connection.
type OnClose uint8

// What to do when a held connection is closed.
const (
	Reconnect OnClose = iota
	Count
	Abort
)

// OnLoss is what to do when an agent is lost.
type OnLoss uint8

// What to do when an agent is lost.
const (
	Fail OnLoss = iota
	Degrade
	Redistribute
)

// Agents says how many agents a run needs, and what happens when one is lost.
type Agents struct {
	Min    int // 0 = no claim
	OnLoss OnLoss
}
