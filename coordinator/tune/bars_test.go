package tune

import "testing"

// weather is what a tuning is up against.
var weather = []struct {
	name  string
	want  float64 // share of tunings
	world world
}{
	{"noise 5 %", 0.95, world{surface: truth, noise: 0.05}},
	{"noise 5 %, drift up", 0.95, world{surface: truth, noise: 0.05, drift: 0.01}},
	{"noise 5 %, drift down", 0.95, world{surface: truth, noise: 0.05, drift: -0.01}},
	{"noise 5 %, spikes", 0.92, world{surface: truth, noise: 0.05, spikes: 0.05}},
	{"noise 2 %", 0.95, world{surface: truth, noise: 0.02}},
}

// A tally counts what many tunings came to.
type tally struct {
	n, better, near, beside, covered int
	trials, most, halving            int
}

func (a *tally) add(c Config, r Result) {
	a.n++
	got := truth(r.Recommended.Setting)
	count(&a.better, r.Outcome == Better)
	count(&a.near, got >= 0.97*optimum)
	count(&a.beside, got >= 0.97*bestOf(c))
	gain := truth(r.Best.Setting)/truth(c.Incumbent) - 1
	count(&a.covered, r.Best.Low <= gain && gain <= r.Best.High)
	a.trials += len(r.Trials)
	a.most, a.halving = max(a.most, len(r.Trials)), max(a.halving, r.Halving)
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func (a *tally) share(n int) float64 { return float64(n) / float64(a.n) }

func (a *tally) log(t *testing.T, name string) {
	t.Logf("%s: within 3 %% of the optimum %.1f %%, of the grid's best %.1f %%; better %.1f %%; interval of the gain covers %.1f %%; %.0f trials, at most %d, halving %d",
		name, 100*a.share(a.near), 100*a.share(a.beside), 100*a.share(a.better), 100*a.share(a.covered),
		float64(a.trials)/float64(a.n), a.most, a.halving)
}

func tunings(t *testing.T, n int, w world, make func(seed uint64) Config) *tally {
	a := &tally{}
	for i := range n {
		w.seed = uint64(i)
		c := make(uint64(i))
		a.add(c, run(t, c, w.try))
	}
	return a
}

// TestTheSettingIsWithinThreePerCentOfTheOptimum: by the true optimum, also where the grid does not have it; by the
// grid's best where the grid has nothing but its peak's edge within 3 %.
func TestTheSettingIsWithinThreePerCentOfTheOptimum(t *testing.T) {
	for _, grid := range []string{doubling, narrow, broad, beside} {
		for _, w := range weather {
			a := tunings(t, many(), w.world, func(seed uint64) Config { return gridded(grid, seed) })
			a.log(t, grid+", "+w.name)
			good := a.near
			if grid == beside {
				good = a.beside
			}
			if a.share(good) < w.want {
				t.Errorf("%s, %s: %.3f, want %.2f", grid, w.name, a.share(good), w.want)
			}
			if a.halving > 80 || a.most > 150 {
				t.Errorf("%s, %s: %d trials of the halving, %d in all", grid, w.name, a.halving, a.most)
			}
			if a.share(a.covered) < 0.9 {
				t.Errorf("%s, %s: intervals cover %.3f", grid, w.name, a.share(a.covered))
			}
		}
	}
}

func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	for _, w := range weather {
		w.world.surface = flat
		changed, trials := 0, 0
		for i := range many() {
			w.world.seed = uint64(i)
			r := run(t, gridded(doubling, uint64(i)), w.world.try)
			count(&changed, r.Outcome != NoChange)
			trials = max(trials, len(r.Trials))
		}
		t.Logf("flat, %s: changed %d of %d; at most %d trials", w.name, changed, many(), trials)
		if float64(changed) > 0.05*float64(many()) || trials > 150 {
			t.Errorf("flat, %s: changed %d of %d", w.name, changed, many())
		}
	}
}

func TestTheBestInForceIsLeftAlone(t *testing.T) {
	for _, w := range weather {
		a := tunings(t, many(), w.world, func(seed uint64) Config {
			c := gridded(doubling, seed)
			c.Incumbent = Setting{"pool": "32", "workers": "64"}
			return c
		})
		a.log(t, "in force is best, "+w.name)
		if a.share(a.better) > 0.05 {
			t.Errorf("%s: changed %.3f", w.name, a.share(a.better))
		}
	}
}

// TestOfAlikeTheCheapestIsRecommended: nine settings do the same, and the cheapest of them is what a low noise
// lets be shown.
func TestOfAlikeTheCheapestIsRecommended(t *testing.T) {
	plateau := func(s Setting) float64 { return float64(min(of(s, "pool"), 32)*10 + min(of(s, "workers"), 32)*5) }
	for noise, want := range map[float64]float64{0.002: 0.9, 0.01: 0.9, 0.02: 0, 0.05: 0} {
		cheapest, dearer := 0, 0.0
		for i := range many() {
			w := world{surface: plateau, noise: noise, seed: uint64(i)}
			r := run(t, gridded(doubling, uint64(i)), w.try)
			count(&cheapest, r.Recommended.Cost == 64)
			dearer += r.Recommended.Cost / 64 / float64(many())
		}
		got := float64(cheapest) / float64(many())
		t.Logf("noise %.1f %%: the cheapest of nine alike, 64 to 256, in %.0f %%; cost %.2f times its", 100*noise, 100*got, dearer)
		if got < want {
			t.Errorf("noise %.3f: the cheapest in %.2f", noise, got)
		}
	}
}
