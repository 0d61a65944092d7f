package virtual

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

// A Limit is a clause on response time: no more than Allowed of the requests may take
// longer than Above, or fail.
type Limit struct {
	Above   time.Duration
	Allowed float64
}

// A Queue is a service with a known law under Poisson arrivals, empty before each trial.
type Queue struct {
	Settings queue.Settings
	Limits   []Limit // the clauses of the SLO, in the search's order
	Seed     uint64

	// Slow is the factor of service times in a trial, over that of Settings; nil = 1.
	Slow func(trial.Ask) float64
	// Noise is the standard deviation of the logarithm of the speed, drawn anew for each trial.
	Noise float64
	// Most is the rate from which trials are invalid, as the generator is at its limit; 0 = none.
	Most float64
	// Overhead is what a trial takes beside its load and the drain: starting, gathering.
	Overhead time.Duration
}

// Try makes one trial of requests at a.Rate a second.
func (q *Queue) Try(a trial.Ask) trial.Told {
	random := rand.New(rand.NewPCG(q.Seed, uint64(a.Number)))
	set := q.Settings
	set.Seed = random.Uint64()
	set.Slow = max(set.Slow, 0)
	if set.Slow == 0 {
		set.Slow = 1
	}
	if q.Slow != nil {
		set.Slow *= q.Slow(a)
	}
	set.Slow *= math.Exp(q.Noise * random.NormFloat64())
	t := &run{ask: a, limits: q.Limits, queue: queue.New(set), ladder: q.ladder()}
	t.arrive(random)
	told := t.told()
	told.Took += q.Overhead
	if q.Most > 0 && a.Rate > q.Most {
		told.Validity, told.Generator, told.Reasons = stats.Invalid, true, []string{"the generator was late"}
	}
	return told
}

func (q *Queue) ladder() *stats.Ladder {
	var all []time.Duration
	for _, l := range q.Limits {
		all = append(all, l.Above)
	}
	return stats.NewLadder(all...)
}

// Clauses are those of the SLO.
func (q *Queue) Clauses() (all []trial.Clause) {
	for _, l := range q.Limits {
		all = append(all, trial.Clause{Expr: "slower than " + l.Above.String(), Allowed: l.Allowed, Time: true})
	}
	return all
}

// A run is one trial under way.
type run struct {
	ask    trial.Ask
	limits []Limit
	queue  *queue.Queue
	ladder *stats.Ladder

	bins     stats.BinCounts
	rungs    map[int]uint64 // of the bin that is open
	bin      int64
	response stats.Histogram
	n, ok    uint64
	good     uint64
	bad      []uint64
	inside   []float64 // by second
	end      time.Duration
	last     time.Duration // a request left
	gaveUp   bool
}

// arrive lets requests arrive until the trial is over, or has said all.
func (r *run) arrive(random *rand.Rand) {
	r.bad, r.rungs = make([]uint64, len(r.limits)), map[int]uint64{}
	r.end = r.ask.Settle + r.ask.Length
	if !(r.ask.Rate > 0) {
		return
	}
	for at := gap(random, r.ask.Rate); at < r.end; at += gap(random, r.ask.Rate) {
		r.seconds(at)
		j := r.queue.Arrive(at)
		if at >= r.ask.Settle {
			r.record(at-r.ask.Settle, j)
		}
		if r.over(at - r.ask.Settle) {
			r.end, r.gaveUp = at, true
		}
	}
	r.flush()
}

func gap(random *rand.Rand, rate float64) time.Duration {
	return time.Duration(random.ExpFloat64() / rate * 1e9)
}

// seconds notes how many are inside at the end of each recorded second before at.
func (r *run) seconds(at time.Duration) {
	for next := r.ask.Settle + time.Duration(len(r.inside)+1)*time.Second; next <= at; next += time.Second {
		r.inside = append(r.inside, float64(r.queue.Inside(next)))
	}
}

func (r *run) record(at time.Duration, j queue.Job) {
	if bin := int64(at / stats.BinLength); bin != r.bin {
		r.flush()
		r.bin = bin
	}
	left := r.queue.Leaves(j)
	took := left - at - r.ask.Settle
	r.last = max(r.last, left)
	r.n++
	rung, failed := r.ladder.Rung(took), j.Fate != queue.Served
	if failed {
		rung = r.ladder.Infinite()
	} else {
		r.ok++
		r.response.Record(took)
	}
	r.rungs[rung]++
	bad := failed
	for i, l := range r.limits {
		if failed || took > l.Above {
			r.bad[i]++
			bad = true
		}
	}
	if !bad {
		r.good++
	}
}

func (r *run) flush() {
	for rung := range r.ladder.Infinite() + 1 {
		if n := r.rungs[rung]; n > 0 {
			r.bins = append(r.bins, stats.BinCount{Bin: r.bin, Rung: rung, Count: n})
		}
	}
	clear(r.rungs)
}

// over says whether a trial has said all it can say.
func (r *run) over(recorded time.Duration) bool {
	if r.ask.GiveUp == 0 || recorded < trial.GiveUpAfter {
		return false
	}
	for _, bad := range r.bad {
		if bad > trial.GiveUpBad && float64(bad) > r.ask.GiveUp*float64(r.n) {
			return true
		}
	}
	return false
}

func (r *run) told() trial.Told {
	measured := r.end - r.ask.Settle
	second := func(n uint64) float64 { return float64(n) / max(measured.Seconds(), 1e-9) }
	t := trial.Told{
		Validity: stats.Valid, Measured: measured, GaveUp: r.gaveUp, Took: max(r.end, r.last),
		Iterations: second(r.n), Offered: second(r.n), Throughput: second(r.ok), Good: second(r.good), Requests: r.n,
		Failed: float64(r.n-r.ok) / max(float64(r.n), 1), Mean: r.response.Mean(),
	}
	d := stats.Dist{OK: &r.response, Infinite: r.n - r.ok}
	t.P50, _ = d.Percentile(50)
	t.P90, _ = d.Percentile(90)
	t.P99, _ = d.Percentile(99)
	for _, v := range r.inside {
		t.InFlight += v / float64(len(r.inside))
	}
	t.Slope, t.Growing = stats.Growth(r.inside, r.worth())
	for i := range r.limits {
		t.Counts = append(t.Counts, r.count(i))
	}
	return t
}

// worth is by how many requests more are in flight when each takes longer by the smallest limit.
func (r *run) worth() float64 {
	least := math.Inf(1)
	for _, l := range r.limits {
		least = min(least, l.Above.Seconds())
	}
	return least * r.ask.Rate
}

func (r *run) count(i int) trial.Count {
	c := trial.Count{N: r.n, Bad: r.bad[i], Clump: 1}
	if c.Bad > 0 {
		seen := r.ladder.Interval(r.limits[i].Above, r.limits[i].Allowed, stats.Bins{Length: stats.BinLength, Counts: r.bins})
		c.Clump = max(1, float64(c.Bad)/seen.Episodes)
	}
	return c
}
