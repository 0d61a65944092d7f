package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// lateRun is requests that leave late and are answered after 100 µs, where p(99)<1ms breaks.
func lateRun(lag time.Duration) *stats.Run {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "load", Recorded: true}}, Cells: []stats.CellKey{{Name: "/", Recorded: true}}}
	rec, r := stats.NewRecorder(l, nil), new(stats.Run)
	r.Apply(stats.Update{Started: &stats.Started{Layout: l, Info: stats.Info{Model: "open", SmallestSLO: time.Millisecond, Tick: time.Millisecond, Pacing: "auto"}}})
	for s := range int64(3) {
		for range 200 {
			at := stats.Offset(s) * time.Second
			sent := at + lag
			rec.Intend(0)
			rec.Record(&stats.Sample{Class: stats.OK, Status: 200, Reused: true, Intended: at, Scheduled: sent, Connected: sent, Written: sent,
				FirstByte: sent + 100*time.Microsecond, Done: sent + 100*time.Microsecond})
		}
		r.Apply(stats.Update{Window: &stats.Window{Index: s, Merged: rec.Cut(s)}})
	}
	r.Apply(stats.Update{Verdicts: []stats.Verdict{{Threshold: stats.Threshold{Metric: "response_time", Agg: "p", P: 99, Op: "<", Limit: 0.001}, FirstFail: stats.Never}}})
	return r
}

// TestALateGeneratorIsNamedAsItIs: of a valid measurement it was said that the generator was late,
// and that its validity says so. With a limit of 1 ms it may be 1.5 ms late.
func TestALateGeneratorIsNamedAsItIs(t *testing.T) {
	for lag, c := range map[time.Duration]struct{ validity, want string }{
		1200 * time.Microsecond: {stats.Valid, "The load generator was the limit (its lateness took most of the time, though not as much as makes a measurement invalid): of "},
		50 * time.Millisecond:   {stats.Invalid, "The load generator was the limit (it was late, or out of something: see its validity): of "},
	} {
		v := view.New(lateRun(lag))
		if v.Validity.Verdict != c.validity || !strings.HasPrefix(v.LimitedBy.Sentence, c.want) {
			t.Errorf("%s: %+v, %q; want %s, %q", lag, v.Validity, v.LimitedBy.Sentence, c.validity, c.want)
		}
	}
}
