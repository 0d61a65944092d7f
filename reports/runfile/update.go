package runfile

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/loadctl/loadctl/stats"
)

// UpdatesSchema names the format of updates.jsonl.gz: a header line, then one
// update a line.
const UpdatesSchema = "loadctl.updates/v1"

// A header is the first line of updates.jsonl.gz.
type header struct {
	Schema string `json:"schema"`
	RunID  string `json:"run_id"`
	Tool   string `json:"tool,omitempty"`
}

// A line is one stats.Update as JSON. Only verdicts differ: their value may be
// infinite, which JSON numbers cannot say.
type line struct {
	Started  *stats.Started     `json:"started,omitempty"`
	Window   *stats.Window      `json:"window,omitempty"`
	Span     *stats.Span        `json:"span,omitempty"`
	Event    *stats.Event       `json:"event,omitempty"`
	Verdicts []verdict          `json:"verdicts,omitzero"`
	Lost     *stats.AgentLoss   `json:"lost,omitempty"`
	Late     *stats.Late        `json:"late,omitempty"`
	Settled  *stats.Settlement  `json:"settled,omitempty"`
	State    *stats.State       `json:"state,omitempty"`
	Counted  *stats.TargetCount `json:"counted,omitempty"`
	Ended    *stats.Ended       `json:"ended,omitempty"`
}

type verdict struct {
	Threshold stats.Threshold
	Value     string // strconv's form, "+Inf" and "NaN" included
	NoData    bool
	Held      bool
	FirstFail stats.Offset
}

// writeUpdate writes an update's line: at once, since that of a second of many agents is megabytes long.
func writeUpdate(to io.Writer, u stats.Update) error {
	l := line{Started: u.Started, Window: u.Window, Span: u.Span, Event: u.Event, Lost: u.Lost, Late: u.Late, Settled: u.Settled, State: u.State, Counted: u.Counted, Ended: u.Ended}
	if u.Verdicts != nil {
		l.Verdicts = []verdict{}
	}
	for _, v := range u.Verdicts {
		l.Verdicts = append(l.Verdicts, verdict{v.Threshold, strconv.FormatFloat(v.Value, 'g', -1, 64), v.NoData, v.Held, v.FirstFail})
	}
	return json.NewEncoder(to).Encode(l)
}

// decode reads one line and holds it against the layout, which is nil before the
// line that brings it.
func decode(b []byte, layout *stats.Layout) (u stats.Update, err error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return u, err
	}
	u = stats.Update{Started: l.Started, Window: l.Window, Span: l.Span, Event: l.Event, Lost: l.Lost, Late: l.Late, Settled: l.Settled, State: l.State, Counted: l.Counted, Ended: l.Ended}
	if l.Verdicts != nil {
		u.Verdicts = []stats.Verdict{}
	}
	for _, v := range l.Verdicts {
		value, err := strconv.ParseFloat(v.Value, 64)
		if err != nil || math.IsNaN(v.Threshold.Limit) {
			return u, fmt.Errorf("verdict: %q is not a number", v.Value)
		}
		u.Verdicts = append(u.Verdicts, stats.Verdict{Threshold: v.Threshold, Value: value, NoData: v.NoData, Held: v.Held, FirstFail: v.FirstFail})
	}
	return u, check(u, layout)
}
