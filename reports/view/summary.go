package view

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// SummarySchema names the format of summary.json.
const SummarySchema = "loadctl.summary/v1"

// A Summary is summary.json: what a script asks of a run. Times are
// milliseconds; a percentile that failed requests reach into is null.
type Summary struct {
	Schema     string          `json:"schema"`
	Validity   SummaryValidity `json:"validity"` // first, as nothing below is worth more
	RunID      string          `json:"run_id"`
	Scenario   string          `json:"scenario"`
	Verdict    string          `json:"verdict"`
	ExitCode   int             `json:"exit_code"`
	Reason     string          `json:"reason,omitempty"`
	Started    time.Time       `json:"started"`
	DurationS  float64         `json:"duration_s"`
	LoadS      float64         `json:"load_s"`
	Load       SummaryLoad     `json:"load"`
	Conclusion string          `json:"conclusion"`
	Notes      []string        `json:"notes"`
	Limit      SummaryLimit    `json:"limit"`
	Steady     []SummarySteady `json:"steady"` // phases at one rate
	Warmup     SummaryWarmup   `json:"warmup"`

	Accounting           SummaryAccounting `json:"accounting"`
	AccountingUnrecorded SummaryAccounting `json:"accounting_unrecorded"`
	TargetCount          *SummaryConserved `json:"target_count"`

	OfferedRPS    float64            `json:"offered_rps"`
	ThroughputRPS float64            `json:"throughput_rps"`
	FailedRate    float64            `json:"failed_rate"`
	BytesReceived uint64             `json:"bytes_received"`
	BytesSent     uint64             `json:"bytes_sent"`
	Redirects     uint64             `json:"redirects"`
	Checks        SummaryChecks      `json:"checks"`
	Iterations    SummaryIterations  `json:"iterations"`
	Connections   SummaryConnections `json:"connections"`
	Heartbeats    SummaryHeartbeats  `json:"heartbeats"`

	ResponseMS   SummaryTimes      `json:"response_ms"`    // failures infinite
	Confidence   []SummaryInterval `json:"confidence"`     // of response_ms
	ResponseOKMS SummaryTimes      `json:"response_ok_ms"` // successful requests alone
	ServiceMS    SummaryTimes      `json:"service_ms"`
	FirstByteMS  SummaryTimes      `json:"first_byte_ms"`
	ConnectMS    SummaryTimes      `json:"connect_ms"`
	TLSMS        SummaryTimes      `json:"tls_ms"`
	PoolWaitMS   SummaryTimes      `json:"pool_wait_ms"`
	PacerLagMS   SummaryTimes      `json:"pacer_lag_ms"`
	DropIdleMS   SummaryTimes      `json:"drop_idle_ms"` // of connections that the target closed while idle: how long they had been
	DropAgeMS    SummaryTimes      `json:"drop_age_ms"`  // and how old they were

	Requests    []SummaryRequest   `json:"requests"`
	Split       []SummarySplit     `json:"split"` // where their time went, if it was asked
	Phases      []SummaryPhase     `json:"phases"`
	Errors      []SummaryError     `json:"errors"`
	Thresholds  []SummaryThreshold `json:"thresholds"`
	Agents      []SummaryAgent     `json:"agents"`
	Hosts       []SummaryHost      `json:"hosts"`
	Coordinator SummaryProcess     `json:"coordinator"`
	Excluded    []SummaryGap       `json:"excluded"`
	Monitors    []SummaryMonitor   `json:"monitors"`
}

// SummaryValidity says whether the measurement may be believed.
type SummaryValidity struct {
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
}

// SummaryLoad is what kind of load it was.
type SummaryLoad struct {
	Model    string  `json:"model"`
	Arrivals string  `json:"arrivals"`
	Rate     float64 `json:"rate"`
	Note     string  `json:"note,omitempty"`   // what stands above the report, of a closed model
	Little   string  `json:"little,omitempty"` // its consistency line

	Pacing SummaryPacing `json:"pacing"`

	// Which part of the arrivals that were due in a second was taken up in time.
	IssuedRatio *float64   `json:"issued_ratio"`
	Law         SummaryLaw `json:"law"`
}

// SummaryPacing is how the loops woke.
type SummaryPacing struct {
	Mode    string  `json:"mode"` // auto, ticks, precise
	TickMS  float64 `json:"tick_ms"`
	Due     uint64  `json:"due"`      // requests and heartbeats that became due; 0 = not known
	ByTicks uint64  `json:"by_ticks"` // of them, while a loop woke by ticks
}

// SummaryAccounting is one block of the accounting identity.
type SummaryAccounting struct {
	Intended    uint64 `json:"intended"`
	OK          uint64 `json:"ok"`
	HTTPError   uint64 `json:"http_error"`
	CheckFailed uint64 `json:"check_failed"`
	Timeout     uint64 `json:"timeout"`
	ConnError   uint64 `json:"conn_error"`
	NotSent     uint64 `json:"not_sent"`
	Censored    uint64 `json:"censored"`
}

// SummaryChecks counts checks, not requests.
type SummaryChecks struct {
	Passed uint64 `json:"passed"`
	Failed uint64 `json:"failed"`
}

// SummaryIterations counts iterations of recorded phases.
type SummaryIterations struct {
	Intended  uint64 `json:"intended"`
	Completed uint64 `json:"completed"`
	Aborted   uint64 `json:"aborted"`
}

// SummaryConnections counts connections of the whole run.
type SummaryConnections struct {
	Asked   int    `json:"asked"`
	Opened  uint64 `json:"opened"`
	HeldMin uint64 `json:"held_min"`
	Peak    uint64 `json:"peak"`
	Dropped uint64 `json:"dropped"`
	Failed  uint64 `json:"failed"`
	// Handshakes of TLS that succeeded, and of those, that took up an earlier session.
	TLSHandshakes uint64 `json:"tls_handshakes"`
	TLSResumed    uint64 `json:"tls_resumed"`

	Ended        map[string]uint64 `json:"ended"`          // by why, every one of those opened that is not still open
	TimeWaitPeak uint64            `json:"time_wait_peak"` // ports kept by closing first, at the end of any second
}

// SummaryHeartbeats counts heartbeats of held connections.
type SummaryHeartbeats struct {
	Sent     uint64 `json:"sent"`
	Answered uint64 `json:"answered"`
}

// SummaryTimes are milliseconds. Count includes failed requests; mean and max
// are of the values there are, null without any.
type SummaryTimes struct {
	Count  uint64   `json:"count"`
	Failed uint64   `json:"failed,omitempty"`
	Mean   *float64 `json:"mean"`
	P50    *float64 `json:"p50"`
	P90    *float64 `json:"p90"`
	P95    *float64 `json:"p95"`
	P99    *float64 `json:"p99"`
	P999   *float64 `json:"p999"`
	Max    *float64 `json:"max"`
}

// SummaryRequest is one request name.
type SummaryRequest struct {
	Name          string            `json:"name"`
	Method        string            `json:"method"`
	Accounting    SummaryAccounting `json:"accounting"`
	ThroughputRPS float64           `json:"throughput_rps"`
	FailedRate    float64           `json:"failed_rate"`
	BytesReceived uint64            `json:"bytes_received"`
	Redirects     uint64            `json:"redirects"`
	ResponseMS    SummaryTimes      `json:"response_ms"`
	Confidence    []SummaryInterval `json:"confidence"` // of response_ms
	ServiceMS     SummaryTimes      `json:"service_ms"`
	Statuses      map[int]uint64    `json:"statuses"`
}

// SummaryPhase is one phase; offsets are seconds after the epoch, null until known.
type SummaryPhase struct {
	Name       string            `json:"name"`
	Model      string            `json:"model"`
	Recorded   bool              `json:"recorded"`
	BeginS     *float64          `json:"begin_s"`
	ConnectedS *float64          `json:"connected_s,omitempty"`
	EndS       *float64          `json:"end_s"`
	Requests   uint64            `json:"requests"`
	RPS        float64           `json:"rps"`
	FailedRate float64           `json:"failed_rate"`
	ResponseMS SummaryTimes      `json:"response_ms"`
	Confidence []SummaryInterval `json:"confidence"`
}

// SummaryError is one kind of failure.
type SummaryError struct {
	Name   string  `json:"name"`
	Phase  string  `json:"phase"`
	Class  string  `json:"class"`
	Status int     `json:"status,omitempty"`
	Kind   string  `json:"kind"`
	Count  uint64  `json:"count"`
	FirstS float64 `json:"first_s"`
	LastS  float64 `json:"last_s"`

	Samples []SummarySample `json:"samples"`
}

// SummarySample is one example of a failure.
type SummarySample struct {
	T          float64 `json:"t"`
	ResponseMS float64 `json:"response_ms"`
	Agent      string  `json:"agent"`
	Detail     string  `json:"detail,omitempty"`
}

func summaryError(e ErrorRow) SummaryError {
	s := SummaryError{
		Name: e.Name, Phase: e.Phase, Class: e.Class.String(), Status: e.Status, Kind: e.Kind,
		Count: e.Count, FirstS: round(e.First.Seconds()), LastS: round(e.Last.Seconds()), Samples: []SummarySample{},
	}
	for _, x := range e.Samples {
		s.Samples = append(s.Samples, SummarySample{round(x.At.Seconds()), round(float64(x.Response) / 1e6), x.Agent, x.Detail})
	}
	return s
}

// SummaryThreshold is one limit; value is in the base unit (seconds, a fraction,
// per second, a number), null without data or when failures reach into it.
type SummaryThreshold struct {
	Metric    string   `json:"metric"`
	Expr      string   `json:"expr"`
	Value     *float64 `json:"value"`
	Observed  string   `json:"observed"`
	OK        bool     `json:"ok"`
	FirstFail *float64 `json:"first_fail_s"`
	SLO       bool     `json:"slo,omitempty"`

	// Sure says whether a long run would surely be on the same side of the limit; null where
	// that is not known, as of all but upper limits on percentiles of response time.
	Sure   *bool          `json:"sure"`
	Slower *SummarySlower `json:"slower"`
}

// SummaryAgent is one agent.
type SummaryAgent struct {
	Name            string  `json:"name"`
	Host            string  `json:"host"`
	CPUS            float64 `json:"cpu_s"`
	MaxRSSBytes     uint64  `json:"max_rss_bytes"`
	Requests        uint64  `json:"requests"`
	PeakConnections uint64  `json:"peak_connections"`
	Lost            string  `json:"lost,omitempty"`
	ClockAheadMS    float64 `json:"clock_ahead_ms,omitempty"` // of its host's wall clock, all along

	Vitals SummaryVitals `json:"vitals,omitzero"`
}

// SummaryProcess is a process of ours that made no load.
type SummaryProcess struct {
	Name        string  `json:"name"`
	CPUS        float64 `json:"cpu_s"`
	MaxRSSBytes uint64  `json:"max_rss_bytes"`
}

// SummaryClock compares a host's clocks with the coordinator's.
type SummaryClock struct {
	OffsetMS         float64 `json:"offset_ms"`          // of its wall clock, by which nothing is measured
	AlignmentErrorMS float64 `json:"alignment_error_ms"` // how far its seconds may have lain from the run's, at most
}

// A SummaryGap is seconds left out of times, rates and shares.
type SummaryGap struct {
	FromS  float64 `json:"from_s"`
	UntilS float64 `json:"until_s"`
	Reason string  `json:"reason"`
}

// Summary is the view as summary.json. Lists are never null.
func (v *View) Summary() Summary {
	s := Summary{
		Schema: SummarySchema, RunID: v.Info.RunID, Scenario: v.Info.Scenario, Verdict: v.Verdict,
		ExitCode: v.ExitCode, Reason: v.Reason, Conclusion: v.Conclusion, Notes: some(v.Notes),
		Validity: SummaryValidity{v.Validity.Verdict, some(v.Validity.Reasons)},
		Started:  v.Info.Started.UTC(), DurationS: round(v.Length.Seconds()), LoadS: round(v.LoadTime.Seconds()),
		Load: SummaryLoad{v.Info.Model, v.Info.Arrivals, v.Info.Rate, v.Heading, v.Little, v.summaryPacing(),
			issuedRatio(v.Punctuality), summaryLaw(v.Punctuality)},
		Limit: v.LimitedBy.summary(), Steady: summarySteady(v), Warmup: SummaryWarmup{v.Warmup.Requests, round(v.Warmup.Time.Seconds())},
		Accounting: accounting(v.Accounting), AccountingUnrecorded: accounting(v.Unrecorded), TargetCount: v.Conserved.summary(),
		OfferedRPS: round(v.Offered), ThroughputRPS: round(v.Throughput), FailedRate: v.ErrorRate,
		BytesReceived: v.BytesIn, BytesSent: v.BytesOut,
		Checks:      SummaryChecks{v.ChecksPassed, v.ChecksFailed},
		Redirects:   v.Redirects,
		Iterations:  SummaryIterations(v.Iterations),
		Heartbeats:  SummaryHeartbeats(v.Heartbeats),
		Coordinator: summaryProcess(v.Self),
	}
	c := v.Connections
	s.Connections = SummaryConnections{c.Asked, c.Opened, c.HeldMin, c.Peak, c.Dropped, c.Failed, c.Handshakes, c.Resumed, map[string]uint64{}, c.TimeWait}
	for i, n := range c.Ended {
		s.Connections.Ended[stats.Ending(i).String()] = n
	}
	s.ResponseMS, s.ResponseOKMS, s.ServiceMS = named(v.Response), named(v.ResponseOK), named(v.Service)
	s.FirstByteMS, s.ConnectMS, s.TLSMS = named(v.FirstByte), Milliseconds(v.Connect), Milliseconds(v.TLS)
	s.PoolWaitMS, s.PacerLagMS = Milliseconds(v.PoolWait), Milliseconds(v.PacerLag)
	s.DropIdleMS, s.DropAgeMS = Milliseconds(v.DropIdle), Milliseconds(v.DropAge)
	s.Confidence = v.Sure.summary()
	s.lists(v)
	return s
}

func (v *View) summaryPacing() SummaryPacing {
	p := SummaryPacing{Mode: v.Info.Pacing, TickMS: round(1000 * v.Info.Tick.Seconds())}
	for _, a := range v.Agents {
		p.Due, p.ByTicks = p.Due+a.Due, p.ByTicks+a.ByTicks
	}
	return p
}

func (s *Summary) lists(v *View) {
	s.Monitors = summaryMonitors(v.Monitors)
	s.Excluded = []SummaryGap{}
	for _, g := range v.Gaps {
		s.Excluded = append(s.Excluded, SummaryGap{g.From.Seconds(), g.Until.Seconds(), g.Why()})
	}
	s.Requests, s.Phases, s.Errors = []SummaryRequest{}, []SummaryPhase{}, []SummaryError{}
	s.Thresholds, s.Agents, s.Hosts = []SummaryThreshold{}, []SummaryAgent{}, []SummaryHost{}
	s.Split = summarySplits(v.Where)
	for _, e := range v.Endpoints {
		s.Requests = append(s.Requests, summaryRequest(e))
	}
	for _, p := range v.Phases {
		s.Phases = append(s.Phases, SummaryPhase{
			Name: p.Name, Model: p.Model, Recorded: p.Recorded, BeginS: offset(p.Begin), ConnectedS: offset(p.Connected),
			EndS: offset(p.End), Requests: p.Ended, RPS: round(p.PerSecond), FailedRate: p.ErrorRate, ResponseMS: named(p.Response), Confidence: p.Sure.summary(),
		})
	}
	for _, e := range v.Errors {
		s.Errors = append(s.Errors, summaryError(e))
	}
	for _, t := range v.Thresholds {
		sure, slower := t.summarySure()
		s.Thresholds = append(s.Thresholds, SummaryThreshold{t.Name, t.Name + ": " + t.Expr, finite(t), t.Observed, t.Held, offset(t.FirstFail), t.SLO, sure, slower})
	}
	for _, a := range v.Agents {
		s.Agents = append(s.Agents, SummaryAgent{a.Name, a.Host, round(a.CPU.Seconds()), a.MaxRSS, a.Requests, a.PeakConnections, a.Lost,
			round(1000 * a.ClockAhead.Seconds()), SummaryOf(&a.Vitals)})
	}
	for i := range v.Hosts {
		s.Hosts = append(s.Hosts, summaryHost(&v.Hosts[i]))
	}
}

func summaryRequest(e Endpoint) SummaryRequest {
	r := SummaryRequest{
		Name: e.Name, Method: e.Method, Accounting: accounting(e.Accounting), ThroughputRPS: round(e.PerSecond), FailedRate: e.ErrorRate,
		BytesReceived: e.BytesIn, Redirects: e.Redirects, ResponseMS: named(e.Response), Confidence: e.Sure.summary(), ServiceMS: named(e.Service), Statuses: map[int]uint64{},
	}
	for _, c := range e.Statuses {
		r.Statuses[c.Status] = c.Count
	}
	return r
}

func summaryProcess(p Process) SummaryProcess {
	return SummaryProcess{p.Name, round(p.CPU.Seconds()), p.MaxRSS}
}

func accounting(a stats.Accounting) SummaryAccounting {
	c := a.Classes
	return SummaryAccounting{a.Intended, c[stats.OK], c[stats.HTTPError], c[stats.CheckFailed], c[stats.Timeout], c[stats.ConnError], c[stats.NotSent], c[stats.Censored]}
}

// Milliseconds gives times as files show them.
func Milliseconds(t Times) SummaryTimes {
	s := SummaryTimes{Count: t.Count, Failed: t.Failed}
	if t.Count > t.Failed {
		s.Mean, s.Max = millis(t.Mean), millis(t.Max)
	}
	for i, to := range []**float64{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999} {
		if q := t.All()[i]; t.Count > 0 && !q.Infinite {
			*to = millis(q.Value)
		}
	}
	return s
}

func millis(d time.Duration) *float64 {
	ms := float64(d) / 1e6
	return &ms
}

func offset(at stats.Offset) *float64 {
	if at == stats.Never {
		return nil
	}
	s := round(at.Seconds())
	return &s
}

func finite(t Threshold) *float64 {
	v := t.Verdict.Value
	if t.NoData || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// round keeps a millionth: what is printed is what is stored.
func round(f float64) float64 { return math.Round(f*1e6) / 1e6 }

func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
