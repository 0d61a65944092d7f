package view_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

func TestConclusionNamesTheLimit(t *testing.T) {
	for want, story := range map[string]sample.Story{
		"Nothing was at its limit: of ":              sample.Healthy(),
		"The configured concurrency was the limit (": sample.Troubled(), // it makes requests wait for a connection
		"The users were the limit (":                 {Closed: true},
	} {
		v := view.New(sample.Run(story))
		if !strings.HasPrefix(v.LimitedBy.Sentence, want) || !strings.Contains(v.Conclusion, v.LimitedBy.Sentence) {
			t.Errorf("%q, and the conclusion %q; want %q", v.LimitedBy.Sentence, v.Conclusion, want)
		}
		s := v.Summary().Limit
		sum := 0.0
		for _, share := range s.Shares {
			sum += share
		}
		if s.Sentence != v.LimitedBy.Sentence || s.Who != string(v.LimitedBy.By) || sum < 0.99999 || sum > 1.00001 {
			t.Errorf("summary %+v: shares add up to %g", s, sum)
		}
	}
	if v := view.New(&stats.Run{}); v.LimitedBy.Sentence != "" || v.Summary().Limit.Who != "" {
		t.Errorf("of no run: %+v", v.LimitedBy)
	}
}

// TestLimitSaysWhoseItIs: a limit of one row speaks of that row, and of what it cannot know
// of it alone.
func TestLimitSaysWhoseItIs(t *testing.T) {
	v := view.New(sample.Run(sample.Troubled()))
	said := v.LimitedBy.Sentence
	for _, want := range []string{" that a request of /items/{id} took on average in the ", "split as for all requests of their phase, which is shared"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not say %q", said, want)
		}
	}
	if s := v.Summary().Limit; s.Of != (view.SummaryTags{Name: "/items/{id}"}) || !s.Shared {
		t.Errorf("%+v", s)
	}
	r := sample.Run(sample.Troubled())
	for i := range r.Verdicts {
		r.Verdicts[i].Threshold.Tags = stats.Tags{Agent: "local-1"}
	}
	if said := view.New(r).LimitedBy.Sentence; !strings.Contains(said, "too many of local-1's took longer than") || !strings.Contains(said, "of all agents") {
		t.Errorf("of an agent: %q", said)
	}
}

// TestABusyGeneratorIsTheLimit of closed users, whose service times hold its lateness.
func TestABusyGeneratorIsTheLimit(t *testing.T) {
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Closed: true}) {
		if w := u.Window; w != nil {
			w.Agents[0].Vitals.LoopBusy = stats.Read(0.99)
		}
		r.Apply(u)
	}
	v := view.New(r)
	if want := "The load generator was the limit (its loops were busy throughout, and "; !strings.HasPrefix(v.LimitedBy.Sentence, want) || v.Validity.Verdict != stats.Degraded {
		t.Errorf("%+v, %q", v.Validity, v.LimitedBy.Sentence)
	}
	if a := v.Summary().Agents[0]; a.Vitals.LoopBusy == nil || *a.Vitals.LoopBusy != 0.99 {
		t.Errorf("%+v", a)
	}
}

// A dashboard says at the end what the report says, and nothing before.
func TestLensSaysTheLimitAtTheEnd(t *testing.T) {
	var l view.Lens
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Seconds: 8, Freeze: 3}) {
		r.Apply(u)
		if said := l.Look(r, 10).Said; u.Window != nil && len(said) > 0 {
			t.Fatalf("said %q while the run goes on", said)
		}
	}
	said, want := l.Look(r, 10).Said, view.New(r).LimitedBy.Sentence
	if len(said) == 0 || said[0] != want {
		t.Errorf("%q, want %q", said, want)
	}
}

func TestClosedRunsAreHeaded(t *testing.T) {
	r := sample.Run(sample.Story{Closed: true})
	v := view.New(r)
	if v.Heading != view.ClosedHeading || v.Summary().Load.Note != view.ClosedHeading || !view.Look(r, 5).Closed {
		t.Errorf("view %q, summary %q, live %v", v.Heading, v.Summary().Load.Note, view.Look(r, 5).Closed)
	}
	if !strings.HasPrefix(v.Notes[0], "No capacity under an SLO follows") {
		t.Errorf("notes %q", v.Notes)
	}
	if all := v.Heading + v.Conclusion + strings.Join(v.Notes, "\n"); strings.Count(all, "hides queueing") != 1 {
		t.Errorf("said more than once: %s", all)
	}
	if v := view.New(sample.Run(sample.Story{})); v.Heading != "" || v.Summary().Load.Note != "" {
		t.Errorf("an open run is headed %q", v.Heading)
	}
}

// closedRun is users that ask, are answered after 30 ms and wait for 70 ms, for some
// seconds: 10 requests a second each.
func closedRun(users, seconds int, idle time.Duration) *stats.Run {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "load", Recorded: true, Closed: true}}, Cells: []stats.CellKey{{Name: "/", Recorded: true}}}
	rec := stats.NewRecorder(l, nil)
	r := new(stats.Run)
	r.Apply(stats.Update{Started: &stats.Started{Layout: l, Info: stats.Info{Idle: &idle, Model: "closed"}}})
	end := stats.Offset(seconds) * time.Second
	r.Apply(stats.Update{Span: &stats.Span{Begin: 0, Connected: stats.Never, End: end, Finish: end}})
	for s := range seconds {
		for range 10 * users {
			at := stats.Offset(s) * time.Second
			rec.Intend(0)
			rec.Iteration(0, stats.IterIntended)
			rec.Record(&stats.Sample{Status: 200, Intended: at, Scheduled: at, Connected: at, Written: at, FirstByte: at, Done: at + 30*time.Millisecond})
			rec.Iteration(0, stats.IterCompleted)
		}
		rec.SetGauges(0, 0, 0, uint64(users), 0, 0)
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(s), Merged: rec.Cut(int64(s))}})
	}
	return r
}

func TestLittlesLawIsJudged(t *testing.T) {
	for _, c := range []struct {
		idle time.Duration
		want string
	}{
		{70 * time.Millisecond, "20 users, and 200 requests/s × (30 ms response + 70 ms wait) = 20: it holds"},
		{72 * time.Millisecond, "it holds"},
		{0, "= 6: it does NOT hold"},
		{200 * time.Millisecond, "it does NOT hold"},
	} {
		if v := view.New(closedRun(20, 30, c.idle)); !strings.Contains(v.Little, c.want) || v.Summary().Load.Little != v.Little {
			t.Errorf("wait %s: %q, want %q", c.idle, v.Little, c.want)
		}
	}
	r := closedRun(20, 30, 0)
	r.Info.Idle = nil
	if v := view.New(r); !strings.Contains(v.Little, "each waited 70 ms in the mean; the scenario fixes no wait") {
		t.Errorf("%q", v.Little)
	}
}

func TestWarmupThatWasCutIsTold(t *testing.T) {
	v := view.New(sample.Run(sample.Healthy()))
	if v.Warmup != (view.Warmup{Requests: 300, Time: 5 * time.Second}) {
		t.Errorf("%+v", v.Warmup)
	}
	if s := v.Summary().Warmup; s.Requests != 300 || s.Seconds != 5 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(strings.Join(v.Notes, "\n"), "Warm-up of 5 s was cut: the 300 requests that were meant to start in it") {
		t.Errorf("%q", v.Notes)
	}
	if v := view.New(sample.Run(sample.Story{})); v.Warmup != (view.Warmup{}) || strings.Contains(strings.Join(v.Notes, "\n"), "Warm-up") {
		t.Errorf("nothing was cut: %+v, %q", v.Warmup, v.Notes)
	}
}

// growing are phases at one rate, at once, whose requests become more and more.
func growing(bySecond uint64, phases ...string) *stats.Run {
	l := &stats.Layout{Cells: []stats.CellKey{{Name: "/", Recorded: true}}}
	for _, name := range phases {
		l.Phases = append(l.Phases, stats.PhaseKey{Name: name, Recorded: true, Level: true})
	}
	r := new(stats.Run)
	r.Apply(stats.Update{Started: &stats.Started{Layout: l, Info: stats.Info{SmallestSLO: 100 * time.Millisecond}}})
	for i := range phases {
		r.Apply(stats.Update{Span: &stats.Span{Phase: i, Begin: 0, Connected: stats.Never, End: 40 * time.Second, Finish: stats.Never}})
	}
	for s := range 40 {
		var h stats.Histogram
		for range 100 {
			h.Record(20 * time.Millisecond)
		}
		m := &stats.Snapshot{Window: int64(s), Cells: []stats.CellStats{{Response: &h}}}
		for range phases {
			m.Phases = append(m.Phases, stats.PhaseStats{InFlight: 5 + uint64(s)*bySecond + uint64(s%3)})
		}
		m.Cells[0].Intended, m.Cells[0].Classes[stats.OK] = 100, 100
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(s), Merged: m}})
	}
	return r
}

func TestUnsustainedLoadIsSaid(t *testing.T) {
	v := view.New(growing(7, "load"))
	if !strings.HasPrefix(v.Unsustained, "Phase load was not sustained: requests in flight grew by 7") || !strings.Contains(v.Conclusion, v.Unsustained) {
		t.Errorf("%q in %q", v.Unsustained, v.Conclusion)
	}
	if v.Validity.Verdict != stats.Valid {
		t.Errorf("that is the target's doing, and no flaw of the measurement: %+v", v.Validity)
	}
	if s := v.Summary().Steady; len(s) != 1 || s[0].Sustained || s[0].SlowFirst == nil {
		t.Errorf("%+v", s)
	}
	if v.LimitedBy.By != stats.LimitTarget {
		t.Errorf("limited by %s", v.LimitedBy.By)
	}
	if v := view.New(growing(0, "load")); v.Unsustained != "" || !v.Summary().Steady[0].Sustained {
		t.Errorf("%q", v.Unsustained)
	}
}

func TestEveryUnsustainedPhaseIsSaid(t *testing.T) {
	v := view.New(growing(7, "a", "b", "c"))
	if !strings.HasPrefix(v.Unsustained, "Phases a, b and c were not sustained: requests in flight grew by 7") || strings.Count(v.Unsustained, "/s") != 3 {
		t.Errorf("%q", v.Unsustained)
	}
}

// TestDoubtComesFirst: who reads one sentence reads whether to believe the others.
func TestDoubtComesFirst(t *testing.T) {
	for _, verdict := range []string{stats.Degraded, stats.Invalid} {
		r := sample.Run(sample.Healthy())
		r.Validity = stats.Validity{Verdict: verdict, Reasons: []string{"so"}}
		if v := view.New(r); !strings.HasPrefix(v.Conclusion, "The measurement is "+verdict) {
			t.Errorf("%q", v.Conclusion)
		}
	}
	file, err := json.Marshal(view.New(sample.Run(sample.Story{})).Summary())
	if want := `{"schema":"` + view.SummarySchema + `","validity":{"verdict":"valid"`; err != nil || !strings.HasPrefix(string(file), want) {
		t.Errorf("%v, %.200s", err, file)
	}
}

// TestProbesAreShownWhereTheyCount: a scenario may ask about the target itself, which it
// counts apart, and the accounts do not.
func TestProbesAreShownWhereTheyCount(t *testing.T) {
	r := older(sample.Healthy())
	least, _ := r.Answers()
	r.Apply(stats.Update{Counted: &stats.TargetCount{Requests: 7, Probes: least - 7}})
	v := view.New(r)
	want := "7 answers and " + view.Group(least-7) + " about itself by its own count, " + view.Group(least) + " by these accounts"
	if s := v.Summary().TargetCount; v.Conserved.String() != want || !v.Conserved.Agrees || s.Counted != 7 || s.Probes != least-7 {
		t.Errorf("%s: %+v", v.Conserved, s)
	}
}

func TestTargetsCountIsShown(t *testing.T) {
	r := older(sample.Healthy())
	least, most := r.Answers()
	if view.New(r).Conserved.Known || view.New(r).Summary().TargetCount != nil {
		t.Error("a count that nobody told")
	}
	r.Apply(stats.Update{Counted: &stats.TargetCount{Requests: most}})
	v := view.New(r)
	if s := v.Summary().TargetCount; least != most || !v.Conserved.Agrees || s == nil || *s != (view.SummaryConserved{Counted: most, Least: least, Most: most, Agrees: true}) {
		t.Errorf("%+v, summary %+v", v.Conserved, s)
	}
	r.Apply(stats.Update{Counted: &stats.TargetCount{Requests: least - 1}})
	if v := view.New(r); v.Conserved.Agrees || v.Validity.Verdict != stats.Invalid {
		t.Errorf("%+v, %+v", v.Conserved, v.Validity)
	}
}
