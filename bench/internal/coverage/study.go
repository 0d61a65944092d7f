package coverage

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Result is what the intervals of a scenario's runs were worth.
type Result struct {
	Scenario Scenario
	Truth    time.Duration
	Runs     int
	Covered  int // intervals that held the truth
	Reliable int // runs labelled so
	Believed int // of those, intervals that held the truth
	// Episodes are how many bad ones a run has in the mean. An episode is as many bad requests
	// as their number varies more between runs than that of independent ones would.
	Episodes float64
	// Many are the runs whose own bad requests are worth twenty or more, and Labelled
	// those of them that are labelled.
	Many, Labelled int
	// Oracle is between which estimates the middle 95 % of runs lie, which no one run
	// can know; Width is the mean interval of reliable ones over it, infinite where one of
	// them has no end.
	Oracle, Median time.Duration
	Width          float64
}

// One is what one run said.
type one struct {
	interval stats.PercentileInterval
	bad      float64
	estimate time.Duration
}

// Study plays a scenario as often as asked, each run with a seed of its own, and judges
// it by bins that were doubled so many times.
func Study(s Scenario, runs int, seed uint64, doubled int) Result {
	all := make([]one, runs)
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			for i := worker; i < runs; i += 2 {
				all[i] = s.play(rand.New(rand.NewPCG(seed, uint64(i))), doubled)
			}
		})
	}
	wg.Wait()
	return s.sum(all)
}

func (s Scenario) play(rng *rand.Rand, doubled int) (o one) {
	truth, ladder := s.Queue.Percentile(s.P), stats.NewLadder()
	book, times := stats.NewBinBook(ladder), &stats.Histogram{}
	s.Queue.Run(rng, s.Length, func(at, took time.Duration) {
		book.Record(at, took, false)
		times.Record(took)
		if took > truth {
			o.bad++
		}
	})
	bins := stats.Bins{Length: stats.BinLength, Counts: book.Cut()}
	for range doubled {
		bins = bins.Coarser()
	}
	o.interval, o.estimate = ladder.Percentile(s.P, bins), times.Percentile(s.P)
	return o
}

func (s Scenario) sum(all []one) Result {
	r := Result{Scenario: s, Truth: s.Queue.Percentile(s.P), Runs: len(all)}
	mean, dispersion := badness(all)
	dispersion /= s.P / 100
	r.Episodes = mean / dispersion
	var width float64
	for _, o := range all {
		r.add(o, dispersion)
		if o.interval.Reliable {
			width += o.width()
		}
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.estimate, b.estimate) })
	r.Oracle = all[len(all)*975/1000].estimate - all[len(all)*25/1000].estimate
	r.Median = all[len(all)/2].estimate
	r.Width = width / float64(max(r.Reliable, 1)) / float64(r.Oracle)
	return r
}

func (o one) width() float64 {
	if o.interval.High == stats.Never {
		return math.Inf(1)
	}
	return float64(o.interval.High - o.interval.Low)
}

func (r *Result) add(o one, dispersion float64) {
	many := o.bad/dispersion >= manyEpisodes
	if many {
		r.Many++
	}
	covers := !o.interval.Withheld && o.interval.Low <= r.Truth && (o.interval.High == stats.Never || r.Truth <= o.interval.High)
	if covers {
		r.Covered++
	}
	if !o.interval.Reliable {
		return
	}
	r.Reliable++
	if many {
		r.Labelled++
	}
	if covers {
		r.Believed++
	}
}

// badness is the mean number of bad requests of a run, and its variance over the mean.
func badness(all []one) (mean, dispersion float64) {
	var sum, squares float64
	for _, o := range all {
		sum += o.bad
	}
	mean = sum / float64(len(all))
	for _, o := range all {
		squares += (o.bad - mean) * (o.bad - mean)
	}
	return mean, squares / float64(len(all)-1) / math.Max(mean, 1e-9)
}

// Share is a/b, not a number for nothing of nothing.
func Share(a, b int) float64 { return float64(a) / float64(b) }
