package tune

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// TestASampleHasEachValueAsOftenAsAnother, which is what a Latin hypercube is for: 36 settings of five parameters tell
// as much of each parameter as 36 trials of it alone.
func TestASampleHasEachValueAsOftenAsAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{Load: trial.Load{Users: 1}, Incumbent: Setting{}, Seed: rapid.Uint64().Draw(t, "seed")}
		for i := range rapid.IntRange(4, 7).Draw(t, "params") {
			p := Param{Name: "p" + strconv.Itoa(i)}
			for v := range rapid.SampledFrom([]int{3, 4, 6}).Draw(t, "values") {
				p.Values = append(p.Values, strconv.Itoa(v))
			}
			c.Params, c.Incumbent[p.Name] = append(c.Params, p), "none"
		}
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.points) != sampled+1 || len(s.flags) != 1 {
			t.Fatalf("%d settings, %v", len(s.points), s.flags)
		}
		for i, p := range c.Params {
			seen := map[int]int{}
			for _, q := range s.points[1:] {
				seen[q.at[i]]++
			}
			for v, n := range seen { // doubles are drawn anew, so that it may be some out
				if want := sampled / len(p.Values); n < want-4 || n > want+4 {
					t.Fatalf("%s %d comes %d times, not %d", p.Name, v, n, want)
				}
			}
		}
	})
}

// TestFiveParametersAreTuned: of 7,776 settings 36 are tried, and what is found is better than nine in ten of all.
func TestFiveParametersAreTuned(t *testing.T) {
	names, best := strings.Fields("a b c d e"), []float64{2, 1, 4, 3, 2}
	surface := func(s Setting) float64 {
		y := 0.0
		for i, n := range names {
			off := float64(of(s, n)) - best[i]
			y -= 0.03 * off * off
		}
		return 500 * math.Exp(y)
	}
	c := Config{Load: trial.Load{Users: 64}, Incumbent: Setting{}}
	for _, n := range names {
		c.Params = append(c.Params, Param{Name: n, Values: strings.Fields("0 1 2 3 4 5"), CostEach: 1})
		c.Incumbent[n] = "0"
	}
	var all []float64
	for n := range c.combinations() {
		all = append(all, surface(c.combination(n)))
	}
	better, beaten := 0, 0.0
	for i := range many() {
		c.Seed = uint64(i)
		r := run(t, c, world{surface: surface, noise: 0.05, seed: c.Seed}.try)
		count(&better, r.Outcome == Better)
		below := 0
		for _, y := range all {
			count(&below, y < surface(r.Recommended.Setting))
		}
		beaten += float64(below) / float64(len(all)) / float64(many())
		if len(r.Trials) > 150 || r.Halving > 80 {
			t.Fatalf("%d trials, %d of the halving", len(r.Trials), r.Halving)
		}
	}
	t.Logf("five parameters: better in %d of %d, than %.1f %% of all settings in the mean", better, many(), 100*beaten)
	if float64(better) < 0.95*float64(many()) || beaten < 0.9 {
		t.Errorf("better in %d of %d, than %.3f", better, many(), beaten)
	}
}

// TestABudgetIsKept: where it is too short for all settings fewer are tried, and it is not overrun by more than a trial.
func TestABudgetIsKept(t *testing.T) {
	done := 0
	for i := range many() {
		c := gridded(doubling, uint64(i))
		c.Budget = 30 * time.Minute
		r := run(t, c, world{surface: truth, noise: 0.03, seed: c.Seed}.try)
		count(&done, r.Outcome == Better)
		if r.Took > c.Budget+30*time.Second || len(r.Flags) == 0 || !strings.Contains(r.Flags[0], "budget") {
			t.Fatalf("took %v: %v", r.Took, r.Flags)
		}
	}
	t.Logf("half an hour: better in %d of %d", done, many())
	if float64(done) < 0.9*float64(many()) {
		t.Errorf("better in %d of %d", done, many())
	}
}

func TestWhatIsWrongIsToldAtOnce(t *testing.T) {
	c := Config{Params: []Param{{Name: "pool", Values: []string{"1", "1"}, Costs: []float64{1}}, {Name: "pool"}, {}},
		Incumbent: Setting{"workers": "1"}, Goal: "most of all", Margin: -1, Errors: 2, Length: -1}
	_, err := New(c)
	if err == nil {
		t.Fatal("nothing to say")
	}
	for _, want := range []string{"params[0].values: 1 is there twice", "params[0].costs: there are 1 of 2 values", "params[1].name: pool is there twice",
		"params[1].values: give", "params[2].name: is missing", "incumbent: has no pool", "incumbent: workers is none", "goal: must be",
		"load: give users", "margin: must be", "errors: must be", "length, settle"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("without %q:\n%v", want, err)
		}
	}
	c = gridded(doubling, 1)
	c.Cost = func(Setting) float64 { return math.NaN() }
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "cost of pool 8, workers 8: must be a number") {
		t.Errorf("%v", err)
	}
}
