package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/target/queue"
)

// A service is a queue whose capacity is known by its formula.
type service struct {
	name    string
	servers int
	limit   time.Duration
	noise   float64
}

func mm8() service { return service{"M/M/8", 8, 100 * time.Millisecond, 0} }
func mm2() service { return service{"M/M/2", 2, 100 * time.Millisecond, 0} }

func (s service) capacity() (rate, elasticity float64) {
	return queue.Capacity(s.servers, 100, 0.99, s.limit.Seconds())
}

func (s service) queue(seed uint64, slower float64) *virtual.Queue {
	return &virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: s.servers},
		Limits: []virtual.Limit{{Above: s.limit, Allowed: 0.01}}, Seed: seed + 1, Noise: s.noise, Overhead: overhead,
		Slow: func(a trial.Ask) float64 {
			if a.Side == Candidate {
				return 1 + slower
			}
			return 1
		}}
}

func (s service) gates(n int, slower float64, set func(Config) Config) (*tally, Result) {
	all := &tally{}
	var last Result
	for i := range uint64(n) {
		q := s.queue(i, slower)
		rate, elasticity := s.capacity()
		c := Config{Clauses: q.Clauses(), Capacity: rate, Elasticity: elasticity, Seed: i, Short: true}
		last = play(New(set(c)), q.Try)
		all.add(last)
	}
	return all, last
}

func asItIs(c Config) Config { return c }

func TestHoldFindsTenPerCent(t *testing.T) {
	for _, s := range []service{mm8(), {"M/M/8 with 2 % noise", 8, 100 * time.Millisecond, 0.02}, mm2()} {
		for _, slower := range []float64{0, 0.025, 0.05, 0.075, 0.1, 0.15} {
			n := gates(5, 20, 300)
			if s.name != "M/M/8" || slower != 0 && slower != 0.1 {
				n = gates(0, 0, 300)
			}
			if n == 0 {
				continue
			}
			got, last := s.gates(n, slower, asItIs)
			t.Logf("%s, %.3g %% slower: %v%s", s.name, 100*slower, got, foundAt(last, slower))
			if s.name != "M/M/8" {
				continue
			}
			if slower == 0 && got.share(Regression) > 0 || slower == 0.1 && (got.share(Regression) < 0.98 || float64(got.holds) > 5*float64(got.n)) {
				t.Errorf("%s, %.3g %% slower: %v", s.name, 100*slower, got)
			}
		}
	}
}

func foundAt(r Result, change float64) string {
	for _, p := range r.Operating {
		if p.Change == change {
			return fmt.Sprintf("; its curve says %.1f %%", 100*p.Found)
		}
	}
	return ""
}

// A whole gate of a queue: the hold, and the pairs.
func TestWholeGatesOfAQueue(t *testing.T) {
	both := func(c Config) Config {
		c.Short, c.Hold, c.Compare = false, true, true
		return c
	}
	for _, slower := range []float64{0, 0.1} {
		got, last := mm8().gates(gates(2, 5, 200), slower, both)
		t.Logf("M/M/8, %.3g %% slower: %v; detectable %.1f %%", 100*slower, got, 100*last.Detectable)
		if slower == 0 && got.share(Regression) > 0 || slower > 0 && got.share(Regression) < 0.99 {
			t.Errorf("%v", got)
		}
	}
}

// Pairs alone, at half the capacity, where the hold is not asked.
func TestPairsAloneFindASlowerQueue(t *testing.T) {
	pairs := func(c Config) Config {
		c.Short, c.Compare = false, true
		return c
	}
	for _, slower := range []float64{0, 0.1} {
		got, last := mm8().gates(gates(2, 5, 200), slower, pairs)
		t.Logf("M/M/8, pairs alone, %.3g %% slower: %v; detectable %.1f %%", 100*slower, got, 100*last.Detectable)
	}
}
