package gate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// gates is how many gates a figure is made of.
func gates(short, normal, long int) int {
	switch {
	case os.Getenv("LOADCTL_LONG") == "1":
		return long
	case testing.Short():
		return short
	}
	return normal
}

func (t *tally) String() string {
	slices.Sort(t.took)
	return fmt.Sprintf("%d gates: pass %.1f %%, regression %.1f %%, inconclusive %.1f %%, invalid %.1f %%; %.1f pairs, %.1f trials of the hold; %.1f min in the median, %.1f at most",
		t.n, 100*t.share(Pass), 100*t.share(Regression), 100*t.share(Inconclusive), 100*t.share(Invalid),
		float64(t.pairs)/float64(t.n), float64(t.holds)/float64(t.n), t.took[len(t.took)/2].Minutes(), t.took[len(t.took)-1].Minutes())
}

func (t *tally) median() time.Duration {
	slices.Sort(t.took)
	return t.took[len(t.took)/2]
}

// reaches says whether a verdict came as often as a bar wants: in a long run as counted, in a short one unless the count
// rules it out.
func (t *tally) reaches(v Verdict, bar float64) bool {
	if os.Getenv("LOADCTL_LONG") == "1" {
		return t.share(v) >= bar
	}
	_, most := stats.Wilson(float64(t.verdicts[v]), float64(t.n))
	return most >= bar
}

func whole(seed uint64) Config {
	return Config{Clauses: []trial.Clause{{Expr: "response_time: p(99)<100ms", Allowed: 0.01}}, Capacity: 700,
		Hold: true, Compare: true, Seed: seed, Elasticity: 60}
}

func compared(n int, like noisy, set func(uint64) Config) *tally {
	t := &tally{}
	for i := range n {
		target := like
		target.random = rand.New(rand.NewPCG(99, uint64(i)))
		t.add(play(New(set(uint64(i))), target.Try))
	}
	return t
}

// The environments of the error rates: name, and what a target's figures are like there.
func environments() []struct {
	name string
	noisy
} {
	return []struct {
		name string
		noisy
	}{
		{"1 %", noisy{sigma: 0.01}},
		{"3 %", noisy{sigma: 0.03}},
		{"3 %, drift 1 % a trial", noisy{sigma: 0.03, drift: 0.01}},
		{"3 %, correlated .7", noisy{sigma: 0.03, corr: 0.7}},
		{"2 %, spikes, drift", noisy{sigma: 0.02, drift: 0.01, spikes: 0.05}},
		{"6 %", noisy{sigma: 0.06}},
	}
}

func TestNoChangePasses(t *testing.T) {
	for _, e := range environments() {
		got := compared(gates(50, 200, 1000), e.noisy, whole)
		t.Logf("no change, noise %s: %v", e.name, got)
		if got.share(Regression) > 0.01 {
			t.Errorf("noise %s: %v", e.name, got)
		}
		if e.sigma <= 0.03 && got.share(Pass) < 0.98 {
			t.Errorf("noise %s: %v", e.name, got)
		}
	}
}

func TestTenPerCentIsFound(t *testing.T) {
	for _, e := range environments() {
		e.change = 0.1
		got := compared(gates(50, 200, 1000), e.noisy, whole)
		t.Logf("+10 %%, noise %s: %v", e.name, got)
		if got.share(Pass) > 0.01 {
			t.Errorf("noise %s: %v", e.name, got)
		}
		if e.sigma <= 0.03 && (!got.reaches(Regression, 0.99) || got.median() > 10*time.Minute) {
			t.Errorf("noise %s: %v", e.name, got)
		}
	}
}

func TestAtTheMarginItIsLeftOpen(t *testing.T) {
	for _, e := range environments() {
		e.change = 0.05
		got := compared(gates(50, 200, 1000), e.noisy, whole)
		t.Logf("+5 %%, noise %s: %v", e.name, got)
		if got.share(Regression) > 0.08 || got.share(Pass) > 0.08 {
			t.Errorf("noise %s: %v", e.name, got)
		}
	}
}

// What is told to be detectable is found nine times in ten.
func TestWhatIsDetectableIsFound(t *testing.T) {
	hold := func(seed uint64) Config {
		c := whole(seed)
		c.Hold = false // it has no say
		return c
	}
	told := compared1(noisy{sigma: 0.03, change: 0.05}, hold)
	got := compared(gates(50, 200, 1000), noisy{sigma: 0.03, change: told.Detectable}, hold)
	t.Logf("+%.1f %%, noise 3 %%: %v", 100*told.Detectable, got)
	if got.share(Regression) < 0.88 {
		t.Errorf("%.1f %% was to be found: %v", 100*told.Detectable, got)
	}
}

func compared1(like noisy, set func(uint64) Config) Result {
	like.random = rand.New(rand.NewPCG(7, 7))
	return play(New(set(7)), like.Try)
}
