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
	s := newScan(l, 1-p/100, bins)
	i := PercentileInterval{P: p}
	if i.Withheld = !Supported(p, s.n); i.Withheld {
		return i
	}
	s.learn()
	at := s.quantile(s.q)
	i.Low, i.High = s.low(at), s.high(at)
	i.Episodes = s.episodes(at)
	i.Reliable = i.Episodes >= enough
	if !i.Reliable {
		i.More = s.more(i.Episodes)
	}
	return i
}

// A scan walks the edges of rungs around a percentile.
type scan struct {
	ladder *Ladder
	length time.Duration // of a bin
	q      float64       // the fraction above the percentile
	n      uint64
	known  episodesOf   // that a lower percentile shows
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
func newScan(l *Ladder, q float64, bins Bins) *scan {
	s := &scan{ladder: l, q: q, length: bins.Length, rungs: make([][]rungPart, l.Infinite()+1), here: -1, seen: map[int]FractionInterval{}}
	s.bins = bins.Counts.Above(s.here)
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

// learn takes the size of episodes from a lower percentile, which sees ten times as
// many of them. It hardly depends on the limit (that it tends to a constant is what
// the extremal index says), while at the percentile itself a run that missed the
// large episodes shows both too few bad requests and too little reason to doubt it.
func (s *scan) learn() {
	const more = 10
	if s.q*more > 0.5 {
		return
	}
	at := s.quantile(s.q * more)
	s.move(at)
	_, bad := total(s.bins)
	s.known.size = dispersion(s.bins, hiccup(s.bins, s.length, s.ladder.Edge(at)))
	s.known.count = float64(bad) / s.known.size
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
		f = interval(s.bins, hiccup(s.bins, s.length, s.ladder.Edge(rung)), s.known)
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
func (s *scan) high(from int) time.Duration {
	for r := from; r < s.ladder.Infinite(); r++ {
		if s.at(r).High < s.q {
			return s.between(r-1, func(f FractionInterval) float64 { return f.High })
		}
	}
	return Never
}

// low walks down to the first edge above which there is surely more than q. Above the
// last edge there are failures only: if those surely are more, so is the percentile.
func (s *scan) low(from int) time.Duration {
	if last := s.ladder.Infinite() - 1; from >= last && s.at(last).Low > s.q {
		return Never
	}
	for r := from; r >= 0; r-- {
		if s.at(r).Low > s.q {
			return s.between(r, func(f FractionInterval) float64 { return f.Low })
		}
	}
	return 0
}

// between is where an end of the interval crosses q between the edges of a rung
// and the next.
func (s *scan) between(rung int, end func(FractionInterval) float64) time.Duration {
	if rung < 0 {
		return s.ladder.Edge(0)
	}
	below, above := s.ladder.Edge(rung), s.ladder.Edge(rung+1)
	share := logShare(end(s.at(rung)), end(s.at(rung+1)), s.q)
	return below + time.Duration(share*float64(above-below))
}

// logShare is how far ln q lies on the way from ln a down to ln b.
func logShare(a, b, q float64) float64 {
	if b <= 0 || a <= b {
		return 1
	}
	return min(max(math.Log(a/q)/math.Log(a/b), 0), 1)
}

func (s *scan) episodes(at int) float64 {
	above := s.at(at)
	if at == 0 {
		return above.Episodes
	}
	below := s.at(at - 1)
	share := logShare(below.Value, above.Value, s.q)
	return below.Episodes + share*(above.Episodes-below.Episodes)
}

// more is how much longer to run for enough episodes, if they keep coming.
func (s *scan) more(episodes float64) time.Duration {
	length := time.Duration(span(s.bins)) * s.length
	longer := float64(length) * (enough/max(episodes, 0.1) - 1)
	return time.Duration(min(longer, math.MaxInt64/2)).Round(time.Second)
}
