package tune

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// Facts are what is known of a service before anything is tried. Zero is not known.
type Facts struct {
	Cores    int // of the machine that the parameter is of
	Spindles int // disks of the database

	Rate      float64       // requests a second that it is to carry
	Processes int           // that share the rate, each with the parameter for itself; 1
	Hold      time.Duration // a request keeps a connection, in the mean
	MayWait   float64       // share of requests that may wait for a connection; 0.05

	Wait    time.Duration // a request waits for others, in the mean
	Compute time.Duration // a request is computed
	Busy    float64       // share of their time that cores may be busy; 0.8

	Takers int // threads that take connections
	Each   int // connections that one of them has at once

	Alpha, Beta float64 // of the universal scalability law, fitted to the parameter

	KeyRate float64       // requests a second of one cached key
	Stale   time.Duration // an answer may be so old

	Current string   // in force now; it is one of the values
	Most    int      // that can be had, such as a database's max_connections; 0 = any
	Choices []string // of Choice
}

// A Kind is a sort of parameter, by which its first values are found.
type Kind string

// The kinds.
const (
	Workers      Kind = "workers"       // processes
	Threads      Kind = "threads"       // of one process
	Pool         Kind = "pool"          // connections to a database
	Overflow     Kind = "max_overflow"  // connections beyond a pool, for bursts
	UpstreamPool Kind = "upstream_pool" // connections to an upstream
	CacheTTL     Kind = "cache_ttl"     // a time
	Choice       Kind = "choice"        // one of several, such as algorithms
)

// A Start is a value to begin with, and the law or rule of thumb that it comes from. It is where
// the search looks, never what it recommends.
type Start struct {
	Value float64
	Why   string
}

// Starts are what laws say of a parameter, as far as the facts go.
func Starts(k Kind, f Facts) (all []Start) {
	orElse(&f.Processes, 1)
	orElse(&f.MayWait, 0.05)
	orElse(&f.Busy, 0.8)
	laws := map[Kind][]func(Facts) (Start, bool){
		Workers:      {byGunicorn, byThreads, byPeak},
		Threads:      {byThreads, byPeak},
		Pool:         {byLittle, byErlang, byHikari, byDeadlock, byPeak},
		Overflow:     {byBurst},
		UpstreamPool: {byLittle, byErlang, byPeak},
		CacheTTL:     {byHits, byStale},
	}
	for _, law := range laws[k] {
		if s, ok := law(f); ok {
			all = append(all, s)
		}
	}
	return all
}

// byLittle: as many are busy in the mean as come while one is.
func byLittle(f Facts) (Start, bool) {
	a := f.offered()
	return Start{a, fmt.Sprintf("Little's law: %s × %v busy = %s connections busy in the mean; fewer cannot carry it", f.rate(), f.Hold, number(a))}, a > 0
}

// byErlang is the fewest servers of an M/M/c queue of which no more than a share of requests has to wait.
func byErlang(f Facts) (Start, bool) {
	a := f.offered()
	if a <= 0 {
		return Start{}, false
	}
	c := fewest(a, f.MayWait)
	return Start{float64(c), fmt.Sprintf("Erlang C: with %d connections %s of requests wait for one, %s may",
		c, share(queue.ErlangC(c, a)), share(f.MayWait))}, true
}

// fewest servers that a share of at most wait of requests has to wait for, under the offered load a.
func fewest(a, wait float64) int {
	low := int(a) + 1
	return low + sort.Search(int(20*math.Sqrt(a))+40, func(more int) bool { return queue.ErlangC(low+more, a) <= wait })
}

// byHikari is the rule of thumb of HikariCP's documentation, which has it from PostgreSQL's.
func byHikari(f Facts) (Start, bool) {
	n := 2*f.Cores + f.Spindles
	return Start{float64(n), fmt.Sprintf("HikariCP's rule of thumb: 2 × %d cores + %d spindles = %d connections that a database has work for", f.Cores, f.Spindles, n)}, f.Cores > 0
}

// byDeadlock is the fewest at which threads that take several never all wait for their last one.
func byDeadlock(f Facts) (Start, bool) {
	n := f.Takers*(f.Each-1) + 1
	return Start{float64(n), fmt.Sprintf("no deadlock: %d threads that have %d connections each at once need %d × (%d − 1) + 1 = %d",
		f.Takers, f.Each, f.Takers, f.Each, n)}, f.Takers > 0 && f.Each > 1
}

// byThreads keeps cores busy while requests wait.
func byThreads(f Facts) (Start, bool) {
	if f.Cores <= 0 || f.Compute <= 0 {
		return Start{}, false
	}
	n := float64(f.Cores) * f.Busy * (1 + f.Wait.Seconds()/f.Compute.Seconds()) / float64(f.Processes)
	of := ""
	if f.Processes > 1 {
		of = fmt.Sprintf(" ÷ %d processes", f.Processes)
	}
	return Start{n, fmt.Sprintf("cores kept busy: %d cores × %s × (1 + %v of waiting / %v of computing)%s = %s",
		f.Cores, share(f.Busy), f.Wait, f.Compute, of, number(n))}, true
}

func byGunicorn(f Facts) (Start, bool) {
	n := 2*f.Cores + 1
	return Start{float64(n), fmt.Sprintf("gunicorn's rule of thumb: 2 × %d cores + 1 = %d workers", f.Cores, n)}, f.Cores > 0
}

// byPeak is where the universal scalability law (Gunther) has its most: √((1−α)/β).
func byPeak(f Facts) (Start, bool) {
	if f.Beta <= 0 || f.Alpha < 0 || f.Alpha >= 1 {
		return Start{}, false
	}
	n := math.Sqrt((1 - f.Alpha) / f.Beta)
	return Start{n, fmt.Sprintf("universal scalability law: √((1 − %s) / %s) = %s, beyond which more do less", number(f.Alpha), number(f.Beta), number(n))}, true
}

// byBurst is how many more one request in a thousand wants than one in twenty, or as MayWait says.
func byBurst(f Facts) (Start, bool) {
	a := f.offered()
	if a <= 0 {
		return Start{}, false
	}
	pool, peak := fewest(a, f.MayWait), fewest(a, f.MayWait/50)
	return Start{float64(peak - pool), fmt.Sprintf("Erlang C: beyond a pool of %d, %d more have %s of requests wait in place of %s",
		pool, peak-pool, share(f.MayWait/50), share(f.MayWait))}, peak > pool
}

// hits is the share of hits at which a longer life of an answer saves little.
const hits = 0.9

// byHits: a key that is asked for at random is found for λT/(1+λT) of requests when an answer lives for T.
func byHits(f Facts) (Start, bool) {
	if f.KeyRate <= 0 {
		return Start{}, false
	}
	t := hits / (1 - hits) / f.KeyRate
	return Start{t, fmt.Sprintf("a key that is asked for %s times a second is found λT/(1 + λT) of the time: %s of it when answers live %s s",
		number(f.KeyRate), share(hits), number(t))}, true
}

func byStale(f Facts) (Start, bool) {
	return Start{f.Stale.Seconds(), fmt.Sprintf("an answer may be %v old", f.Stale)}, f.Stale > 0
}

// offered is the connections that are busy in the mean, of one process.
func (f Facts) offered() float64 { return f.Rate / float64(f.Processes) * f.Hold.Seconds() }

func (f Facts) rate() string {
	if f.Processes > 1 {
		return fmt.Sprintf("%s/s ÷ %d processes", number(f.Rate), f.Processes)
	}
	return number(f.Rate) + "/s"
}
