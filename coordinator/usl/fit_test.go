package usl

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// surface is a target whose law is known: its peak is at 32.8 requests at a time.
var surface = curve{60, 0.03, 0.0009}

func seen(random *rand.Rand, noise float64, c curve, ns ...float64) (all []Point) {
	for _, n := range ns {
		all = append(all, Point{n, c.at(n) * math.Exp(noise*random.NormFloat64()), 1})
	}
	return all
}

var (
	across = []float64{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40, 48, 64, 80, 96}
	below  = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
)

func searches(t *testing.T, n int) int {
	if testing.Short() {
		n /= 5
	}
	t.Logf("%d fits", n)
	return n
}

func TestWithoutNoiseTheLawIsFound(t *testing.T) {
	f := New(seen(rand.New(rand.NewPCG(1, 1)), 0, surface, across...), 1)
	if !f.Trustworthy || math.Abs(f.Peak.Value-32.83) > 0.1 || math.Abs(f.Gamma.Value-60) > 0.01 || math.Abs(f.Alpha.Value-0.03) > 1e-4 || math.Abs(f.Most.Value-surface.most()) > 0.1 {
		t.Errorf("%+v", f)
	}
}

// Each band has the truth in it about as often as it says, with 5 % of noise.
func TestBandsCoverTheTruth(t *testing.T) {
	n, trusted := searches(t, 200), 0
	hit := map[string]int{}
	covers := func(name string, b Band, truth float64) {
		if b.Low <= truth && truth <= b.High {
			hit[name]++
		}
	}
	for i := range n {
		f := New(seen(rand.New(rand.NewPCG(7, uint64(i))), 0.05, surface, across...), uint64(i))
		covers("γ", f.Gamma, surface.gamma)
		covers("α", f.Alpha, surface.alpha)
		covers("β", f.Beta, surface.beta)
		if f.Trustworthy {
			trusted++
			covers("peak", f.Peak, surface.peak())
			covers("most", f.Most, surface.most())
		}
	}
	t.Logf("%d of %d are trustworthy; covered: %v", trusted, n, hit)
	if float64(trusted) < 0.95*float64(n) {
		t.Errorf("only %d of %d are trustworthy", trusted, n)
	}
	for name, of := range map[string]int{"γ": n, "α": n, "β": n, "peak": trusted, "most": trusted} {
		if share := float64(hit[name]) / float64(of); share < 0.88 {
			t.Errorf("%s: %.0f %% covered", name, 100*share)
		}
	}
}

// Where only loads below the knee were seen, no peak is told, whatever the noise makes of them.
func TestBelowTheKneeNoPeakIsTold(t *testing.T) {
	n, told := searches(t, 200), 0
	for i := range n {
		f := New(seen(rand.New(rand.NewPCG(9, uint64(i))), 0.05, surface, below...), uint64(i))
		if f.Trustworthy {
			told++
		}
		if !f.Trustworthy && (f.Peak != Band{} || f.Why == "") {
			t.Fatalf("not trustworthy, and a peak: %+v", f)
		}
	}
	t.Logf("a peak was told in %d of %d", told, n)
	if float64(told) > 0.02*float64(n) {
		t.Errorf("a peak was told in %d of %d", told, n)
	}
}

// N by Little's law has the error of X in it, and its own.
func TestNoiseInTheConcurrencyToo(t *testing.T) {
	n, covered, trusted := searches(t, 100), 0, 0
	for i := range n {
		random := rand.New(rand.NewPCG(11, uint64(i)))
		points := seen(random, 0.03, surface, across...)
		for k := range points {
			points[k].N *= math.Exp(0.03 * random.NormFloat64())
		}
		if f := New(points, uint64(i)); f.Trustworthy {
			trusted++
			if f.Peak.Low <= surface.peak() && surface.peak() <= f.Peak.High {
				covered++
			}
		}
	}
	t.Logf("the peak was covered in %d of %d", covered, trusted)
	if float64(covered) < 0.88*float64(trusted) || trusted < n/2 {
		t.Errorf("the peak was covered in %d of %d", covered, trusted)
	}
}

// One trial that went wrong moves the peak little.
func TestOneBadTrialIsNotFollowed(t *testing.T) {
	points := seen(rand.New(rand.NewPCG(3, 3)), 0.02, surface, across...)
	points[8].X /= 2
	f := New(points, 1)
	if math.Abs(f.Peak.Value-surface.peak()) > 4 {
		t.Errorf("a peak of %.1f at %.1f: %s", f.Peak.Value, surface.peak(), f.Why)
	}
}

func TestWhatIsNotTrusted(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	stick := func(noise float64, ns ...float64) (all []Point) { // as a pool does: up to 8, and no more
		for _, n := range ns {
			all = append(all, Point{n, 100 * min(n, 8) * math.Exp(noise*random.NormFloat64()), 1})
		}
		return all
	}
	for name, c := range map[string]struct {
		points []Point
		want   string
	}{
		"nothing":          {nil, "0 distinct levels"},
		"one level":        {seen(random, 0.05, surface, 8, 8, 8, 8, 8, 8, 8), "1 distinct levels"},
		"five levels":      {seen(random, 0.01, surface, 1, 10, 30, 60, 90), "5 distinct levels of concurrency came to rest, fewer than 6"},
		"linear":           {seen(random, 0.02, curve{10, 0, 0}, across...), "includes 0"},
		"scatter":          {seen(random, 0.4, surface, across...), "points lie"},
		"a pool":           {stick(0.005, across...), "a poor fit"},
		"worse from one":   {seen(random, 0.02, curve{10, 1, 0.1}, across...), "α reaches 1"},
		"not quite beyond": {seen(random, 0.001, surface, below...), "past the 12 that were seen"},
	} {
		f := New(c.points, 1)
		if f.Trustworthy || !strings.HasPrefix(f.Why, "fit not trustworthy: ") || !strings.Contains(f.Why, c.want) || f.Peak != (Band{}) {
			t.Errorf("%s: %v %q, peak %v", name, f.Trustworthy, f.Why, f.Peak)
		}
	}
}

// Whatever the points are, a fit ends, can be written as JSON, is the same again, and keeps
// its bounds.
func TestAnyPointsMakeAFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sane, wild := rapid.Float64Range(0.01, 1000), rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), -1, 1, 1e300}))
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Point {
			number := sane
			if rapid.IntRange(0, 9).Draw(t, "wild") == 9 {
				number = wild
			}
			return Point{number.Draw(t, "n"), number.Draw(t, "x"), rapid.Float64Range(0, 1).Draw(t, "weight")}
		}), 0, 16).Draw(t, "points")
		f := New(points, 1)
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(New(points, 1)); string(again) != string(text) {
			t.Fatalf("%s\n%s", text, again)
		}
		if f.Alpha.Low < 0 || f.Beta.Low < 0 || f.Trustworthy != (f.Why == "") || (f.Peak != Band{}) && f.Beta.Low <= 0 {
			t.Fatalf("%s", text)
		}
	})
}

func TestPointsOfTrials(t *testing.T) {
	ok := trial.Told{Validity: "valid", Throughput: 100, Mean: 80 * time.Millisecond, InFlight: 9, Measured: 20 * time.Second}
	vary := func(change func(*trial.Told)) trial.Told { c := ok; change(&c); return c }
	got := Points([]trial.Told{
		ok,
		vary(func(t *trial.Told) { t.Failed = 0.03; t.Measured = 5 * time.Second }),
		vary(func(t *trial.Told) { t.Failed = 0.06 }),
		vary(func(t *trial.Told) { t.Growing = true }),
		vary(func(t *trial.Told) { t.GaveUp = true }),
		vary(func(t *trial.Told) { t.Validity = "invalid" }),
		vary(func(t *trial.Told) { t.Throughput = 0 }),
		{Broken: "no"},
	})
	want := []Point{{8, 100, 1}, {9, 100, 0.5}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v", got)
	}
}
