package plan

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A bench is a machine that makes so many requests a second with closed users, and
// keeps open rates up to another.
type bench struct {
	saturated, keeps float64
	rest             string // why that at rest was not kept
	trials           []scenarios.Trial
	kinds            []TrialKind // of them
}

func (b *bench) try(k TrialKind, t scenarios.Trial) (Tried, error) {
	b.trials, b.kinds = append(b.trials, t), append(b.kinds, k)
	switch {
	case k == Saturating:
		return Tried{Made: b.saturated}, nil
	case k == AtRest:
		return Tried{Made: t.Rate, Requests: 400, P50: 90 * time.Microsecond, P99: time.Millisecond, Target: 9 * time.Microsecond, Why: b.rest}, nil
	case t.Rate > b.keeps:
		return Tried{Made: b.keeps, Why: "it was late"}, nil
	}
	return Tried{Made: t.Rate}, nil
}

// TestFindCeiling finds the highest rate that is kept, from below, in a bounded number of
// trials, whatever the machine is like.
func TestFindCeiling(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := &bench{saturated: rapid.Float64Range(1, 1e6).Draw(rt, "saturated")}
		b.keeps = b.saturated * rapid.Float64Range(0.06, 2).Draw(rt, "keeps")
		c, err := FindCeiling(Place{Agents: 2, Loops: 1}, time.Second, b.try)
		if err != nil {
			rt.Fatal(err)
		}
		best := min(b.keeps, b.saturated)
		if c.Rate > best || c.Rate < 0.4*best {
			rt.Errorf("%v of %v", c.Rate, best)
		}
		if b.keeps > 0.35*b.saturated && c.Rate < best/1.25 {
			rt.Errorf("%v of %v, which is not so low", c.Rate, best)
		}
		if len(b.trials) > 2+mostTrials {
			rt.Errorf("%d trials", len(b.trials))
		}
	})
}

// TestARateOfTheSearchIsNoRest: a machine that makes 125 requests a second was told to
// have been tried at rest twice, as four fifths of that are the rate of the rest.
func TestARateOfTheSearchIsNoRest(t *testing.T) {
	b := &bench{saturated: floorRate / 0.8, keeps: floorRate / 0.8}
	if _, err := FindCeiling(Place{Agents: 1, Loops: 1}, time.Second, b.try); err != nil {
		t.Fatal(err)
	}
	want := []TrialKind{AtRest, Saturating, AtRate}
	if b.trials[2].Rate != floorRate || !slices.Equal(b.kinds[:3], want) || slices.Contains(b.kinds[2:], AtRest) {
		t.Errorf("%v, want %v and rates: %+v", b.kinds, want, b.trials)
	}
}

func TestACeilingHasItsFloor(t *testing.T) {
	b := &bench{saturated: 20_000, keeps: 19_000}
	c, err := FindCeiling(Place{Agents: 2, Loops: 3}, 2*time.Second, b.try)
	if err != nil || c.Floor.P50 != 90*time.Microsecond || c.Floor.Target != 9*time.Microsecond || c.Agents != 2 || c.Loops != 3 || c.Saturated != 20_000 {
		t.Errorf("%+v, %v", c, err)
	}
	rest, full := b.trials[0], b.trials[1]
	if rest.Rate != floorRate || rest.Length != 5*time.Second || full.Users != 6*usersPerLoop || full.Length != 2*time.Second || full.Warm == 0 {
		t.Errorf("%+v", b.trials)
	}
}

// TestAFloorThatWasNotKeptSaysWhy: it is found all the same, and no one takes it for a good one.
func TestAFloorThatWasNotKeptSaysWhy(t *testing.T) {
	for _, why := range []string{"", "it was late"} {
		b := &bench{saturated: 20_000, keeps: 19_000, rest: why}
		if c, err := FindCeiling(Place{Agents: 1, Loops: 1}, time.Second, b.try); err != nil || c.Floor.Why != why || c.Floor.P50 == 0 {
			t.Errorf("%q: %+v, %v", why, c.Floor, err)
		}
	}
}

// TestNoCeiling: what was not found is said, with what stood in the way.
func TestNoCeiling(t *testing.T) {
	place := Place{Agents: 1, Loops: 1}
	for want, b := range map[string]*bench{
		"no rate was kept: at 5,000 requests/s it was late": {saturated: 100_000},
		"the null target answered no request":               {},
	} {
		if _, err := FindCeiling(place, time.Second, b.try); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	gone := errors.New("gone")
	if _, err := FindCeiling(place, time.Second, func(TrialKind, scenarios.Trial) (Tried, error) { return Tried{}, gone }); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func TestKept(t *testing.T) {
	all := stats.Accounting{Intended: 10}
	all.Classes[stats.OK] = 10
	some := all
	some.Classes[stats.OK], some.Classes[stats.NotSent] = 9, 1
	valid, busy := stats.Validity{Verdict: stats.Valid}, stats.Validity{Verdict: stats.Degraded, Reasons: []string{"busy"}}
	spoilt := stats.Validity{Verdict: stats.Invalid, Reasons: []string{"spoilt", "and more"}}
	const ms, us = time.Millisecond, time.Microsecond
	for _, c := range []struct {
		want          string
		a             stats.Accounting
		v             stats.Validity
		lag, response time.Duration
	}{
		{"", all, valid, ms, 5 * ms},
		{"", all, busy, 0, 0},
		{"spoilt", some, spoilt, 0, 0},
		{"1 of 10 requests did not end well", some, valid, 0, 0},
		{"no request became due", stats.Accounting{}, valid, 0, 0},
		{"1 in 100 requests started more than 1.001ms after its time (limit 1ms)", all, valid, 1001 * us, ms},
		{"1 in 100 responses took more than 5.001ms (limit 5ms)", all, valid, ms, 5001 * us},
	} {
		if got := kept(c.a, c.v, c.lag, c.response, ms); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestTriedIsOfWhatWasRecorded: of all that was recorded of a trial's run, failures included, and
// of nothing of its warm-up.
func TestTriedIsOfWhatWasRecorded(t *testing.T) {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "warm"}, {Name: "load", Recorded: true}}, Cells: []stats.CellKey{{}, {Phase: 1, Recorded: true}}}
	r, rec := new(stats.Run), stats.NewRecorder(l, nil)
	r.Apply(stats.Update{Started: &stats.Started{Layout: l, Info: stats.Info{Tick: time.Millisecond}}})
	r.Apply(stats.Update{Span: &stats.Span{Phase: 1, Begin: time.Second, End: 2 * time.Second}})
	ask := func(n, cell int, class stats.Class, lag, took time.Duration) {
		for range n {
			s := stats.Sample{Cell: cell, Class: class, Status: 200, Reused: true, Intended: time.Duration(cell) * time.Second}
			s.Scheduled = s.Intended + lag
			s.Connected, s.Written, s.FirstByte, s.Done = s.Scheduled, s.Scheduled, s.Scheduled+took, s.Scheduled+took
			rec.Intend(cell)
			rec.Record(&s)
		}
	}
	ask(50, 0, stats.OK, 0, time.Second)
	r.Apply(stats.Update{Window: &stats.Window{Index: 0, Merged: rec.Cut(0)}})
	ask(90, 1, stats.OK, 100*time.Microsecond, time.Millisecond)
	ask(10, 1, stats.HTTPError, 100*time.Microsecond, time.Millisecond)
	r.Apply(stats.Update{Window: &stats.Window{Index: 1, Merged: rec.Cut(1)}})
	got := TriedOf(r)
	if got.Made != 100 || got.Requests != 100 || got.P50.Round(10*time.Microsecond) != 1100*time.Microsecond || got.Why != "10 of 100 requests did not end well" {
		t.Errorf("%+v", got)
	}
}

// TestLineTellsWhatCameOfATrial while others are still to come.
func TestLineTellsWhatCameOfATrial(t *testing.T) {
	fast := Tried{Made: 98_765, P50: 90 * time.Microsecond, P99: time.Millisecond}
	late := fast
	late.Why = "it was late"
	for _, c := range []struct {
		t    Tried
		kind TrialKind
		rate float64
		want string
	}{
		{fast, AtRest, floorRate, "at rest (100/s) p50 90µs, p99 1ms"},
		{late, AtRest, floorRate, "at rest (100/s) p50 90µs, p99 1ms, though it was late"},
		{fast, Saturating, 0, "closed users made 98,800/s"},
		{fast, AtRate, floorRate, "100/s was kept; p50 90µs, p99 1ms"},
		{fast, AtRate, 79_012, "79,000/s was kept; p50 90µs, p99 1ms"},
		{late, AtRate, 7.5, "8/s was not kept: it was late"},
	} {
		if got := c.t.Line(c.kind, c.rate); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestHeadroom: it warns, and refuses nothing.
func TestHeadroom(t *testing.T) {
	c := &Ceiling{Rate: 12_345, Agents: 2, Loops: 1, Measured: time.Date(2026, 11, 26, 13, 20, 0, 0, time.UTC), Floor: Floor{Rate: 100, Requests: 400, P50: 90e3, P99: 1e6, Target: 9e3}}
	for rate, want := range map[int]struct {
		level Level
		sum   string
	}{
		10:     {Fine, "the file asks for at most 10/s; the ceiling is 1,230 times that"},
		1_000:  {Fine, "the file asks for at most 1,000/s; the ceiling is 12.3 times that"},
		8_230:  {Fine, "the file asks for at most 8,230/s; the ceiling is 1.5 times that"},
		8_231:  {Tight, "the file asks for at most 8,230/s; the ceiling is 1.5 times that, and below 1.5 times"},
		12_000: {Tight, "the ceiling is 1.03 times that, which is no room"},
	} {
		d := flowing(t, rate)
		d.Ceiling = c
		g := Diagnose(healthy(), d)
		f := g.of(t, "headroom")
		if !g.Fits || f.Level != want.level || !strings.Contains(f.Sum, want.sum) {
			t.Errorf("%d/s: %+v", rate, f)
		}
		if f.Value != "12,300/s of these requests at a null target, measured 2026-11-26 13:20 with 2 agents × 1 loop" ||
			!strings.HasPrefix(f.Why, "at rest (100/s, 400 requests) a response took 90µs (p50) and 1ms (p99), the null target's own 9µs included") {
			t.Errorf("%+v", f)
		}
		if warned := c.Warning(float64(rate)) != ""; warned != (rate == 8_231) {
			t.Errorf("%d/s: %q", rate, c.Warning(float64(rate)))
		}
	}
	if f := Diagnose(healthy(), flowing(t, 10)).of(t, "headroom"); f.Level != NotKnown || !strings.Contains(f.Sum, "doctor --null FILE") {
		t.Errorf("not measured: %+v", f)
	}
	c.Floor.Requests = 360
	if text := c.Floor.String(); strings.Contains(text, "(p99)") {
		t.Errorf("360 requests are too few for p99: %s", text)
	}
	c.Floor.Why = "it was late"
	if !strings.HasSuffix(c.Floor.String(), "; that was measured badly (it was late): measure again with --null --fresh") {
		t.Errorf("a floor that was not kept: %s", c.Floor)
	}
	c.Without = []string{"TLS", "checks"}
	if !strings.Contains(c.String(), "null target, without TLS and checks, measured") || math.IsInf(c.Room(1), 0) {
		t.Error(c)
	}
}

// TestACeilingIsForOneMachineAndLoadctl: anything that changes what can be made makes
// what was measured another's.
func TestACeilingIsForOneMachineAndLoadctl(t *testing.T) {
	keys := map[string]string{}
	add := func(name string, change func(f *Facts, p *Place, requests *string, s *Setting)) {
		f, p, requests, s := healthy(), Place{Agents: 2, Loops: 1, Connections: 5}, "abc", Setting{Version: "1", Pacing: "auto", Poller: "auto"}
		change(&f, &p, &requests, &s)
		key := CeilingKey(f, p, requests, s)
		if other, known := keys[key]; known {
			t.Errorf("%s has the key of %s", name, other)
		}
		keys[key] = name
	}
	add("nothing", func(*Facts, *Place, *string, *Setting) {})
	add("model", func(f *Facts, _ *Place, _ *string, _ *Setting) { f.Model = "another" })
	add("cores", func(f *Facts, _ *Place, _ *string, _ *Setting) { f.CPUs++ })
	add("quota", func(f *Facts, _ *Place, _ *string, _ *Setting) { f.CPUQuota = Exactly(500) })
	add("kernel", func(f *Facts, _ *Place, _ *string, _ *Setting) { f.Kernel += "1" })
	add("agents", func(_ *Facts, p *Place, _ *string, _ *Setting) { p.Agents++ })
	add("loops", func(_ *Facts, p *Place, _ *string, _ *Setting) { p.Loops++ })
	add("requests", func(_ *Facts, _ *Place, requests *string, _ *Setting) { *requests = "abd" })
	add("version", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Version = "2" })
	add("pacing", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Pacing = "ticks" })
	add("tick", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Tick = 5 * time.Millisecond })
	add("response limit", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Against.Response = time.Second })
	add("limit of any time", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Against.Any = time.Second })
	add("heartbeats", func(_ *Facts, _ *Place, _ *string, s *Setting) { s.Against.Beat = time.Second })
	f := healthy()
	f.MemoryFree, f.TCPPagesNow = Exactly(1), Exactly(1)
	if keys[CeilingKey(f, Place{Agents: 2, Loops: 1, Connections: 7}, "abc", Setting{Version: "1", Pacing: "auto", Poller: "auto"})] != "nothing" {
		t.Error("what is free at the moment changes the key")
	}
}

// TestACeilingIsForItsLimits: the rate that was kept with p(99)<10s, where a lag of 100 ms is
// well, was taken for that of p(99)<50ms.
func TestACeilingIsForItsLimits(t *testing.T) {
	const flow, hold = "name: f, executor: constant-arrival-rate, duration: 5s, max_vus: 10, rate: 10/s", "name: h, executor: held-connections, hold: 50s, connections: 10, user: u, heartbeat: {task: a, every: 20s}"
	for name, c := range map[string]struct {
		target, phase string
		want          Against
	}{
		"none": {elsewhere, flow, Against{}},
		"lax":  {elsewhere + "}\nthresholds: {response_time: [p(99)<10s]", flow, Against{Response: 10 * time.Second, Any: 10 * time.Second}},
		"strict": {elsewhere + "}\nthresholds: {response_time: [p(99)<50ms], service_time: [p(99)<40ms]", flow,
			Against{Response: 50 * time.Millisecond, Any: 40 * time.Millisecond}},
		"heartbeats": {elsewhere, hold, Against{Beat: 20 * time.Second}},
	} {
		if got := AgainstOf(scenario(t, c.target, c.phase)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestAskedIsOfTheSecondWithMostRequests: that in which connections were opened takes more
// CPU, and its few heartbeats were said to be all that is asked.
func TestAskedIsOfTheSecondWithMostRequests(t *testing.T) {
	s := scenario(t, elsewhere,
		"name: h, executor: held-connections, hold: 5s, connections: 50000, connect_rate: 10000/s, user: u, heartbeat: {task: a, every: 60s}",
		"name: f, executor: constant-arrival-rate, duration: 5s, max_vus: 100, rate: 9500/s, start: {with: h, after: finished}")
	if got := Asked(s); got != 9500 || workOf(s).Opened != 10_000 {
		t.Errorf("%v requests a second, want 9500; %+v takes most", got, workOf(s))
	}
}
