package queue

import (
	"math"
	"slices"
	"testing"
	"time"
)

var laws = map[string]Law{
	"exp":            {Kind: Exp, Mean: 10 * time.Millisecond},
	"const":          {Kind: Const, Mean: 10 * time.Millisecond},
	"h2":             {Kind: H2, Mean: 10 * time.Millisecond, CV: 2},
	"h2 wide":        {Kind: H2, Mean: 10 * time.Millisecond, CV: 5},
	"lognormal":      {Kind: Lognormal, Mean: 10 * time.Millisecond, CV: .5},
	"lognormal wide": {Kind: Lognormal, Mean: 10 * time.Millisecond, CV: 2},
}

// TestDrawsFollowTheirLaw: 400,000 draws each. Mean and deviation are those asked for,
// and the share above each percentile of the law is what it should be, within four
// standard errors.
func TestDrawsFollowTheirLaw(t *testing.T) {
	const n = 400_000
	for name, law := range laws {
		if err := law.Validate(); err != nil {
			t.Fatal(err)
		}
		draws := make([]float64, n)
		sum, squares := 0.0, 0.0
		for i := range draws {
			x := law.At(Uniform(7, services, uint64(i))).Seconds() / law.Mean.Seconds()
			draws[i] = x
			sum, squares = sum+x, squares+x*x
		}
		mean, cv := sum/n, law.Variation()
		if se := cv / math.Sqrt(n); math.Abs(mean-1) > 4*se+1e-9 {
			t.Errorf("%s: mean %g, want 1 ± %g", name, mean, 4*se)
		}
		if got := math.Sqrt(squares/n - mean*mean); math.Abs(got-cv) > .05*cv+1e-6 {
			t.Errorf("%s: cv %g, want %g", name, got, cv)
		}
		if law.Kind != Const {
			followsTail(t, name, law, draws)
		}
	}
}

func followsTail(t *testing.T, name string, law Law, draws []float64) {
	t.Helper()
	slices.Sort(draws)
	n := float64(len(draws))
	for _, p := range []float64{.1, .5, .9, .99, .999} {
		q := law.Quantile(p)
		near(t, name+" quantile", 1-law.Above(q), p, 1e-9)
		i, _ := slices.BinarySearch(draws, q/law.Mean.Seconds())
		if got, se := float64(i)/n, math.Sqrt(p*(1-p)/n); math.Abs(got-p) > 4*se {
			t.Errorf("%s: %g within the quantile of %g, want it ± %g", name, got, p, 4*se)
		}
	}
}

func TestConstantServiceIsItsMean(t *testing.T) {
	law := laws["const"]
	near(t, "quantile", law.Quantile(.99), .010, 1e-12)
	if law.Above(.0099) != 1 || law.Above(.0101) != 0 || law.Above(-1) != 1 {
		t.Error("it takes neither less nor more")
	}
}

func TestDrawsAreBounded(t *testing.T) {
	law := Law{Kind: Lognormal, Mean: longest, CV: 100}
	for _, u := range []float64{0, math.Nextafter(1, 0)} {
		if d := law.At(u); d < 0 || d > longest {
			t.Errorf("at %g: %s", u, d)
		}
	}
}

func TestLawsThatCannotBe(t *testing.T) {
	for name, law := range map[string]Law{
		"kind":     {Kind: "gamma", Mean: time.Second},
		"no mean":  {Kind: Exp},
		"long":     {Kind: Exp, Mean: 2 * time.Hour},
		"exp cv":   {Kind: Exp, Mean: time.Second, CV: 2},
		"narrow":   {Kind: H2, Mean: time.Second, CV: 1},
		"no cv":    {Kind: Lognormal, Mean: time.Second},
		"negative": {Kind: Lognormal, Mean: time.Second, CV: -1},
		"NaN":      {Kind: H2, Mean: time.Second, CV: math.NaN()},
	} {
		if law.Validate() == nil {
			t.Errorf("%s: nothing to say", name)
		}
	}
}
