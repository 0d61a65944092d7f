package runfile

import (
	"encoding/json"
	"io"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// Schemas of the line files; the first line of each carries it.
const (
	SeriesSchema = "loadctl.series/v1"
	AgentsSchema = "loadctl.agents/v1"
	EventsSchema = "loadctl.events/v1"
	ErrorsSchema = "loadctl.errors/v1"
)

type schemaLine struct {
	Schema string `json:"schema"`
	RunID  string `json:"run_id"`
}

// A second is one line of series.jsonl.gz. Rates are a second, times
// milliseconds; a percentile that failures reach into, or that has no values, is
// null.
type second struct {
	T           float64           `json:"t"`
	Phases      []string          `json:"phases"`
	Offered     float64           `json:"offered"`
	Achieved    float64           `json:"achieved"`
	Failed      float64           `json:"failed"`
	Classes     map[string]uint64 `json:"classes"`
	VUs         uint64            `json:"vus"`
	InFlight    uint64            `json:"in_flight"`
	Queued      uint64            `json:"queued"`
	Open        uint64            `json:"connections_open"`
	Held        uint64            `json:"connections_held"`
	Dropped     uint64            `json:"connections_dropped"`
	ConnFailed  uint64            `json:"connections_failed"`
	Sent        float64           `json:"bytes_sent"`
	Received    float64           `json:"bytes_received"`
	ResponseMS  view.SummaryTimes `json:"response_ms"`
	ServiceMS   view.SummaryTimes `json:"service_ms"`
	PacerLagP99 float64           `json:"pacer_lag_p99_ms"`
	Partial     bool              `json:"partial,omitempty"`
	LeftOut     bool              `json:"late,omitempty"`
	Paused      float64           `json:"paused_s,omitempty"`
	Apart       float64           `json:"hosts_apart_ms,omitempty"`
}

func writeSeries(to io.Writer, r *stats.Run) error {
	e := json.NewEncoder(to)
	err := e.Encode(schemaLine{SeriesSchema, r.Info.RunID})
	for i := range r.Windows {
		if err != nil {
			return err
		}
		p := view.PointOf(r, r.Windows[i:i+1])
		s := second{
			T: p.At.Seconds(), Phases: view.PhasesAt(r, p.At), Offered: p.Offered, Achieved: p.Achieved, Failed: p.Failed,
			Classes: map[string]uint64{}, VUs: p.VUs, InFlight: p.InFlight, Queued: p.Queued, Open: p.Open, Held: p.Held,
			Dropped: p.Dropped, ConnFailed: p.ConnFailed, Sent: p.TX, Received: p.RX,
			ResponseMS: view.Milliseconds(p.Response), ServiceMS: view.Milliseconds(p.Service),
			PacerLagP99: float64(p.PacerLag) / 1e6, Partial: r.Windows[i].Partial, LeftOut: r.Windows[i].LeftOut(), Paused: r.Windows[i].Paused.Seconds(),
			Apart: float64(r.Windows[i].Apart) / 1e6,
		}
		for c, n := range p.Classes {
			s.Classes[stats.Class(c).String()] = uint64(n)
		}
		err = e.Encode(s)
	}
	return err
}

// An agentSecond is one line of agents.jsonl.gz.
type agentSecond struct {
	T           float64 `json:"t"`
	Agent       string  `json:"agent"`
	Host        string  `json:"host"`
	State       string  `json:"state"`
	CPU         float64 `json:"cpu_s"`
	RSS         uint64  `json:"rss_bytes"`
	Intended    uint64  `json:"intended"`
	Requests    uint64  `json:"requests"`
	Failed      uint64  `json:"failed"`
	Connections uint64  `json:"connections_open"`
	Held        uint64  `json:"connections_held"`
	PacerLagP99 float64 `json:"pacer_lag_p99_ms"`
	ResponseP99 float64 `json:"response_p99_ms"`
	LostSamples uint64  `json:"lost_samples,omitempty"`
	ClockStep   float64 `json:"clock_step_ms,omitempty"`
	ClockAhead  float64 `json:"clock_ahead_ms,omitempty"`
	Ports       uint64  `json:"ports,omitempty"`
	PortsKept   uint64  `json:"ports_kept,omitempty"`

	Validity string             `json:"validity,omitempty"` // of a second that was reported
	Reasons  []string           `json:"reasons,omitempty"`
	Vitals   view.SummaryVitals `json:"vitals,omitzero"`
}

func writeAgents(to io.Writer, r *stats.Run) error {
	e := json.NewEncoder(to)
	err := e.Encode(schemaLine{AgentsSchema, r.Info.RunID})
	for i := range r.Windows {
		for _, a := range r.Windows[i].Agents {
			if err != nil {
				return err
			}
			var validity stats.Validity
			if a.PacerLag != nil || a.Vitals != (stats.Vitals{}) {
				validity = stats.JudgeWindow(r, &r.Windows[i], &a)
			}
			err = e.Encode(agentSecond{
				float64(r.Windows[i].Index), a.Name, a.Host, a.State, a.CPU.Seconds(), a.RSS, a.Intended, a.Requests, a.Failed,
				a.Connections, a.Held, float64(a.PacerLag.Percentile(99)) / 1e6, float64(a.Response.Percentile(99)) / 1e6, a.Lost,
				float64(a.ClockStep) / 1e6, float64(a.ClockAhead) / 1e6, a.Ports, a.PortsKept,
				validity.Verdict, validity.Reasons, view.SummaryOf(&a.Vitals),
			})
		}
	}
	return err
}

// An event is one line of events.jsonl.
type event struct {
	T     float64 `json:"t"`
	Level string  `json:"level"`
	Kind  string  `json:"kind"`
	Text  string  `json:"text"`
}

func writeEvents(to io.Writer, r *stats.Run) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	err := e.Encode(schemaLine{EventsSchema, r.Info.RunID})
	for _, one := range r.Events {
		if err != nil {
			return err
		}
		err = e.Encode(event{one.At.Seconds(), view.LevelName(one.Level), one.Kind, one.Text})
	}
	return err
}

// An errorSample is one line of errors.jsonl.gz.
type errorSample struct {
	Name       string  `json:"name"`
	Phase      string  `json:"phase"`
	Class      string  `json:"class"`
	Status     int     `json:"status,omitempty"`
	Kind       string  `json:"kind"`
	Count      uint64  `json:"count"`
	FirstS     float64 `json:"first_s"`
	LastS      float64 `json:"last_s"`
	T          float64 `json:"t"`
	ResponseMS float64 `json:"response_ms"`
	Agent      string  `json:"agent"`
	Detail     string  `json:"detail,omitempty"`
}

func writeErrors(to io.Writer, v *view.View) error {
	e := json.NewEncoder(to)
	err := e.Encode(schemaLine{ErrorsSchema, v.Info.RunID})
	for _, g := range v.Errors {
		for _, s := range g.Samples {
			if err != nil {
				return err
			}
			err = e.Encode(errorSample{
				g.Name, g.Phase, g.Class.String(), g.Status, g.Kind, g.Count, g.First.Seconds(), g.Last.Seconds(),
				s.At.Seconds(), float64(s.Response) / 1e6, s.Agent, s.Detail,
			})
		}
	}
	return err
}
