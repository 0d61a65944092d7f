package stats

import (
	"math"
	"time"
)

// A PercentileInterval says between which response times a percentile lies in
// the long run, and whether the run was long enough to say so.
type PercentileInterval struct {
	P         float64
	Low, High time.Duration // High is Never when nothing that was seen bounds it, Low when surely failures reach into it
	Episodes  float64       // effective independent episodes of requests slower than the percentile
	Reliable  bool          // else the interval is indicative
	More      time.Duration // about how much longer to run for it to be reliable
	Withheld  bool          // too few requests to name the percentile at all
}

// Supported says whether n requests are enough to name percentile p: that a
// two-sided interval could exist even if every request were independent, which
// takes n ≥ ln(0.025)/ln(p/100): 367 for p99, 3,688 for p99.9, 36,887 for p99.99.
func Supported(p float64, n uint64) bool {
	share := max(p, 100-p) / 100
	return p > 0 && p < 100 && float64(n) >= math.Log((1-confidence)/2)/math.Log(share)
}

// Percentile is the interval of percentile p (0 to 100), failures being slower
// than anything. It holds the response times x for which the Interval of the fraction
// of requests slower than x holds 1 − p. Between the edges of rungs the ends of
// that interval are taken as straight lines of their logarithm, which is what an
// exponential tail is.
func (l *Ladder) Percentile(p float64, bins Bins) PercentileInterval {
	s := newScan(l, bins)
	i := PercentileInterval{P: p}
	if i.Withheld = !Supported(p, s.n); i.Withheld {
		return i
	}
	q := 1 - p/100
	s.learn(q)
	at := s.quantile(q)
	i.Low, i.High = s.low(at, q), s.high(at, q)
	if i.High != Never {
		i.Low = min(i.Low, i.High) // within a rung their lines may cross, where one falls to nothing
	}
	i.Episodes = s.episodesAt(at, q)
	i.Reliable = i.Episodes >= enough
	if !i.Reliable {
		i.More = s.more(i.Episodes)
	}
	return i
}

// A scan walks the edges of rungs.
type scan struct {
	ladder *Ladder
	length time.Duration // of a bin
	n      uint64
	near   episodes     // at limits near the one asked about
	bins   []BinBad     // above the edge of rung here
	rungs  [][]rungPart // what each rung holds
	here   int
	seen   map[int]FractionInterval
}

// A rungPart is what a rung holds of one bin.
type rungPart struct {
	bin   int // index into bins
	count uint64
}

// newScan sorts the counts by rung, so that going to the next edge touches one rung.
// It begins below the lowest edge, where every request is above.
func newScan(l *Ladder, bins Bins) *scan {
	s := &scan{ladder: l, length: bins.Length, here: -1, seen: map[int]FractionInterval{}}
	s.bins = bins.Counts.Above(s.here)
	s.rungs = emptyRungs(l, bins.Counts)
	at := 0
	for _, c := range bins.Counts {
		for s.bins[at].Bin != c.Bin {
			at++
		}
		s.rungs[c.Rung] = append(s.rungs[c.Rung], rungPart{at, c.Count})
		s.n += c.Count
	}
	return s
}

// emptyRungs has room for the parts of each rung, in one piece: growing hundreds of
// slices took most of the time of a percentile.
func emptyRungs(l *Ladder, counts BinCounts) [][]rungPart {
	sizes := make([]int, l.Infinite()+1)
	for _, c := range counts {
		sizes[c.Rung]++
	}
	rungs, room := make([][]rungPart, len(sizes)), make([]rungPart, len(counts))
	for r, n := range sizes {
		rungs[r], room = room[:0:n], room[n:]
	}
	return rungs
}

// learn looks at two limits near the one that a fraction q is above: those with about
// three and ten times as many bad requests, or, where that is most of all, with fewer.
func (s *scan) learn(q float64) {
	for _, more := range [...]float64{10, math.Sqrt(10), 1 / math.Sqrt(10), 0.1} {
		if q*more <= 0.5 && len(s.near.seen) < 2 {
			s.move(s.quantile(q * more))
			s.near.see(s.bins)
		}
	}
}

// quantile is the lowest rung with no more than a fraction q above its edge.
func (s *scan) quantile(q float64) int {
	var sum uint64
	for r := s.ladder.Infinite(); r > 0; r-- {
		for _, p := range s.rungs[r] {
			sum += p.count
		}
		if float64(sum) > q*float64(s.n) {
			return min(r, s.ladder.Infinite()-1)
		}
	}
	return 0
}

// at is the interval of the fraction above the edge of a rung.
func (s *scan) at(rung int) FractionInterval {
	f, ok := s.seen[rung]
	if !ok {
		s.move(rung)
		f = interval(s.bins, s.near, hiccup(s.bins, s.length, s.ladder.Edge(rung)))
		s.seen[rung] = f
	}
	return f
}

// move counts the bins above the edge of another rung.
func (s *scan) move(rung int) {
	for ; s.here < rung; s.here++ {
		for _, p := range s.rungs[s.here+1] {
			s.bins[p.bin].Bad -= p.count
		}
	}
	for ; s.here > rung; s.here-- {
		for _, p := range s.rungs[s.here] {
			s.bins[p.bin].Bad += p.count
		}
	}
}

// high walks up to the first edge above which there is surely less than q.
func (s *scan) high(from int, q float64) time.Duration {
	for r := from; r < s.ladder.Infinite(); r++ {
		if s.at(r).High < q {
			return s.between(r-1, q, func(f FractionInterval) float64 { return f.High })
		}
	}
	return Never
}

// low walks down to the first edge above which there is surely more than q. Above the
// last edge there are failures only: if those surely are more, so is the percentile.
func (s *scan) low(from int, q float64) time.Duration {
	if last := s.ladder.Infinite() - 1; from >= last && s.at(last).Low > q {
		return Never
	}
	for r := from; r >= 0; r-- {
		if s.at(r).Low > q {
			return s.between(r, q, func(f FractionInterval) float64 { return f.Low })
		}
	}
	return 0
}

// between is where an end of the interval crosses q between the edges of a rung
// and the next.
func (s *scan) between(rung int, q float64, end func(FractionInterval) float64) time.Duration {
	if rung < 0 {
		return s.ladder.Edge(0)
	}
	below, above := s.ladder.Edge(rung), s.ladder.Edge(rung+1)
	share := logShare(end(s.at(rung)), end(s.at(rung+1)), q)
	return below + time.Duration(share*float64(above-below))
}

// logShare is how far ln q lies on the way from ln a down to ln b.
func logShare(a, b, q float64) float64 {
	if b <= 0 || a <= b {
		return 1
	}
	return min(max(math.Log(a/q)/math.Log(a/b), 0), 1)
}

func (s *scan) episodesAt(at int, q float64) float64 {
	above := s.at(at)
	if at == 0 {
		return above.Episodes
	}
	below := s.at(at - 1)
	share := logShare(below.Value, above.Value, q)
	return below.Episodes + share*(above.Episodes-below.Episodes)
}

// more is how much longer to run for enough episodes, if they keep coming.
func (s *scan) more(episodes float64) time.Duration {
	length := time.Duration(span(s.bins)) * s.length
	longer := float64(length) * (enough/max(episodes, 0.1) - 1)
	return time.Duration(min(longer, math.MaxInt64/2)).Round(time.Second)
}
