package queue

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"
)

// near fails unless got is want within a relative error.
func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within*math.Abs(want)) {
		t.Errorf("%s: %.12g, want %.12g within %g", what, got, want, within)
	}
}

// responses are percentiles of the response of M/M/c, in ms, with servers of 100 a
// second: published values, to all digits given.
var responses = []struct {
	servers        int
	load           float64
	p50, p99, p999 string
}{
	{1, .5, "13.863", "92.103", "138.155"},
	{1, .8, "34.657", "230.259", "345.388"},
	{2, .8, "20.400", "119.374", "176.941"},
	{4, .7, "10.285", "54.926", "79.017"},
	{4, .8, "13.462", "68.932", "98.797"},
	{4, .9, "22.545", "121.932", "179.500"},
	{8, .7, "8.169", "47.817", "70.845"},
	{8, .9, "14.894", "70.873", "100.783"},
	{16, .9, "10.780", "52.698", "75.884"},
	{16, .95, "15.962", "72.166", "102.094"},
}

func TestResponsesOfMMcAreThePublishedOnes(t *testing.T) {
	for _, r := range responses {
		m := MMc{r.servers, r.load * float64(r.servers) * 100, 100}
		for p, want := range map[float64]string{.5: r.p50, .99: r.p99, .999: r.p999} {
			if got := fmt.Sprintf("%.3f", 1e3*m.Quantile(p)); got != want {
				t.Errorf("c=%d ρ=%g p%g: %s ms, want %s", r.servers, r.load, 100*p, got, want)
			}
		}
	}
}

// capacities are the arrival rates at which p99 of M/M/c with servers of 100 a second
// just reaches a limit in ms, and the elasticity there.
var capacities = map[int]map[float64][2]string{
	1:  {60: {"23.25", "1.4"}, 80: {"42.44", "3.4"}, 100: {"53.95", "5.4"}, 150: {"69.30", "10.4"}, 200: {"76.97", "15.4"}},
	2:  {60: {"108.83", "3.9"}, 80: {"137.65", "9.2"}, 100: {"151.60", "13.8"}, 150: {"168.52", "24"}, 200: {"176.58", "35"}},
	4:  {60: {"299.81", "8.6"}, 80: {"334.70", "21"}, 100: {"350.09", "30"}, 150: {"367.98", "52"}, 200: {"376.31", "73"}},
	8:  {60: {"693.31", "17"}, 80: {"732.65", "43"}, 100: {"749.04", "63"}, 150: {"767.60", "107"}, 200: {"776.11", "148"}},
	16: {60: {"1488.40", "34"}, 80: {"1531.16", "86"}, 100: {"1548.27", "128"}, 150: {"1567.32", "217"}, 200: {"1575.96", "299"}},
}

func TestCapacitiesOfMMcAreThePublishedOnes(t *testing.T) {
	for servers, limits := range capacities {
		for limit, want := range limits {
			rate, b := Capacity(servers, 100, .99, limit/1e3)
			if got := fmt.Sprintf("%.2f", rate); got != want[0] {
				t.Errorf("c=%d X=%g ms: capacity %s, want %s", servers, limit, got, want[0])
			}
			decimals := 0
			if len(want[1]) > 2 && want[1][len(want[1])-2] == '.' {
				decimals = 1
			}
			if got := fmt.Sprintf("%.*f", decimals, b); got != want[1] {
				t.Errorf("c=%d X=%g ms: elasticity %s, want %s", servers, limit, got, want[1])
			}
		}
	}
}

// TestALimitBelowTheServiceHasNoCapacity: 1 % of services alone take longer than 46 ms.
func TestALimitBelowTheServiceHasNoCapacity(t *testing.T) {
	if rate, b := Capacity(4, 100, .99, .040); rate != 0 || b != 0 {
		t.Errorf("capacity %g, elasticity %g", rate, b)
	}
}

// TestConstantPacingHalvesTheTail: p99 in service times, D/M/1 against M/M/1.
func TestConstantPacingHalvesTheTail(t *testing.T) {
	for _, c := range []struct {
		load           float64
		paced, poisson string
	}{{.5, "5.78", "9.21"}, {.8, "12.40", "23.03"}, {.9, "23.85", "46.05"}} {
		if got := fmt.Sprintf("%.2f", NewDM1(c.load, 1).Quantile(.99)); got != c.paced {
			t.Errorf("D/M/1 ρ=%g: %s, want %s", c.load, got, c.paced)
		}
		poisson := NewGIM1(1, func(s float64) float64 { return c.load / (c.load + s) })
		if got := fmt.Sprintf("%.2f", poisson.Quantile(.99)); got != c.poisson {
			t.Errorf("GI/M/1 ρ=%g: %s, want %s", c.load, got, c.poisson)
		}
		m := MMc{1, c.load, 1}
		near(t, "waiting", poisson.Waiting(), c.load, 1e-9)
		near(t, "mean", poisson.Mean(), m.Mean(), 1e-9)
		near(t, "tail", poisson.Above(3), m.Above(3), 1e-9)
	}
}

// TestErlang holds both formulas against their sums written out.
func TestErlang(t *testing.T) {
	for _, c := range []int{1, 2, 7, 40} {
		for _, load := range []float64{.1, .7, .99} {
			a, term, sum := load*float64(c), 1.0, 1.0
			for k := 1; k <= c; k++ {
				term *= a / float64(k)
				sum += term
			}
			near(t, "B", ErlangB(c, a), term/sum, 1e-12)
			wait := term / (1 - load)
			near(t, "C", ErlangC(c, a), wait/(sum-term+wait), 1e-12)
		}
	}
	if ErlangC(3, 3) != 1 || ErlangC(3, 9) != 1 {
		t.Error("who comes to overloaded servers waits")
	}
}

// TestEqualRatesAreNoHole: where the wait ends at the service's rate, the formula's
// two terms are infinite and cancel.
func TestEqualRatesAreNoHole(t *testing.T) {
	at := func(gap float64) float64 { return MMc{3, 200 - gap, 100}.Above(.03) }
	near(t, "at", at(0), math.Exp(-3)*(1+MMc{3, 200, 100}.Waiting()*3), 1e-12)
	near(t, "beside", at(1e-9), at(0), 1e-9)
	near(t, "beside", at(1e-4), at(0), 1e-5)
}

func TestAnOverloadedQueueHasNoPercentiles(t *testing.T) {
	m := MMc{2, 200, 100}
	if !math.IsInf(m.Quantile(.5), 1) || !math.IsInf(m.Mean(), 1) || !math.IsInf(m.Relaxation(), 1) || m.Above(9) != 1 {
		t.Errorf("p50 %g, mean %g, relaxation %g", m.Quantile(.5), m.Mean(), m.Relaxation())
	}
	if !math.IsInf(MeanWaitMG1(100, Law{Kind: Const, Mean: 10 * time.Millisecond}), 1) {
		t.Error("nor a mean wait")
	}
}

// TestMeansAreTheIntegralsOfTheirTails: E[T] = ∫ P(T > t) dt.
func TestMeansAreTheIntegralsOfTheirTails(t *testing.T) {
	for name, m := range map[string]interface {
		Mean() float64
		Above(float64) float64
	}{
		"M/M/1":      MMc{1, 80, 100},
		"M/M/8":      MMc{8, 720, 100},
		"D/M/1":      NewDM1(80, 100),
		"M/M/1/3":    MMcK{MMc{1, 80, 100}, 3},
		"M/M/1/30":   MMcK{MMc{1, 150, 100}, 30},
		"M/M/4/4":    MMcK{MMc{4, 360, 100}, 4},
		"M/M/8/20":   MMcK{MMc{8, 1200, 100}, 20},
		"M/M/16/300": MMcK{MMc{16, 1520, 100}, 300},
	} {
		near(t, name, integral(m.Above, 3), m.Mean(), 1e-5)
	}
}

// integral is Simpson's, from 0.
func integral(f func(float64) float64, to float64) float64 {
	const n = 4000
	h, sum := to/n, f(0)+f(to)
	for i := 1; i < n; i++ {
		sum += f(float64(i)*h) * float64(2+2*(i%2))
	}
	return sum * h / 3
}

// TestRoomForManyIsRoomForAll: as K grows M/M/c/K becomes M/M/c, and without a queue
// it is Erlang's loss system.
func TestRoomForManyIsRoomForAll(t *testing.T) {
	m := MMc{8, 720, 100}
	for _, p := range []float64{.5, .99, .999} {
		near(t, "quantile", MMcK{m, 400}.Quantile(p), m.Quantile(p), 1e-9)
	}
	near(t, "loss", MMcK{m, 8}.Blocked(), ErlangB(8, 7.2), 1e-12)
	near(t, "no wait", MMcK{m, 8}.Quantile(.99), math.Log(100)/100, 1e-12)
	rho := .8 // M/M/1/K: (1−ρ)ρ^K/(1−ρ^{K+1})
	near(t, "one", MMcK{MMc{1, 80, 100}, 5}.Blocked(), (1-rho)*math.Pow(rho, 5)/(1-math.Pow(rho, 6)), 1e-12)
	// A hundred times too much is refused but for the servers' rate.
	near(t, "overload", MMcK{MMc{2, 2e6, 100}, 200}.Blocked(), 1-1e-4, 1e-9)
}

// textbook is P(W ≤ x) of M/D/1 by its alternating sum, with as many digits as it eats.
func textbook(m MD1, x float64) float64 {
	sum := exact(0)
	for k := 0; float64(k) <= x/m.D; k++ {
		u := exact(x)
		u.Sub(u, exact(0).Mul(exact(float64(k)), exact(m.D)))
		u.Mul(u, exact(m.Arrivals))
		term := exp(u)
		for i := 1; i <= k; i++ {
			term.Mul(term, u)
			term.Quo(term, exact(float64(-i)))
		}
		sum.Add(sum, term)
	}
	out, _ := sum.Float64()
	return out * (1 - m.Arrivals*m.D)
}

func exact(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }

func exp(u *big.Float) *big.Float {
	sum, term := exact(1), exact(1)
	for i := 1; i < 400; i++ {
		term.Mul(term, u)
		term.Quo(term, exact(float64(i)))
		sum.Add(sum, term)
	}
	return sum
}

// TestTheWaitOfMD1IsTheTextbooks at loads where its sum has lost every digit of a
// float64, too.
func TestTheWaitOfMD1IsTheTextbooks(t *testing.T) {
	for _, load := range []float64{.3, .8, .95} {
		m := MD1{Arrivals: load, D: 1}
		for _, x := range []float64{0, .5, 1, 2.25, 10, 60.5} {
			near(t, fmt.Sprintf("ρ=%g x=%g", load, x), m.WaitWithin(x), textbook(m, x), 1e-10)
		}
		mean := integral(func(x float64) float64 { return 1 - m.WaitWithin(x) }, 200)
		near(t, "mean wait", mean, MeanWaitMG1(load, Law{Kind: Const, Mean: time.Second}), 1e-3)
	}
	if w := (MD1{Arrivals: .5, D: 1}).WaitWithin(-1); w != 0 {
		t.Errorf("nobody waits less than nothing: %g", w)
	}
	m := MD1{Arrivals: 80, D: .01}
	near(t, "quantile", m.WaitWithin(m.WaitQuantile(.99)), .99, 1e-9)
}

// TestMeanWaits: M/M/1 waits ρ/(μ−λ), constant service half of that.
func TestMeanWaits(t *testing.T) {
	near(t, "M/M/1", MeanWaitMG1(80, Law{Kind: Exp, Mean: 10 * time.Millisecond}), .8/20, 1e-12)
	near(t, "M/D/1", MeanWaitMG1(80, Law{Kind: Const, Mean: 10 * time.Millisecond}), .4/20, 1e-12)
	near(t, "M/H2/1", MeanWaitMG1(80, Law{Kind: H2, Mean: 10 * time.Millisecond, CV: 2}), .8/20*2.5, 1e-12)
}

func TestRelaxation(t *testing.T) {
	near(t, "M/M/1", MMc{1, 81, 100}.Relaxation(), 1, 1e-12)
	near(t, "M/M/4", Relaxation(4, 100, 100), .01, 1e-12)
}
