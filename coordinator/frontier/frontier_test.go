package frontier

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// A halving is a simple search: it doubles and halves, and then parts the gap.
type halving struct {
	want   Want
	rate   float64
	lo, hi float64
	took   time.Duration
	result capacity.Result
	ended  bool
}

const leastRate = 1

func newHalving(w Want) Inner {
	h := &halving{want: w, rate: w.Start, result: capacity.Result{Axis: "rate", Limiting: -1, Confidence: 0.95}}
	if h.rate == 0 {
		h.rate = 50
	}
	return h
}

func (h *halving) Next() (trial.Ask, bool) {
	if h.ended {
		return trial.Ask{}, false
	}
	return trial.Ask{Number: len(h.result.Trials) + 1, Kind: "try", Load: trial.Load{Rate: h.rate}, Settle: 3 * time.Second, Length: 5 * time.Second}, true
}

func (h *halving) Tell(t trial.Told) {
	ask, _ := h.Next()
	h.took += t.Took
	held := t.Broken == "" && len(t.Broke) == 0 && t.Counts[0].Share() <= 0.01
	h.result.Trials = append(h.result.Trials, capacity.Tried{Ask: ask, Told: t, Held: held})
	if held {
		h.lo, h.result.Verified, h.result.VerifiedBy = h.rate, h.rate, ask.Number
	} else {
		h.hi = h.rate
	}
	h.judge(t.Broken)
}

func (h *halving) judge(broken string) {
	r := &h.result
	r.Low, r.High, r.Capacity, r.Outcome = h.lo, h.hi, math.Sqrt(h.lo*h.hi), capacity.Unfinished
	switch {
	case broken != "":
		r.Outcome, r.Why = capacity.Broken, broken
	case h.hi > 0 && h.hi < leastRate:
		r.Outcome, r.Why = capacity.Nothing, "not even 1/s holds"
	case h.lo > 0 && h.hi > 0 && h.hi/h.lo < 1.06:
		r.Outcome = capacity.Found
	case h.took >= h.want.Budget:
		r.Why = "the budget ended"
	case h.hi == 0:
		h.rate *= 2
		return
	case h.lo == 0:
		h.rate /= 2
		return
	default:
		h.rate = math.Sqrt(h.lo * h.hi)
		return
	}
	h.ended = true
}

func (h *halving) Result() capacity.Result { return h.result }

// A world holds a rate that falls with the connections, and no more than so many of them.
type world struct {
	rate, slope float64
	most        int     // connections
	flaky       float64 // share of trials that lose connections though nothing is wrong
	dies        int     // from that trial on
	seed        uint64
}

func (w world) capacity(n int) float64 { return w.rate - w.slope*float64(n) }

func (w world) try(a trial.Ask) trial.Told {
	random := rand.New(rand.NewPCG(w.seed, uint64(a.Number)))
	t := trial.Told{Validity: "valid", Took: 10 * time.Second, Counts: []trial.Count{{N: 1000, Clump: 1}}}
	if w.dies > 0 && a.Number >= w.dies {
		return trial.Told{Broken: "connection refused", Took: time.Second}
	}
	if a.Rate > w.capacity(a.Connections) {
		t.Counts[0].Bad = 500
	}
	if a.Connections > w.most || random.Float64() < w.flaky {
		t.Broke = []string{fmt.Sprintf("%d of %d held connections were dropped", a.Connections/2, a.Connections)}
	}
	return t
}

// drive makes trials until the search is over, and tells which were asked for.
func drive(t interface{ Fatalf(string, ...any) }, s *Search, w world) (asks []trial.Ask, tolds []trial.Told) {
	for {
		ask, more := s.Next()
		if again, m := s.Next(); fmt.Sprint(again) != fmt.Sprint(ask) || m != more {
			t.Fatalf("asked again it says %v, not %v", again, ask)
		}
		if !more {
			return asks, tolds
		}
		if len(asks) > 5000 {
			t.Fatalf("it does not end")
		}
		told := w.try(ask)
		asks, tolds = append(asks, ask), append(tolds, told)
		s.Tell(told)
	}
}

func config(levels ...int) Config {
	return Config{Levels: levels, Clauses: []trial.Clause{{Expr: "p(99)<200ms", Allowed: 0.01}}, Inner: newHalving}
}

func TestAFrontierIsFoundFromFewToMany(t *testing.T) {
	w := world{rate: 800, slope: 0.01, most: math.MaxInt}
	s := New(config(20000, 1, 100, 1000, 10000, 100))
	asks, _ := drive(t, s, w)
	r := s.Result()
	if r.Outcome != capacity.Found || len(r.Levels) != 5 || r.Trials != len(asks) {
		t.Fatalf("%s %s, %d levels, %d trials", r.Outcome, r.Why, len(r.Levels), r.Trials)
	}
	for i, l := range r.Levels {
		truth := w.capacity(l.Connections)
		if l.Rate.Low > truth || l.Rate.High < truth {
			t.Errorf("%d connections: %v to %v, not %v", l.Connections, l.Rate.Low, l.Rate.High, truth)
		}
		if asks[l.Rate.VerifiedBy-1].Connections != l.Connections || asks[l.Rate.VerifiedBy-1].Rate != l.Rate.Verified {
			t.Errorf("trial %d is not the one that held", l.Rate.VerifiedBy)
		}
		if first := l.Rate.Trials[0]; i > 0 && (first.Rate < r.Levels[i-1].Rate.Low || first.Rate > r.Levels[i-1].Rate.High) {
			t.Errorf("%d connections begin at %v, the level before has %v to %v", l.Connections, first.Rate, r.Levels[i-1].Rate.Low, r.Levels[i-1].Rate.High)
		}
	}
	if n := len(r.Levels[1].Rate.Trials); n > 7 || n >= len(r.Levels[0].Rate.Trials) {
		t.Errorf("%d trials beside a neighbour, %d without", n, len(r.Levels[0].Rate.Trials))
	}
	text := strings.Join(r.Sentences(), "\n")
	for _, want := range []string{"1 connection: 7", "with 95 % confidence), confirmed at ", "from 1 to 20000 connections the rate falls by 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Where connections fail though requests are served well, no rate is looked for; after two
// such levels no more are tried.
func TestWhereConnectionsFail(t *testing.T) {
	s := New(config(10, 100, 1000, 2000, 4000))
	asks, _ := drive(t, s, world{rate: 800, most: 500})
	r := s.Result()
	if r.Outcome != capacity.Found || r.Levels[1].Holds() == 0 || r.Levels[2].Holds() != 0 {
		t.Fatalf("%+v", r)
	}
	for i, want := range map[int]string{2: "the connections themselves fail: 500 of 1000 held", 3: "themselves fail", 4: "not tried: fewer connections, 2000, could not be held"} {
		if !strings.Contains(r.Levels[i].String(), want) {
			t.Errorf("%d: %s", i, r.Levels[i].String())
		}
	}
	if len(r.Levels[2].Lost) != 2 || r.Levels[2].Rate != nil || asks[len(asks)-1].Connections != 2000 || asks[r.Levels[3].Lost[1].Number-1].Connections != 2000 {
		t.Errorf("%+v", r.Levels[2])
	}
}

func TestOneTrialThatLosesConnectionsIsRepeated(t *testing.T) {
	s := New(config(10, 100))
	asks, _ := drive(t, s, world{rate: 800, most: math.MaxInt, flaky: 0.15, seed: 4})
	r := s.Result()
	lost := len(r.Levels[0].Lost) + len(r.Levels[1].Lost)
	if lost == 0 || r.Outcome != capacity.Found || r.Levels[0].Skipped+r.Levels[1].Skipped != "" {
		t.Fatalf("%d lost; %+v", lost, r)
	}
	for _, l := range r.Levels {
		for _, x := range slices.Concat(l.Lost, l.Rate.Trials) {
			if a := asks[x.Number-1]; a.Rate != x.Rate || a.Connections != l.Connections {
				t.Errorf("trial %d was another one", x.Number)
			}
		}
	}
}

func TestWhereNoRateHoldsNoMoreConnectionsAreTried(t *testing.T) {
	s := New(config(10, 100, 1000, 10000))
	drive(t, s, world{rate: 800, slope: 8, most: math.MaxInt})
	r := s.Result()
	if r.Levels[0].Holds() == 0 || !strings.Contains(r.Levels[1].String(), "no rate is known to hold: not even 1/s") || !strings.Contains(r.Levels[2].String(), "not tried: no rate holds with fewer") || r.Outcome != capacity.Found {
		t.Errorf("%s %s\n%s", r.Outcome, r.Why, strings.Join(r.Sentences(), "\n"))
	}
	s = New(config(1000, 10000))
	drive(t, s, world{rate: 800, slope: 8, most: math.MaxInt})
	if r = s.Result(); r.Outcome != capacity.Nothing {
		t.Errorf("%s %s", r.Outcome, r.Why)
	}
}

// A level that had no time to learn much says little of where to begin.
func TestTheNextLevelBeginsAtTheBestThatIsKnown(t *testing.T) {
	found := func(low, high float64) *capacity.Result {
		return &capacity.Result{Outcome: capacity.Unfinished, Low: low, High: high, Capacity: (low + high) / 2}
	}
	for want, results := range map[float64][]*capacity.Result{
		700: {found(700, 760), nil, found(80, 790)},
		400: {found(700, 760), found(400, 500)},
		730: {found(100, 760), {Outcome: capacity.AtLeast, Low: 600, Verified: 730}},
		600: {{Capacity: 600}, {Outcome: capacity.Nothing}},
		0:   {nil},
	} {
		s := New(config(Grid(1, 1000, len(results)+1)...))
		for i, r := range results {
			s.levels[i].result, s.at = r, i+1
		}
		if got := s.want().Start; got != want {
			t.Errorf("begins at %v, not %v", got, want)
		}
	}
}

func TestATargetThatDiesEndsIt(t *testing.T) {
	s := New(config(10, 100, 1000))
	drive(t, s, world{rate: 800, most: math.MaxInt, dies: 15})
	if r := s.Result(); r.Outcome != capacity.Broken || r.Why != "at 100 connections: connection refused" || r.Levels[0].Holds() == 0 || r.Levels[2].Skipped == "" {
		t.Errorf("%+v", r)
	}
}

func TestABudgetIsShared(t *testing.T) {
	c := config(Grid(1, 50000, 8)...)
	c.Budget = 20 * time.Minute
	s := New(c)
	drive(t, s, world{rate: 800, most: math.MaxInt})
	r := s.Result()
	if r.Took > c.Budget+10*time.Second {
		t.Errorf("took %s of %s", r.Took, c.Budget)
	}
	for _, l := range r.Levels {
		if l.Rate == nil {
			t.Errorf("%s", l.String())
		}
	}
	c.Budget = 3 * time.Minute
	s = New(c)
	drive(t, s, world{rate: 800, most: math.MaxInt})
	if r = s.Result(); r.Outcome != capacity.Unfinished || !strings.Contains(r.Why, "ended before") || !strings.Contains(r.Levels[7].String(), "budget of 3m0s was used up") {
		t.Errorf("%s %s\n%s", r.Outcome, r.Why, strings.Join(r.Sentences(), "\n"))
	}
}

// A search that crashed at any trial and is told again what it was told goes on as the one that
// did not, whatever the target does.
func TestReplayedItIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := config(rapid.SliceOfN(rapid.IntRange(1, 60000), 1, 8).Draw(t, "levels")...)
		c.Budget = time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute
		w := world{rate: rapid.Float64Range(0.1, 5000).Draw(t, "rate"), slope: rapid.Float64Range(0, 0.1).Draw(t, "slope"), most: rapid.IntRange(1, 100000).Draw(t, "most"),
			flaky: rapid.SampledFrom([]float64{0, 0, 0.2}).Draw(t, "flaky"), dies: rapid.SampledFrom([]int{0, 0, 5, 40}).Draw(t, "dies"), seed: rapid.Uint64().Draw(t, "seed")}
		whole := New(c)
		asks, tolds := drive(t, whole, w)
		for i, a := range asks {
			if a.Number != i+1 || !slices.Contains(c.Levels, a.Connections) || !(a.Rate > 0) {
				t.Fatalf("trial %d: %+v", i+1, a)
			}
		}
		want, err := json.Marshal(whole.Result())
		if err != nil {
			t.Fatal(err)
		}
		again := New(c)
		for i := range rapid.IntRange(0, len(tolds)).Draw(t, "crash") {
			if a, _ := again.Next(); fmt.Sprint(a) != fmt.Sprint(asks[i]) {
				t.Fatalf("trial %d is %+v, was %+v", i+1, a, asks[i])
			}
			again.Tell(tolds[i])
		}
		drive(t, again, w)
		if got, _ := json.Marshal(again.Result()); string(got) != string(want) {
			t.Fatalf("%s\nwas\n%s", got, want)
		}
		if r := whole.Result(); r.Outcome == "" || (r.Why == "") != (r.Outcome == capacity.Found) || len(r.Sentences()) < len(r.Levels) {
			t.Fatalf("%+v", r)
		}
	})
}

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		least, most, steps int
		want               []int
	}{
		{1, 50000, 6, []int{1, 9, 76, 660, 5700, 50000}},
		{0, 4, 9, []int{1, 2, 3, 4}},
		{100, 100, 5, []int{100}},
		{1000, 50, 3, []int{1000}},
		{1, 10, 2, []int{1, 10}},
		{7, 90, 1, []int{90}},
		{4940, 5001, 4, []int{4940, 5000, 5001}},
	} {
		if got := Grid(c.least, c.most, c.steps); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v", c, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		least, most := rapid.IntRange(1, 5000).Draw(t, "least"), rapid.IntRange(5001, 1_000_000).Draw(t, "most")
		got := Grid(least, most, rapid.IntRange(2, 30).Draw(t, "steps"))
		if got[0] != least || got[len(got)-1] != most || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("%v", got)
		}
	})
}

func TestMistakesAreToldTogether(t *testing.T) {
	c := Config{Levels: []int{5, 0, -1}, Budget: time.Second}
	err := c.Validate()
	for _, want := range []string{"levels[1]: must be at least 1", "levels[2]", "budget: must be at least 2m0s for each of 3", "inner: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	ok := config(1, 2)
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
}
