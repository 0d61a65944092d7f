package gate

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// overhead is what a trial takes beside its load, as live ones do.
const overhead = 1500 * time.Millisecond

// A noisy target has figures that are what they are but for noise, which is each
// metric's own: the worst case for a gate that has to pass all.
type noisy struct {
	random *rand.Rand
	sigma  float64 // of the logarithm, of a trial
	change float64 // of the candidate
	drift  float64 // of everything, by trial
	corr   float64 // from one trial to the next
	spikes float64 // share of trials that are slower by a fifth

	number float64
	p50    float64 // noise as it is now
	p99    float64
}

func (n *noisy) step(was float64) float64 {
	return n.corr*was + math.Sqrt(1-n.corr*n.corr)*n.sigma*n.random.NormFloat64()
}

func (n *noisy) Try(a trial.Ask) trial.Told {
	n.p50, n.p99 = n.step(n.p50), n.step(n.p99)
	n.number++
	shared := n.drift * n.number
	if n.random.Float64() < n.spikes {
		shared += math.Log(1.2)
	}
	if a.Side == Candidate {
		shared += math.Log1p(n.change)
	}
	of := func(d time.Duration, noise float64) time.Duration {
		return time.Duration(float64(d) * math.Exp(shared+noise))
	}
	return trial.Told{Validity: stats.Valid, Requests: 10000, Counts: []trial.Count{{N: 10000, Bad: 10, Clump: 5}},
		P50: of(5*time.Millisecond, n.p50), P99: of(40*time.Millisecond, n.p99), Throughput: a.Rate, Measured: a.Length, Took: a.Settle + a.Length + overhead}
}

// play tells a gate what a target answers until it is over.
func play(g *Gate, try func(trial.Ask) trial.Told) Result {
	for {
		a, ok := g.Next()
		if !ok {
			return g.Result()
		}
		g.Tell(try(a))
	}
}

// A tally counts verdicts.
type tally struct {
	verdicts map[Verdict]int
	n        int
	took     []time.Duration
	pairs    int
	holds    int
}

func (t *tally) add(r Result) {
	if t.verdicts == nil {
		t.verdicts = map[Verdict]int{}
	}
	t.n++
	t.verdicts[r.Verdict]++
	t.took = append(t.took, r.Took)
	if len(r.Metrics) > 0 {
		t.pairs += r.Metrics[0].Pairs
	}
	if r.Hold != nil {
		t.holds += r.Hold.Candidate.all()
	}
}

func (t *tally) share(v Verdict) float64 { return float64(t.verdicts[v]) / float64(t.n) }
