package text

import (
	"encoding/json"
	"io"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// JSON writes a run as NDJSON: a "start" line, a "tick" each interval, an
// "event" for each event, and a "result" with the whole summary at its end.
// Fields are only ever added.
type JSON struct {
	Out      io.Writer
	Interval time.Duration // between ticks; 0 = 1 s

	lens view.Lens
	next stats.Offset
}

type startLine struct {
	Type     string    `json:"type"`
	Schema   string    `json:"schema"`
	RunID    string    `json:"run_id"`
	Scenario string    `json:"scenario"`
	SHA256   string    `json:"sha256"`
	Tool     string    `json:"tool"`
	Target   string    `json:"target"`
	Started  time.Time `json:"started"`
	PlannedS float64   `json:"planned_s"`
	Agents   int       `json:"agents"`
}

type tickLine struct {
	Type        string            `json:"type"`
	T           float64           `json:"t"`
	State       string            `json:"state"`
	Phase       string            `json:"phase"`
	Window      int               `json:"window_s"`
	Offered     float64           `json:"offered"`
	Achieved    float64           `json:"achieved"`
	FailedRate  float64           `json:"failed_rate"`
	ResponseMS  view.SummaryTimes `json:"response_ms"`
	ServiceMS   view.SummaryTimes `json:"service_ms"`
	PacerLagMS  float64           `json:"pacer_lag_p99_ms"`
	VUs         uint64            `json:"vus"`
	InFlight    uint64            `json:"in_flight"`
	Queued      uint64            `json:"queued"`
	Connections tickConnections   `json:"connections"`
	Agents      tickAgents        `json:"agents"`
	Thresholds  tickThresholds    `json:"thresholds"`
	Validity    string            `json:"validity"`
}

type tickConnections struct {
	Asked int    `json:"asked"`
	Open  uint64 `json:"open"`
	Held  uint64 `json:"held"`
}

type tickAgents struct {
	OK  int `json:"ok"`
	All int `json:"all"`
}

type tickThresholds struct {
	OK     int `json:"ok"`
	Broken int `json:"broken"`
}

type eventLine struct {
	Type  string  `json:"type"`
	T     float64 `json:"t"`
	Level string  `json:"level"`
	Kind  string  `json:"kind"`
	Text  string  `json:"text"`
}

type resultLine struct {
	Type string `json:"type"`
	Run  string `json:"run"`
	view.Summary
}

// Update shows what an update changed. The run has taken it already.
func (j *JSON) Update(r *stats.Run, u stats.Update) {
	switch {
	case u.Started != nil:
		j.next = j.interval()
		i := r.Info
		j.write(startLine{"start", "loadctl.ticks/v1", i.RunID, i.Scenario, i.SHA256, i.Tool, i.Target, i.Started.UTC(), i.Planned.Seconds(), len(r.Agents)})
	case u.Event != nil:
		j.write(eventLine{"event", u.Event.At.Seconds(), view.LevelName(u.Event.Level), u.Event.Kind, u.Event.Text})
	case u.Window != nil && u.Window.End() >= j.next:
		j.next = u.Window.End() + j.interval()
		j.write(tickOf(j.lens.Look(r, seconds(j.interval()))))
	}
}

func (j *JSON) interval() time.Duration {
	if j.Interval <= 0 {
		return time.Second
	}
	return j.Interval
}

func tickOf(v view.Live) tickLine {
	return tickLine{
		Type: "tick", T: v.Elapsed.Seconds(), State: v.State, Phase: v.Phase, Window: v.Window, Offered: v.Offered, Achieved: v.Achieved,
		FailedRate: v.ErrorRate, ResponseMS: view.Milliseconds(v.All.Response), ServiceMS: view.Milliseconds(v.All.Service),
		PacerLagMS: float64(v.PacerLag) / 1e6, VUs: v.VUs, InFlight: v.InFlight, Queued: v.Queued,
		Connections: tickConnections{v.ConnAsked, v.ConnOpen, v.ConnHeld}, Agents: tickAgents{v.AgentsOK, len(v.Agents)},
		Thresholds: tickThresholds{v.Held, v.Broken}, Validity: v.Validity.Verdict,
	}
}

// Result writes the last line.
func (j *JSON) Result(v *view.View, dir string) error {
	b, err := json.Marshal(resultLine{"result", dir, v.Summary()})
	if err != nil {
		return err
	}
	_, err = j.Out.Write(append(b, '\n'))
	return err
}

func (j *JSON) write(v any) {
	if b, err := json.Marshal(v); err == nil {
		_, _ = j.Out.Write(append(b, '\n'))
	}
}
