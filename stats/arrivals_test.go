package stats

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A pacer takes up arrivals of a stream in virtual time.
type pacer struct {
	next  func() float64           // the moment of the next arrival, in seconds
	taken func(at float64) float64 // when it is taken up, not before
	at    float64                  // of the next arrival
	began bool
}

// poissonAt is a Poisson stream.
func poissonAt(rate float64, r *rand.Rand) func() float64 {
	at := 0.0
	return func() float64 {
		at += r.ExpFloat64() / rate
		return at
	}
}

// byTicks takes everything up at the next multiple of a tick and a little later.
func byTicks(tick float64) func(float64) float64 {
	return func(at float64) float64 { return math.Ceil(at/tick)*tick + 5e-6 }
}

// window counts what is taken up in the next window.
func (p *pacer) window(w int) *Taken {
	t := &Taken{}
	for {
		if !p.began {
			p.at, p.began = p.next(), true
		}
		at := p.taken(p.at) - float64(w)
		if at >= 1 {
			return t
		}
		t.Count.Count(time.Duration(at * 1e9))
		t.Due++
		p.began = false
	}
}

const msTick = time.Millisecond

// TestChancesOfArrivals: what a true Poisson stream gives by ticks is called unlikely no
// more often than it says.
func TestChancesOfArrivals(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		windows int
	}{{50, 20_000}, {1000, 5000}, {20_000, 400}} {
		p := &pacer{next: poissonAt(c.rate, rand.New(rand.NewPCG(1, uint64(c.rate)))), taken: byTicks(1e-3)}
		var tests []ArrivalTest
		for w := range c.windows {
			if a := p.window(w).Test(msTick); a.N > 0 {
				tests = append(tests, a)
			}
		}
		for name, chance := range map[string]func(*ArrivalTest) float64{
			"distance": func(a *ArrivalTest) float64 { return a.distanceP(msTick) },
			"spread":   func(a *ArrivalTest) float64 { return a.spreadP(0) },
			"both":     func(a *ArrivalTest) float64 { return a.chance(0) },
		} {
			for _, limit := range []float64{0.01, 1e-3} {
				below := 0
				for i := range tests {
					if chance(&tests[i]) < limit {
						below++
					}
				}
				expected := limit * float64(len(tests))
				if float64(below) > expected+4*math.Sqrt(expected)+1 {
					t.Errorf("%v/s, %s: %d of %d windows are below %v", c.rate, name, below, len(tests), limit)
				}
			}
		}
	}
}

// scheduled is a run of one recorded open phase.
func scheduled() *Run {
	r := &Run{}
	r.Apply(Update{Started: &Started{Info: Info{Tick: msTick}, Layout: &Layout{Phases: []PhaseKey{{Name: "load", Recorded: true}}}}})
	return r
}

// second adds one in which agents, called a, b and so on, took up arrivals like that.
func (r *Run) second(tests ...ArrivalTest) {
	w := &Window{Index: int64(len(r.Windows)), Merged: &Snapshot{}}
	for i, a := range tests {
		w.Agents = append(w.Agents, AgentWindow{Name: string(rune('a' + i)), Arrivals: []ArrivalTest{a}})
	}
	r.window(w)
}

// TestCleanArrivalsStayValid: of a thousand runs without fault fewer than one in a hundred
// is doubted, as long as most seconds that two of them are still more than 1 % of.
func TestCleanArrivalsStayValid(t *testing.T) {
	for _, c := range []struct {
		rate            float64
		agents, seconds int
	}{{200, 2, 40}, {50, 1, 199}} {
		doubted := 0
		for seed := range uint64(1000) {
			r := scheduled()
			var pacers []*pacer
			for a := range c.agents {
				pacers = append(pacers, &pacer{next: poissonAt(c.rate, rand.New(rand.NewPCG(seed, uint64(a)))), taken: byTicks(1e-3)})
			}
			for w := range c.seconds {
				var tests []ArrivalTest
				for _, p := range pacers {
					tests = append(tests, p.window(w).Test(msTick))
				}
				r.second(tests...)
			}
			if JudgeValidity(r).Verdict != Valid {
				doubted++
			}
		}
		if doubted >= 10 {
			t.Errorf("%+v: %d of 1000 runs are doubted", c, doubted)
		}
	}
}

// TestFaultyPacersAreFound at a thousand arrivals a second.
func TestFaultyPacersAreFound(t *testing.T) {
	n := 0.0
	evenly := func() float64 { n++; return n / 1000 }
	stall := func(from, length float64) func(float64) float64 {
		return func(at float64) float64 {
			if into := math.Mod(at, 1) - from; into > 0 && into < length {
				at += length - into
			}
			return byTicks(1e-3)(at)
		}
	}
	for name, c := range map[string]struct {
		pacer   pacer
		verdict string
	}{
		"sound":           {pacer{taken: byTicks(1e-3)}, Valid},
		"without ticks":   {pacer{taken: func(at float64) float64 { return at }}, Valid},
		"a hiccup":        {pacer{taken: stall(0.4, 0.008)}, Valid},
		"bursts":          {pacer{taken: byTicks(50e-3)}, Invalid},
		"evenly":          {pacer{taken: byTicks(1e-3), next: evenly}, Invalid},
		"stalls":          {pacer{taken: stall(0.4, 0.3)}, Invalid},
		"another profile": {pacer{taken: byTicks(1e-3), next: ramped(1000, 5)}, Degraded},
	} {
		p, r := c.pacer, scheduled()
		if p.next == nil {
			p.next = poissonAt(1000, rand.New(rand.NewPCG(5, 5)))
		}
		for w := range 5 {
			r.second(p.window(w).Test(msTick))
		}
		if v := JudgeValidity(r); v.Verdict != c.verdict {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// ramped is a Poisson stream whose rate rises from 0 to twice its mean in some seconds.
func ramped(mean, length float64) func() float64 {
	pos := poissonAt(1, rand.New(rand.NewPCG(9, 9)))
	return func() float64 { return math.Sqrt(pos() * length / mean) }
}

// TestRampsOfArrivals: the shape of the rate is part of the law.
func TestRampsOfArrivals(t *testing.T) {
	r := scheduled()
	p := &pacer{next: ramped(1000, 5), taken: byTicks(1e-3)}
	for w := range 5 {
		from := float64(w)
		taken := p.window(w)
		for i := range ArrivalCells + 1 {
			x := float64(i) / ArrivalCells
			taken.Shape = append(taken.Shape, (2*from*x+x*x)/(2*from+1))
		}
		r.second(taken.Test(msTick))
	}
	if p, v := r.Punctuality(), JudgeValidity(r); v.Verdict != Valid || p.Tested != 5 || p.Passed != 5 || math.Abs(p.Dispersion-1) > 0.25 {
		t.Errorf("%+v, %+v", v, p)
	}
}

// TestRateJumps: where the rate jumps a tick of lateness is more than chance.
func TestRateJumps(t *testing.T) {
	taken := &Taken{Shape: make([]float64, ArrivalCells+1)}
	for i := range ArrivalCells + 1 {
		taken.Shape[i] = max(0, float64(i)/500-1)
	}
	for i := 500; i < ArrivalCells; i++ {
		taken.Count[i] = 2
	}
	if a := taken.Test(msTick); a.N != 0 {
		t.Errorf("%+v, want no test", a)
	}
}

// TestEvenGaps: evenly spaced arrivals are held against their spacing.
func TestEvenGaps(t *testing.T) {
	taken := &Taken{Even: true, Gap: 5 * time.Millisecond}
	for i := 0; i < ArrivalCells; i += 5 {
		taken.Count.Count(time.Duration(i) * time.Millisecond)
	}
	r := scheduled()
	for range 3 {
		r.second(taken.Test(msTick))
	}
	if v := JudgeValidity(r); v.Verdict != Valid || r.Punctuality().Tested != 0 {
		t.Errorf("%+v, %+v", v, r.Punctuality())
	}
	for i := 100; i < 120; i++ {
		taken.Count[i] = 0
	}
	for range 2 {
		r.second(taken.Test(msTick))
	}
	const want = "agent a: 24ms without an arrival, where the schedule leaves 5ms at most (in 2 of 5 seconds, worst at 3s)"
	if v := JudgeValidity(r); v.Verdict != Degraded || v.Reasons[0] != want {
		t.Errorf("%+v, want %s", v, want)
	}
}

// TestIssuedInTime: what is due and not taken up in time is the generator's fault.
func TestIssuedInTime(t *testing.T) {
	for _, c := range []struct {
		due, overdue uint64
		verdict      string
	}{
		{1000, 0, Valid}, {50, 1, Valid}, {10_000, 5, Valid}, {1000, 2, Degraded}, {1000, 11, Invalid}, {1000, 1000, Invalid},
	} {
		r := scheduled()
		for range 2 {
			r.second(ArrivalTest{}, ArrivalTest{Due: c.due, Overdue: c.overdue})
		}
		if v := JudgeValidity(r); v.Verdict != c.verdict {
			t.Errorf("%+v: %+v", c, v)
		}
		if got, want := r.Punctuality(), 1-float64(c.overdue)/float64(c.due); math.Abs(got.Issued()-want) > 1e-9 {
			t.Errorf("%+v: %v", c, got.Issued())
		}
	}
	r := scheduled()
	r.second(ArrivalTest{Phase: 1, Due: 9, Overdue: 9}) // a phase there is none of
	if v := JudgeValidity(r); v.Verdict != Valid || r.Punctuality().Issued() != 1 {
		t.Errorf("%+v", v)
	}
}

// TestTakenMerge: what loops took up adds up in any order, and shares nothing.
func TestTakenMerge(t *testing.T) {
	one := &Snapshot{Taken: []Taken{{Phase: 1, Due: 3, Part: 0.25}, {Phase: 4, Overdue: 1, Part: 0.5}}}
	two := &Snapshot{Taken: []Taken{{Phase: 0, Due: 1}, {Phase: 1, Due: 4, Overdue: 1, Part: 0.25}, {Phase: 4}}}
	one.Taken[0].Count.Count(5 * time.Millisecond)
	two.Taken[1].Count.Count(5 * time.Millisecond)
	two.Taken[1].Count.Count(time.Hour)
	for _, order := range [][]*Snapshot{{one, two}, {two, one}} {
		var sum Snapshot
		for _, s := range order {
			sum.Merge(s)
		}
		if len(sum.Taken) != 3 || sum.Taken[0].Phase != 0 || sum.Taken[2].Phase != 4 || sum.Taken[2].Part != 0.5 {
			t.Fatalf("%d phases", len(sum.Taken))
		}
		both := sum.Taken[1]
		if both.Due != 7 || both.Overdue != 1 || both.Part != 0.5 || both.Count[5] != 2 || both.Count[ArrivalCells-1] != 1 {
			t.Errorf("due %d, overdue %d, part %v, %d", both.Due, both.Overdue, both.Part, both.Count.Sum())
		}
	}
	if one.Taken[0].Due != 3 || one.Taken[0].Count[5] != 1 {
		t.Error("a merged snapshot was changed")
	}
}

func BenchmarkArrivalCount(b *testing.B) {
	var c ArrivalCount
	at := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() {
		c.Count(at)
		if at += 1300 * time.Nanosecond; at >= WindowLength {
			at = 0
		}
	}
}
