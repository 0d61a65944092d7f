package capacity

import (
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/target/queue"
)

// capacityOfH2 is the rate at which 1 % of the requests to eight servers of H2 services (mean
// 10 ms, coefficient of variation 2) take longer than 200 ms. There is no formula: of four
// queues of 60,000 s at 736/s, 0.960, 0.989, 1.058 and 0.937 % did, at 732/s 0.801 % in the
// mean, so that the elasticity is 38 and the rate known to ±0.1 %.
const capacityOfH2 = 736.3

// A bar is a target with a known capacity, and the shares of searches that must do as they say.
type bar struct {
	name     string
	queue    virtual.Queue
	capacity float64
	config   Config

	within3, within5, covers, bias float64
}

// mmc is a queue with servers of 100 a second, whose p99 must be below a limit. What a trial
// takes to start and to gather is counted.
func mmc(servers int, limit time.Duration) virtual.Queue {
	return virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: servers},
		Limits: []virtual.Limit{{Above: limit, Allowed: 0.01}}, Overhead: 1500 * time.Millisecond}
}

func capacityOf(servers int, limit float64) float64 {
	c, _ := queue.Capacity(servers, 100, 0.99, limit)
	return c
}

func bars() []bar {
	noisy, h2 := mmc(8, 100*time.Millisecond), mmc(8, 200*time.Millisecond)
	noisy.Noise = 0.02
	h2.Settings.Law = queue.Law{Kind: queue.H2, Mean: 10 * time.Millisecond, CV: 2}
	return []bar{
		{"M/M/8", mmc(8, 100*time.Millisecond), capacityOf(8, 0.1), Config{Start: 100, Budget: 8 * time.Minute}, 0.9, 0.95, 0.9, 0.01},
		{"M/M/4", mmc(4, 150*time.Millisecond), capacityOf(4, 0.15), Config{Start: 50}, 0.8, 0.95, 0.9, 0.02},
		{"M/M/8 and 2 % noise", noisy, capacityOf(8, 0.1), Config{Start: 100}, 0.8, 0.95, 0.9, 0.02},
		{"M/H2/8", h2, capacityOfH2, Config{Start: 100}, 0.8, 0.95, 0.9, 0.02},
	}
}

// drive makes all trials of a search.
func drive(s trial.Search, q *virtual.Queue) {
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		s.Tell(q.Try(a))
	}
}

// searches is how many to make. LOADCTL_LONG=1 makes 200 with seeds from LOADCTL_SEED on: of
// fewer, chance is allowed for.
func searches() (n int, seed uint64) {
	seed, _ = strconv.ParseUint(os.Getenv("LOADCTL_SEED"), 10, 64)
	switch {
	case os.Getenv("LOADCTL_LONG") != "":
		return 200, seed
	case testing.Short():
		return 3, seed
	}
	return 12, seed
}

// A tally is what came of searches with a known answer.
type tally struct {
	off, half, took, trials []float64
	within3, within5, cover float64
	outcomes                map[Outcome]int
}

func (y *tally) add(r Result, capacity float64) {
	d := math.Log(r.Capacity / capacity)
	y.off, y.half = append(y.off, d), append(y.half, math.Log(r.High/r.Low)/2)
	y.took, y.trials = append(y.took, r.Took.Minutes()), append(y.trials, float64(len(r.Trials)))
	y.within3 += one(math.Abs(d) <= 0.03)
	y.within5 += one(math.Abs(d) <= 0.05)
	y.cover += one(r.Low <= capacity && capacity <= r.High)
	y.outcomes[r.Outcome]++
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

// TestSearchesFindKnownCapacities holds whole searches, from ramp to anchor, to their bars.
func TestSearchesFindKnownCapacities(t *testing.T) {
	for _, b := range bars() {
		t.Run(b.name, func(t *testing.T) {
			n, seed := searches()
			y := &tally{outcomes: map[Outcome]int{}}
			for i := range n {
				q, c := b.queue, b.config
				q.Seed, c.Clauses = seed+uint64(i)+1, b.queue.Clauses()
				s := New(c)
				drive(s, &q)
				y.add(s.Result(), b.capacity)
			}
			b.judge(t, y, float64(n))
		})
	}
}

func (b *bar) judge(t *testing.T, y *tally, n float64) {
	slices.Sort(y.half)
	t.Logf("%.0f searches: within 3 %% %.1f %%, within 5 %% %.1f %%, bias %+.2f %%, covers %.1f %%, median ±%.1f %%, %.1f min (most %.1f), %.1f trials, %v", n, 100*y.within3/n, 100*y.within5/n,
		100*mean(y.off), 100*y.cover/n, 100*y.half[len(y.half)/2], mean(y.took), slices.Max(y.took), mean(y.trials), y.outcomes)
	chance := func(p float64) float64 { // of few
		if n >= 200 {
			return p * n
		}
		return p*n - 2*math.Sqrt(p*(1-p)*n)
	}
	if y.within3 < chance(b.within3) || y.within5 < chance(b.within5) || y.cover < chance(b.covers) {
		t.Errorf("the bars are within 3 %% in %.0f %%, within 5 %% in %.0f %%, covered in %.0f %%", 100*b.within3, 100*b.within5, 100*b.covers)
	}
	if n >= 200 && math.Abs(mean(y.off)) > b.bias {
		t.Errorf("bias %.4f, may be %.4f", mean(y.off), b.bias)
	}
	budget := b.config.defaults().Budget
	if slices.Max(y.took) > budget.Minutes()+0.1 {
		t.Errorf("took %.1f min of %v", slices.Max(y.took), budget)
	}
}
