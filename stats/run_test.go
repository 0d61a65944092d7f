package stats

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// A story grows a run of the test layout, one window a second.
type story struct {
	*Run
	rec  *Recorder
	next int64
}

func begin(info Info) *story {
	l := testLayout()
	s := &story{Run: &Run{}, rec: NewRecorder(l, nil)}
	s.Apply(Update{Started: &Started{Info: info, Layout: l, Agents: []AgentTotal{{Name: "local-1"}, {Name: "local-2"}}}})
	return s
}

func (s *story) request(x *Sample) {
	s.rec.Intend(x.Cell)
	s.rec.Record(x)
}

// ok records n requests of a row that held.
func (s *story) ok(cell, n int, took time.Duration) {
	for range n {
		s.request(answered(cell, Offset(s.next)*time.Second, took))
	}
}

// close closes the window that is open.
func (s *story) close() *Window {
	snap := s.rec.Cut(s.next)
	health := snap.Health(s.Layout)
	health.Name, health.CPU, health.RSS = "local-1", time.Millisecond, 1000
	w := &Window{Index: s.next, Merged: snap, Agents: []AgentWindow{health}}
	s.next++
	s.Apply(Update{Window: w})
	return w
}

func (s *story) span(phase int, begin, connected, end Offset) {
	s.Apply(Update{Span: &Span{Phase: phase, Begin: begin, Connected: connected, End: end, Finish: end}})
}

func (s *story) judge(t *testing.T, selector, expr string) Verdict {
	t.Helper()
	th, err := ParseThreshold(selector, expr)
	if err != nil {
		t.Fatal(err)
	}
	if err := th.Check(s.Layout); err != nil {
		t.Fatal(err)
	}
	return Judge(th, s.Run)
}

// wants judges a threshold and compares what was seen, as people read it.
func (s *story) wants(t *testing.T, selector, expr, seen string, held bool) {
	t.Helper()
	v := s.judge(t, selector, expr)
	got := v.Threshold.Format(v.Value)
	if v.NoData {
		got = "no data"
	}
	if got != seen || v.Held != held {
		t.Errorf("%s: %s: saw %s held %v, want %s held %v", selector, expr, got, v.Held, seen, held)
	}
}

func TestApplyCountsEachWindowOnce(t *testing.T) {
	s := begin(Info{})
	s.ok(steadyItems, 3, time.Millisecond)
	w := s.close()
	s.Apply(Update{Window: w})
	s.Apply(Update{Window: &Window{Index: 9}})
	if n := s.Total().Cells[steadyItems].Intended; n != 3 || len(s.Windows) != 1 {
		t.Errorf("%d requests in %d windows", n, len(s.Windows))
	}
}

func TestApplyLeavesUpdatesAlone(t *testing.T) {
	a, b := begin(Info{}), begin(Info{})
	for range 3 {
		a.ok(steadyItems, 5, 3*time.Millisecond)
		b.Apply(Update{Window: a.close()})
	}
	if n := a.Windows[0].Merged.Cells[steadyItems].Response.Count(); n != 5 {
		t.Errorf("the first window now has %d requests", n)
	}
	if x, y := a.Total().Cells[steadyItems], b.Total().Cells[steadyItems]; !x.Response.Equal(y.Response) || x.Intended != 15 || y.Intended != 15 {
		t.Error("two runs of the same updates differ")
	}
}

func TestBetween(t *testing.T) {
	s := begin(Info{})
	for n := range 5 {
		s.ok(steadyItems, n+1, time.Millisecond)
		s.close()
	}
	for _, c := range []struct {
		from, to int64
		want     uint64
	}{{0, 5, 15}, {1, 3, 5}, {3, 3, 0}, {4, 99, 5}, {7, 9, 0}, {-3, 1, 1}} {
		got := uint64(0)
		if cells := s.Between(c.from, c.to).Cells; cells != nil {
			got = cells[steadyItems].Intended
		}
		if got != c.want {
			t.Errorf("windows [%d,%d) have %d requests, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestAccountingHasTwoBlocks(t *testing.T) {
	s := begin(Info{})
	s.ok(warmupItems, 2, time.Millisecond)
	s.ok(holdBeats, 3, time.Millisecond)
	s.ok(steadyItems, 5, time.Millisecond)
	s.request(failed(steadyHealth, Timeout, 0, time.Second, "timed out"))
	s.rec.Intend(steadyItems)
	s.close()
	rec, un := s.Accounting(true), s.Accounting(false)
	if rec.Intended != 7 || rec.Classes[OK] != 5 || rec.Classes[Timeout] != 1 || rec.Missing() != 1 {
		t.Errorf("recorded: %s", rec)
	}
	if un.Intended != 5 || un.Classes[OK] != 5 || un.Missing() != 0 {
		t.Errorf("unrecorded: %s", un)
	}
	want := "7 = 5 ok + 0 http_error + 0 check_failed + 1 timeout + 0 conn_error + 0 not_sent + 0 censored"
	if rec.String() != want {
		t.Errorf("printed %q", rec)
	}
}

func TestLostCountsReachEverything(t *testing.T) {
	s := begin(Info{OnLoss: "degrade"})
	s.ok(steadyItems, 9, time.Millisecond)
	s.rec.Intend(steadyItems)
	s.close()
	missing := make([]CellStats, len(s.Layout.Cells))
	missing[steadyItems].Classes[Censored] = 1
	s.Apply(Update{Lost: &AgentLoss{Agent: "local-2", At: time.Second, Why: "killed", Missing: missing}})
	if a := s.Accounting(true); a.Missing() != 0 || a.Classes[Censored] != 1 {
		t.Errorf("%s", a)
	}
	if s.Lost[steadyItems].Classes[Censored] != 1 || s.Agents[1].Lost != "killed" || s.Agents[1].LostAt != time.Second {
		t.Errorf("%+v %+v", s.Lost[steadyItems], s.Agents[1])
	}
	s.wants(t, "failed", "count<1", "1", false)
	s.wants(t, "failed", "rate<5%", "0%", true) // the target did not fail it
	s.Apply(Update{Ended: &Ended{Agents: []AgentTotal{{Name: "local-2", PID: 7}}}})
	if s.Agents[1].Lost != "killed" || s.Agents[1].PID != 7 {
		t.Errorf("at the end the loss is forgotten: %+v", s.Agents[1])
	}
}

// TestExcludedSecondsAreInCountsOnly: a second without an agent is in no percentile,
// rate or share, and in every count. A pause is in all of them, and no time to take
// rates over.
func TestExcludedSecondsAreInCountsOnly(t *testing.T) {
	s := begin(Info{OnLoss: "degrade"})
	s.span(1, 0, Never, 4*time.Second)
	for second, w := range []struct {
		n    int
		took time.Duration
		Window
	}{
		{50, time.Millisecond, Window{}},
		{50, time.Second, Window{Partial: true}},
		{50, time.Millisecond, Window{}},
		{25, 2 * time.Millisecond, Window{Paused: 500 * time.Millisecond}},
	} {
		s.ok(steadyItems, w.n, w.took)
		w.Index, w.Merged = int64(second), s.rec.Cut(int64(second))
		s.Apply(Update{Window: &w.Window})
	}
	s.wants(t, "response_time", "max<10ms", "2ms", true)
	s.wants(t, "requests", "rate>=50/s", "50/s", true)
	s.wants(t, "requests", "count>=175", "175", true)
	if a := s.Accounting(true); a.Intended != 175 || s.LoadTime() != 2500*time.Millisecond || s.Sound().Cells[steadyItems].Intended != 125 {
		t.Errorf("%s over %s", a, s.LoadTime())
	}
	want := []Gap{{From: time.Second, Until: 2 * time.Second}, {From: 3 * time.Second, Until: 4 * time.Second, Paused: true}}
	if got := s.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
}

func TestAgentTotalsFollowWindows(t *testing.T) {
	s := begin(Info{})
	for range 2 {
		s.ok(steadyItems, 4, time.Millisecond)
		s.rec.SetGauges(1, 8, 0, 0, 0, 0)
		s.close()
	}
	a := s.Agents[0]
	if a.Requests != 8 || a.CPU != 2*time.Millisecond || a.MaxRSS != 1000 || a.PeakConnections != 8 {
		t.Errorf("%+v", a)
	}
}

func TestHeldOverWholeWindowsOfTheHold(t *testing.T) {
	s := begin(Info{})
	if _, ok := s.HeldMin(); ok {
		t.Error("held before anything was held")
	}
	s.span(2, 0, Never, Never)
	for i, held := range []uint64{40, 90, 100, 99, 100, 3} {
		if i == 2 {
			s.span(2, 0, 1900*time.Millisecond, 5500*time.Millisecond)
		}
		s.rec.SetGauges(2, held+10, held, 0, 0, 0)
		s.close()
	}
	least, ok := s.HeldMin()
	peak, _ := s.HeldPeak()
	if !ok || least != 99 || peak != 100 {
		t.Errorf("held %d to %d, %v", least, peak, ok)
	}
	s.wants(t, "connections_held", "min>=100", "99", false)
	s.wants(t, "connections_held{phase:hold}", "max==100", "100", true)
	s.wants(t, "connections_held{agent:local-1}", "min>=99", "99", true)
	s.wants(t, "connections_open{phase:hold}", "value<=110", "110", true)
	s.wants(t, "connections_dropped", "count==0", "0", true)
}

func TestThroughputIsTakenOverTheIssueWindow(t *testing.T) {
	s := begin(Info{})
	s.span(2, 0, 0, Never)                                         // holding does not thin it out
	s.span(1, 2*time.Second, 2*time.Second, 3500*time.Millisecond) // 1.5 s
	for i := range 5 {
		if i == 2 || i == 3 {
			s.ok(steadyItems, 30, time.Millisecond)
		}
		s.close()
	}
	if got := s.Throughput(); math.Abs(got-40) > 1e-9 {
		t.Errorf("%v requests a second, want 40", got)
	}
	s.wants(t, "requests", "rate>=40/s", "40/s", true)
	s.wants(t, "requests", "count>60", "60", false)
}

func TestUnionOfSpans(t *testing.T) {
	sec := time.Second
	for _, c := range []struct {
		spans []Span
		want  time.Duration
	}{
		{[]Span{{Begin: 0, End: 2 * sec}, {Begin: sec, End: 3 * sec}}, 3 * sec},
		{[]Span{{Begin: 5 * sec, End: 6 * sec}, {Begin: 0, End: sec}}, 2 * sec},
		{[]Span{{Begin: 0, End: 9 * sec}, {Begin: sec, End: 2 * sec}}, 9 * sec},
		{[]Span{{Begin: 4 * sec, End: Never}}, 6 * sec},
		{[]Span{{Begin: 40 * sec, End: Never}}, 0},
		{[]Span{{Begin: 4 * sec, End: 40 * sec}}, 6 * sec}, // an end told in advance
	} {
		r := Run{Spans: c.spans, Windows: make([]Window, 10)}
		for i := range r.Windows {
			r.Windows[i].Index = int64(i)
		}
		if got := r.Issuing(0, 1); got != c.want {
			t.Errorf("%v covers %s, want %s", c.spans, got, c.want)
		}
	}
}

func TestValidity(t *testing.T) {
	late := func(s *story, n int, lag time.Duration) {
		for range n {
			x := answered(steadyItems, 0, lag+time.Millisecond)
			x.Scheduled = lag
			s.request(x)
		}
	}
	for _, c := range []struct {
		name, verdict, reason string
		tell                  func(s *story)
	}{
		{"quiet", Valid, "", func(s *story) {}},
		{"one bad second is a hiccup", Degraded, "a little late in 1 of 20 seconds", func(s *story) { late(s, 10, 30*time.Millisecond); s.close() }},
		{"late twice", Degraded, "late in 2 of 21 seconds", func(s *story) {
			late(s, 10, 3*time.Millisecond)
			s.close()
			late(s, 10, 3*time.Millisecond)
			s.close()
		}},
		{"very late twice", Invalid, "late in 2 of 21 seconds", func(s *story) {
			late(s, 5, 30*time.Millisecond)
			s.close()
			late(s, 5, 30*time.Millisecond)
			s.close()
		}},
		{"stopped for two seconds", Invalid, "started more than 2s after its time", func(s *story) { late(s, 2000, 2*time.Second); s.close() }},
		{"stopped, among many", Invalid, "late in 2 of 20 seconds", func(s *story) { late(s, 10, 2*time.Second); s.close() }},
		{"warm-up does not count", Valid, "", func(s *story) {
			x := answered(warmupItems, 0, time.Second)
			x.Scheduled = time.Second
			s.request(x)
			s.close()
		}},
		{"agent lost", Invalid, "agent local-2 was lost at 3s: killed", func(s *story) {
			s.Apply(Update{Lost: &AgentLoss{Agent: "local-2", At: 3 * time.Second, Why: "killed"}})
		}},
		{"agent lost, but that is allowed", Degraded, "local-2", func(s *story) {
			s.Info.OnLoss = "redistribute"
			s.Apply(Update{Lost: &AgentLoss{Agent: "local-2", Why: "killed"}})
		}},
		{"too few agents left", Invalid, "1 agents were left, fewer than the 2", func(s *story) {
			s.Info.OnLoss, s.Info.AgentsMin = "degrade", 2
			s.Apply(Update{Lost: &AgentLoss{Agent: "local-2", Why: "killed"}})
		}},
		{"out of files", Invalid, "too many open files", func(s *story) {
			s.Apply(Update{Event: &Event{Kind: "generator", Level: Severe, Text: "too many open files"}})
		}},
		{"a warning is no reason", Valid, "", func(s *story) {
			s.Apply(Update{Event: &Event{Kind: "generator", Level: Warning, Text: "busy"}})
		}},
		{"two partial seconds", Invalid, "agents did not report for 2s of 21s, more than 5 %; 19s to 21s: an agent did not report", func(s *story) {
			for range 2 {
				s.Apply(Update{Window: &Window{Index: s.next, Merged: &Snapshot{}, Partial: true}})
				s.next++
			}
		}},
		{"one partial second", Degraded, "19s to 20s: an agent did not report", func(s *story) {
			s.Apply(Update{Window: &Window{Index: s.next, Merged: &Snapshot{}, Partial: true}})
		}},
		{"paused", Degraded, "19s to 25s: paused", func(s *story) {
			for range 6 {
				s.Apply(Update{Window: &Window{Index: s.next, Merged: &Snapshot{}, Paused: time.Second}})
				s.next++
			}
		}},
		{"lost samples", Invalid, "5 measured requests could not be recorded", func(s *story) {
			s.Apply(Update{Window: &Window{Index: s.next, Merged: &Snapshot{}, Agents: []AgentWindow{{Lost: 5}}}})
		}},
		{"in flight", Valid, "", func(s *story) { s.rec.Intend(steadyItems); s.close() }},
		{"in flight at the end", Invalid, "does not add up", func(s *story) {
			s.rec.Intend(steadyItems)
			s.close()
			s.Apply(Update{State: &State{"done"}})
		}},
	} {
		s := begin(Info{Tick: time.Millisecond})
		for range 19 {
			s.ok(steadyItems, 100, time.Millisecond)
			s.close()
		}
		c.tell(s)
		reasons := strings.Join(s.Validity.Reasons, "; ")
		if s.Validity.Verdict != c.verdict || !strings.Contains(reasons, c.reason) || c.reason == "" && reasons != "" {
			t.Errorf("%s: %s because %q", c.name, s.Validity.Verdict, reasons)
		}
	}
}

func TestLagLimit(t *testing.T) {
	for _, c := range []struct {
		tick, slo, beat, want time.Duration
	}{
		{0, 0, 0, time.Millisecond},
		{time.Millisecond, 0, 0, 1500 * time.Microsecond},
		{time.Millisecond, time.Second, 0, 10 * time.Millisecond},
		{time.Millisecond, 0, 30 * time.Second, 300 * time.Millisecond},
	} {
		if got := (&Info{Tick: c.tick, SmallestSLO: c.slo, Beat: c.beat}).LagLimit(); got != c.want {
			t.Errorf("tick %s limit %s beat %s: %s", c.tick, c.slo, c.beat, got)
		}
	}
}

// TestHeartbeatsAreJudgedWhereNothingElseIsSent: beside recorded requests their lag
// says nothing about a result.
func TestHeartbeatsAreJudgedWhereNothingElseIsSent(t *testing.T) {
	s := &Snapshot{Phases: make([]PhaseStats, 2)}
	s.Phases[0].PacerLag, s.Phases[1].PacerLag = &Histogram{}, &Histogram{}
	s.Phases[0].PacerLag.Record(time.Second)
	s.Phases[1].PacerLag.Record(time.Millisecond)
	layout := &Layout{Phases: []PhaseKey{{Name: "hold", Recorded: true, Holds: 5}, {Name: "load", Recorded: true}}}
	mixed := &Run{Layout: layout}
	if got := mixed.PacerLag(s, nil, s).Count(); got != 2 {
		t.Errorf("judged on %d samples, want the two of requests", got)
	}
	if s.Phases[1].PacerLag.Count() != 1 {
		t.Error("asking changed what was measured")
	}
	alone := &Run{Layout: &Layout{Phases: layout.Phases[:1]}, Info: Info{Beat: 30 * time.Second}}
	if got := alone.PacerLag(s).Count(); got != 1 {
		t.Errorf("judged on %d samples, want the heartbeat", got)
	}
}

// TestApplyOddUpdates: whatever comes, Apply does not fall over.
func TestApplyOddUpdates(t *testing.T) {
	r := &Run{}
	for _, u := range []Update{
		{}, {Window: &Window{}}, {Window: &Window{Merged: &Snapshot{}}}, {Span: &Span{Phase: 4}}, {Span: &Span{Phase: -1}},
		{Lost: &AgentLoss{Agent: "x", Missing: make([]CellStats, 3)}}, {Ended: &Ended{}}, {Started: &Started{}},
		{Window: &Window{Merged: &Snapshot{Cells: make([]CellStats, 9), Phases: make([]PhaseStats, 9)}}},
	} {
		r.Apply(u)
		for _, m := range metrics() {
			for _, a := range m.aggs {
				Judge(Threshold{Metric: m.name, Agg: a.name, P: 99, Op: "<"}, r)
			}
		}
		r.HeldMin()
		r.Throughput()
		r.Accounting(true)
	}
}
