package stats

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
)

const (
	confidence = 0.95
	enough     = 10 // independent bad episodes from which an interval is reliable
	sliceCount = 20
)

// A FractionInterval is how large the fraction of bad requests may be in the long
// run, judged by one run.
type FractionInterval struct {
	Value, Low, High float64
	Episodes         float64 // effective independent bad episodes seen
}

// A LimitInterval says how sure a run is of a limit on a percentile of response time: how
// many requests may be slower than the limit, or fail, in a long run, beside how many are
// allowed to.
type LimitInterval struct {
	FractionInterval

	Allowed float64 // 0.01 of p99

	// Reliable says that enough independent episodes were seen of requests slower than the
	// limit or, where it is far above what was seen, of those slower than the percentile.
	Reliable bool
}

// Straddles says whether the allowed share lies within the interval.
func (i *LimitInterval) Straddles() bool { return i.Low <= i.Allowed && i.Allowed <= i.High }

// Sure says whether a long run would surely find the percentile on the same side of its
// limit.
func (i *LimitInterval) Sure() bool { return i.Reliable && !i.Straddles() }

// Interval is the interval of the fraction of requests slower than limit or failed, to be
// held against the fraction allowed. The limit counts as the edge of its rung, which is
// what it is if the ladder was made with it.
//
// Bad requests come in episodes (a queue builds up, and everybody in it is
// late), so their number varies as that of the episodes, times their size. With k bad
// requests of n, whose number varies φ times as much as if they were independent,
//
//	episodes  N = k/φ
//	interval  ψ·G⁻¹(α/2; k/ψ)/n … ψ·G⁻¹(1−α/2; k/ψ+1)/n,  ψ = φ·(1−k/n)
//
// where G⁻¹(·; a) is the inverse of the gamma distribution of shape a: for ψ = 1
// this is the exact (Garwood) interval of a Poisson count. Where φ comes from, episodes
// say: from this limit, and from two that about three and ten times as many requests are
// above as are allowed to. A limit that nothing came near to is then judged by what is
// known of the percentile. In ψ it is larger by what its own uncertainty adds.
//
// The interval of twenty slices of the run (ratio estimator, Student's t) is the
// cross-check; the wider end of the two counts.
func (l *Ladder) Interval(limit time.Duration, allowed float64, bins Bins) LimitInterval {
	s := newScan(l, bins)
	s.learn(allowed)
	i := LimitInterval{FractionInterval: s.at(l.Rung(limit)), Allowed: allowed}
	i.Reliable = i.Episodes >= enough ||
		Supported(100*(1-allowed), s.n) && s.episodesAt(s.quantile(allowed), allowed) >= enough
	return i
}

// interval is Interval, where an episode that was not seen would have size unseen. One
// more episode of good requests is imagined, lest a run without any were sure of that.
func interval(bins []BinBad, near episodes, unseen float64) FractionInterval {
	n, bad := total(bins)
	if n == 0 {
		return FractionInterval{High: 1}
	}
	k := float64(bad)
	seen, likely := near.size(bins, unseen)
	f := FractionInterval{Value: k / float64(n), Episodes: k / seen}
	size := likely * doubt(f.Episodes) * (float64(n-bad) + likely) / (float64(n) + likely)
	f.Low, f.High = gammaInterval(k / size)
	f.Low, f.High = f.Low*size/float64(n), f.High*size/float64(n)
	f.widen(sliceInterval(bins))
	f.Low, f.High = max(f.Low, 0), min(f.High, 1)
	return f
}

// hiccup is how many requests one pause as long as the limit would make late.
func hiccup(bins []BinBad, length, limit time.Duration) float64 {
	n, _ := total(bins)
	if n == 0 {
		return 1
	}
	rate := float64(n) / (float64(span(bins)) * length.Seconds())
	return max(1, rate*limit.Seconds())
}

func (f *FractionInterval) widen(half float64) {
	f.Low, f.High = min(f.Low, f.Value-half), max(f.High, f.Value+half)
}

func total(bins []BinBad) (n, bad uint64) {
	for _, b := range bins {
		n, bad = n+b.N, bad+b.Bad
	}
	return n, bad
}

// span is how many bins the run is long.
func span(bins []BinBad) int64 { return bins[len(bins)-1].Bin - bins[0].Bin + 1 }

// gammaInterval is the interval of a Poisson mean of which events were seen, which
// need not be a whole number.
func gammaInterval(events float64) (low, high float64) {
	const tail = (1 - confidence) / 2
	if events > 0 {
		low = mathext.GammaIncRegInv(events, tail)
	}
	return low, mathext.GammaIncRegCompInv(events+1, tail)
}

// sliceInterval is half the width of the interval from slices: Cochran's variance of
// a ratio, times Student's t.
func sliceInterval(bins []BinBad) float64 {
	n, bad := total(bins)
	k := min(sliceCount, span(bins))
	if k < 2 {
		return 1
	}
	first, length, q := bins[0].Bin, span(bins), float64(bad)/float64(n)
	var rests [sliceCount]float64
	for _, b := range bins {
		rests[(b.Bin-first)*k/length] += float64(b.Bad) - q*float64(b.N)
	}
	squares := 0.0
	for _, rest := range rests {
		squares += rest * rest
	}
	return StudentT((1+confidence)/2, float64(k-1)) * math.Sqrt(squares*float64(k)/float64(k-1)) / float64(n)
}

// doubt is by how much the size of episodes counts larger in the interval because it is
// itself known from these episodes alone: as Student's t against the normal's, squared.
// Episodes differ so much (most are short, few are very long) that three of them
// tell as much as two squares of normal numbers would. Fewer than enough count as that,
// since limits nearby have told too.
func doubt(episodes float64) float64 {
	const normal = 1.959964
	t := StudentT((1+confidence)/2, max(episodes, enough)*2/3) / normal
	return t * t
}
