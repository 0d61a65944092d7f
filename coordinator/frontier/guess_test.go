package frontier

import (
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/target/queue"
)

// fewer is by how much longer services take with connections held: a tenth at 50,000, 28 % at 200,000.
func fewer(a trial.Ask) float64 { return 1 + math.Pow(float64(a.Connections)/1e6, 0.8) }

// served is M/M/8 with p99 < 100 ms, whose services take the longer the more connections there are.
func served(seed uint64) *virtual.Queue {
	return &virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 8}, Seed: seed,
		Limits: []virtual.Limit{{Above: 100 * time.Millisecond, Allowed: 0.01}}, Overhead: 1500 * time.Millisecond, Slow: fewer}
}

// A gain is what levels beyond the first cost, and how good they are.
type gain struct {
	before, half, took []float64 // minutes until the first trial near the limit, half the interval, minutes
	within3, within5   float64
	covers, found, n   float64
}

func (g *gain) add(l *Level) {
	r := l.Rate
	var before time.Duration
	for _, t := range r.Trials {
		if t.Kind == "refine" {
			break
		}
		before += t.Took
	}
	whole, _ := queue.Capacity(8, 100/fewer(trial.Ask{Load: trial.Load{Connections: l.Connections}}), 0.99, 0.1)
	off := math.Abs(math.Log(r.Capacity / whole))
	g.before, g.half, g.took = append(g.before, before.Seconds()), append(g.half, math.Log(r.High/r.Low)/2), append(g.took, r.Took.Minutes())
	g.n++
	for to, is := range map[*float64]bool{&g.within3: off <= 0.03, &g.within5: off <= 0.05, &g.covers: r.Low <= whole && whole <= r.High, &g.found: r.Outcome == capacity.Found} {
		if is {
			*to++
		}
	}
}

// levels makes frontiers of five levels, and tells of the four that have a neighbour.
func levels(frontiers int, each time.Duration, guess bool) *gain {
	g := &gain{}
	for seed := range uint64(frontiers) {
		q := served(1000 + seed)
		c := Config{Levels: []int{1000, 10_000, 25_000, 50_000, 100_000}, Clauses: q.Clauses(), Budget: 5 * each}
		c.Inner = func(w Want) Inner {
			if !guess {
				w.Guess = capacity.Guess{}
			}
			return capacity.New(capacity.Config{Clauses: c.Clauses, Connections: w.Connections, Start: w.Start, Guess: w.Guess, Budget: w.Budget})
		}
		s := New(c)
		for a, more := s.Next(); more; a, more = s.Next() {
			s.Tell(q.Try(a))
		}
		r := s.Result()
		for i := range r.Levels[1:] {
			g.add(&r.Levels[i+1])
		}
	}
	return g
}

// TestALevelBeginsNearItsNeighbour, and is near the limit the sooner.
func TestALevelBeginsNearItsNeighbour(t *testing.T) {
	frontiers := 4
	budgets := []time.Duration{4 * time.Minute}
	if os.Getenv("LOADCTL_LONG") != "" {
		frontiers, budgets = 25, []time.Duration{3 * time.Minute, 4 * time.Minute, 5 * time.Minute}
	}
	for _, each := range budgets {
		by := map[bool]*gain{}
		for _, guess := range []bool{false, true} {
			g := levels(frontiers, each, guess)
			slices.Sort(g.half)
			t.Logf("%v a level, guess %v: %.0f levels, %.0f s before the limit, median ±%.1f %%, within 3 %% %.0f %%, within 5 %% %.0f %%, covers %.0f %%, found %.0f %%, took %.1f min", each, guess, g.n, mean(g.before),
				100*g.half[len(g.half)/2], 100*g.within3/g.n, 100*g.within5/g.n, 100*g.covers/g.n, 100*g.found/g.n, mean(g.took))
			by[guess] = g
		}
		if was, is := mean(by[false].before), mean(by[true].before); is > 0.75*was {
			t.Errorf("%.0f s with a guess, %.0f s without", is, was)
		}
	}
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}
