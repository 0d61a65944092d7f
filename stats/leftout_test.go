package stats

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// A stalling run sends 100 requests a second that take 2 ms, but that its generator stands
// still until some moment for some time. As with a loop, answers that came meanwhile
// are read first, and counted in the second in which it had fallen asleep; what was due is
// taken up when it is over.
type stalling struct {
	seconds      int
	until, stall time.Duration
	slow         time.Duration // how long what was taken up late is served, if it is one of so many
	oneOf        int
	planned      time.Duration
}

const eachTakes = 2 * time.Millisecond

func (c stalling) run(partial ...int64) *story {
	s := begin(Info{Tick: time.Millisecond, Planned: c.planned})
	s.span(1, 0, 0, time.Duration(c.seconds)*time.Second)
	var book []*Sample // by what is due
	for n := range 100 * c.seconds {
		at := time.Duration(n) * 10 * time.Millisecond
		x := answered(steadyItems, at, eachTakes)
		switch from := c.until - c.stall; {
		case at >= from && at < c.until:
			*x = *answered(steadyItems, c.until, eachTakes)
			if x.Intended = at; n%max(c.oneOf, 1) == 0 {
				x.FirstByte, x.Done = x.FirstByte+c.slow, x.Done+c.slow
			}
		case at < from && at+eachTakes > from-10*time.Millisecond:
			x.FirstByte, x.Done = c.until, c.until // counted in its own second, see below
		}
		book = append(book, x)
	}
	for s.next < int64(c.seconds) {
		for _, x := range book {
			second := int64(x.Done / time.Second)
			if x.Scheduled == x.Intended {
				second = int64(x.Scheduled / time.Second)
			}
			if second == s.next {
				s.rec.Iteration(1, IterIntended)
				s.request(x)
			}
		}
		var beat Vitals
		if c.slow > 0 && s.next == int64(c.until/time.Second) {
			beat.KernelJitter = Read(c.stall)
		}
		s.closeAs(slices.Contains(partial, s.next), beat)
	}
	return s
}

// closeAs closes the open window, as one that lacks an agent if it does, and says how late beats were.
func (s *story) closeAs(partial bool, v Vitals) {
	snap := s.rec.Cut(s.next)
	health := snap.Health(s.Layout)
	health.Name, health.Vitals = "local-1", v
	s.Apply(Update{Window: &Window{Index: s.next, Merged: snap, Agents: []AgentWindow{health}, Partial: partial}})
	s.next++
}

func (s *story) done() { s.Apply(Update{State: &State{"done"}}) }

func (s *story) p999() PercentileInterval {
	for _, i := range s.Confidences([]float64{99.9}, func(c CellKey) bool { return c.Recorded }) {
		return i
	}
	return PercentileInterval{}
}

// TestStallOfTheGeneratorIsNoAnswerOfTheTarget: a single stop of 2.5 s in 300 s degrades
// a run, and its p99.9 would be the stop's own.
func TestStallOfTheGeneratorIsNoAnswerOfTheTarget(t *testing.T) {
	s := stalling{seconds: 300, until: 150400 * time.Millisecond, stall: 2500 * time.Millisecond}.run()
	s.done()
	s.wants(t, "response_time", "p(99.9)<10ms", "2ms", true)
	s.wants(t, "response_time", "max<10ms", "2ms", true)
	s.wants(t, "requests", "rate>=100/s", "100/s", true)
	s.wants(t, "requests", "count>=30000", "30000", true)
	want := []Gap{{From: 147 * time.Second, Until: 151 * time.Second, Late: true}}
	if got := s.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	if all := strings.Join(s.Validity.Reasons, "; "); s.Validity.Verdict != Degraded || !strings.Contains(all, "4s of seconds that the generator's lateness has spoilt are left out") {
		t.Errorf("%s: %s", s.Validity.Verdict, all)
	}
	if i := s.p999(); i.High == Never || i.High > 10*time.Millisecond {
		t.Errorf("%+v", i)
	}
	if n := s.Accounting(true).Intended; n != 30000 || s.LoadTime() != 296*time.Second {
		t.Errorf("%d requests, %s", n, s.LoadTime())
	}
}

// TestLeftOutAsIfAnAgentWereMissing: times and bins are the same as where the same seconds
// lack an agent's report, though some of them were taken for sound at first.
func TestLeftOutAsIfAnAgentWereMissing(t *testing.T) {
	c := stalling{seconds: 300, until: 150400 * time.Millisecond, stall: 2500 * time.Millisecond}
	a, b := c.run(), c.run(147, 148, 149, 150)
	a.done()
	b.done()
	if !reflect.DeepEqual(a.Sound().Cells[steadyItems].Classes, b.Sound().Cells[steadyItems].Classes) ||
		!a.Sound().Cells[steadyItems].Response.Equal(b.Sound().Cells[steadyItems].Response) {
		t.Error("times differ")
	}
	all := func(int) bool { return true }
	if x, y := a.soundBins(all), b.soundBins(all); !reflect.DeepEqual(x, y) {
		t.Errorf("bins differ: %d and %d counts", len(x.Counts), len(y.Counts))
	}
	if a.p999() != b.p999() {
		t.Errorf("%+v %+v", a.p999(), b.p999())
	}
}

// TestTooManySpoiltSecondsStay: below 95 % nothing is left out, and the run is invalid.
func TestTooManySpoiltSecondsStay(t *testing.T) {
	s := stalling{seconds: 60, until: 30400 * time.Millisecond, stall: 2500 * time.Millisecond}.run()
	s.done()
	if s.Validity.Verdict != Invalid || len(s.Gaps()) > 0 || s.Sound().Cells[steadyItems].Intended != 6000 {
		t.Errorf("%+v, gaps %v", s.Validity, s.Gaps())
	}
	s.wants(t, "response_time", "max<10ms", "2.51s", false)
	if i := s.p999(); i.High != Never && i.High < time.Second {
		t.Errorf("the bins lack the stall: %+v", i)
	}
}

// TestSpoiltSecondsAreHeldAgainstThePlan: while a run goes on, so that a limit that ends it
// does not break by what the generator did; and when it is over, against what there was.
func TestSpoiltSecondsAreHeldAgainstThePlan(t *testing.T) {
	s := stalling{seconds: 30, until: 20400 * time.Millisecond, stall: 900 * time.Millisecond, planned: 300 * time.Second}.run()
	s.wants(t, "response_time", "max<10ms", "2ms", true)
	s.done()
	s.wants(t, "response_time", "max<10ms", "910ms", false)
	if len(s.Gaps()) > 0 {
		t.Errorf("gaps %v", s.Gaps())
	}
}

// TestBacklogOfAStallIsLeftOut: what a slow target answers in the seconds after it, be it all
// or a single request.
func TestBacklogOfAStallIsLeftOut(t *testing.T) {
	for _, oneOf := range []int{1, 300} {
		s := stalling{seconds: 300, until: 150400 * time.Millisecond, stall: 2500 * time.Millisecond, slow: 1200 * time.Millisecond, oneOf: oneOf}.run()
		s.done()
		s.wants(t, "response_time", "max<10ms", "2ms", true)
		want := []Gap{{From: 147 * time.Second, Until: 152 * time.Second, Late: true}}
		if got := s.Gaps(); !slices.Equal(got, want) {
			t.Errorf("one of %d: gaps %v", oneOf, got)
		}
	}
}

// TestAStallSpoilsNothingOfAWarmUp: one that began in it reached into one recorded second of
// forty, which is less than a twentieth, and the seconds of the warm-up are in no figure.
func TestAStallSpoilsNothingOfAWarmUp(t *testing.T) {
	const warmup, recorded = 20, 40
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: &Layout{Phases: []PhaseKey{{Name: "warm-up"}, {Name: "load", Recorded: true}}}}})
	r.Apply(Update{Span: &Span{Phase: 0, Begin: 0, End: warmup * time.Second}})
	for s := range warmup + recorded {
		if s == warmup {
			r.Apply(Update{Span: &Span{Phase: 1, Begin: warmup * time.Second, End: (warmup + recorded) * time.Second}})
		}
		phases, a := make([]PhaseStats, 2), AgentWindow{Name: "a-1"}
		phases[min(s/warmup, 1)].IterIntended = 100
		if s >= warmup {
			a.PacerLag = answeredIn(0, 60)
		}
		if s == warmup {
			a.PacerLag.Merge(answeredIn(400*ms, 40))
			a.Vitals.KernelJitter = Read(2500 * ms)
		}
		phases[1].PacerLag = a.PacerLag
		r.Apply(Update{Window: &Window{Index: int64(s), Merged: &Snapshot{Phases: phases}, Agents: []AgentWindow{a}}})
	}
	r.Apply(Update{State: &State{"done"}})
	want := []Gap{{From: warmup * time.Second, Until: (warmup + 1) * time.Second, Late: true}}
	if got := r.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
}

// TestAStallIsNotTakenForAnEarlierOne: that a beat was late ten seconds before is another story,
// where no request that was late took so long. What lies between is sound.
func TestAStallIsNotTakenForAnEarlierOne(t *testing.T) {
	s := begin(Info{Tick: time.Millisecond})
	s.span(1, 0, 0, 300*time.Second)
	for s.next < 300 {
		var beat Vitals
		for n := range 100 {
			x := answered(steadyItems, Offset(s.next)*time.Second, eachTakes)
			if late := 300 * ms; n < 30 && (s.next == 100 || s.next == 110) {
				x.Intended -= late
			}
			s.rec.Iteration(1, IterIntended)
			s.request(x)
		}
		if s.next == 100 {
			beat.KernelJitter = Read(300 * ms)
		}
		s.closeAs(false, beat)
	}
	s.done()
	want := []Gap{{From: 99 * time.Second, Until: 101 * time.Second, Late: true}, {From: 109 * time.Second, Until: 111 * time.Second, Late: true}}
	if got := s.Gaps(); !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
}

// TestSoundIsAllThatIsNotExcluded, at each moment of a run with many stalls, some of which are
// told of late, and while what is left out comes and goes.
func TestSoundIsAllThatIsNotExcluded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: &Layout{Phases: []PhaseKey{{Recorded: true}}}, Info: Info{Planned: 400 * time.Second}}})
	before := 0
	for s := range int64(400) {
		a := AgentWindow{Name: "a-1", PacerLag: answeredIn(0, 100+int(s)%7)}
		if rng.IntN(60) == 0 {
			a.PacerLag.Merge(answeredIn(time.Duration(rng.IntN(6000))*ms, 50))
		}
		merged := &Snapshot{Window: s, Phases: []PhaseStats{{IterIntended: uint64(s), PacerLag: a.PacerLag}}}
		r.Apply(Update{Window: &Window{Index: s, Merged: merged, Agents: []AgentWindow{a}, Partial: rng.IntN(80) == 0}})
		var want Snapshot
		for i := range r.Windows {
			if !r.Windows[i].Excluded() {
				want.Append(r.Windows[i].Merged)
			}
		}
		got := r.Sound()
		if got.Window != want.Window || got.Phases[0].IterIntended != want.Phases[0].IterIntended || !got.Phases[0].PacerLag.Equal(want.Phases[0].PacerLag) {
			t.Fatalf("second %d: sound are %d, want %d", s, got.Phases[0].IterIntended, want.Phases[0].IterIntended)
		}
		if n := len(r.Windows); r.Marks() > before && r.left.settledAt < n-longestStall {
			t.Errorf("second %d: %d windows are to be taken together anew", s, n-r.left.settledAt)
		}
		before = r.Marks()
	}
	if before < 5 {
		t.Errorf("only %d marks: nothing was tried", before)
	}
}

// TestLateBeatSpoilsWhatIsLateWithIt: a beat that was late spoils a second only if a request was.
func TestLateBeatSpoilsWhatIsLateWithIt(t *testing.T) {
	for lag, left := range map[time.Duration]int{0: 0, 30 * time.Millisecond: 1} {
		r := lagging(1, 60, 1000, func(s int) int { return 0 }, 0)
		w := &Window{Index: 60, Merged: &Snapshot{Phases: []PhaseStats{{IterIntended: 1000}}}, Agents: []AgentWindow{{Name: "a-0", PacerLag: &Histogram{}}}}
		for range 1000 {
			w.Agents[0].PacerLag.Record(0)
		}
		w.Agents[0].PacerLag.Record(lag)
		w.Agents[0].Vitals.KernelJitter = Read(30 * time.Millisecond)
		r.Apply(Update{Window: w})
		if got := len(r.Gaps()); got != left {
			t.Errorf("lag %s: %v", lag, r.Gaps())
		}
	}
}
