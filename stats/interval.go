package stats

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
)

const (
	confidence = 0.95
	clusterGap = 10 // bins without a bad request that part two episodes: 1 s
	enough     = 10 // independent bad episodes from which an interval is reliable
	sliceCount = 20
)

// A FractionInterval is how large the fraction of bad requests may be in the long
// run, judged by one run.
type FractionInterval struct {
	Value, Low, High float64
	Episodes         float64 // effective independent bad episodes seen
}

// Interval is the interval of the fraction of requests slower than limit, from
// the counts of its bins.
//
// Bad requests come in episodes (a queue builds up, and everybody in it is
// late), so their number varies as that of the episodes, times their size. With
// sizes s of k bad requests in all, and s_max the largest,
//
//	size      φ = (Σs² + s_max² + φ₀²) / (Σs + s_max + φ₀),  φ₀ = max(1, rate·limit)
//	episodes  N = k/φ
//	interval  φ·G⁻¹(α/2; N)/n … φ·G⁻¹(1−α/2; N+1)/n
//
// where G⁻¹(·; a) is the inverse of the gamma distribution of shape a: for φ = 1
// this is the exact (Garwood) interval of a Poisson count. Σs²/Σs is the size seen by
// a bad request, which is the variance of a compound Poisson count over its mean.
// s_max once more and φ₀ (what one hiccup of the length of the limit would hit)
// stand for the larger episodes that a short run has not seen.
//
// The interval of twenty slices of the run (ratio estimator, Student's t) is the
// cross-check; the wider end of the two counts.
func Interval(bins []BinBad, limit time.Duration) FractionInterval {
	n, bad := total(bins)
	if n == 0 {
		return FractionInterval{High: 1}
	}
	rate := float64(n) / (float64(span(bins)) * BinLength.Seconds())
	size := episodeSize(bins, math.Max(1, rate*limit.Seconds()))
	f := FractionInterval{Value: float64(bad) / float64(n), Episodes: float64(bad) / size}
	f.Low, f.High = gammaInterval(f.Episodes)
	f.Low, f.High = f.Low*size/float64(n), f.High*size/float64(n)
	f.widen(sliceInterval(bins))
	f.Low, f.High = max(f.Low, 0), min(f.High, 1)
	return f
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

// episodeSize is φ of Interval.
func episodeSize(bins []BinBad, least float64) float64 {
	squares, sum, largest := least*least, least, 0.0
	for _, s := range episodes(bins) {
		squares, sum, largest = squares+s*s, sum+s, max(largest, s)
	}
	return (squares + largest*largest) / (sum + largest)
}

// episodes are the sizes of clusters of bad requests that a gap parts.
func episodes(bins []BinBad) (sizes []float64) {
	last := int64(math.MinInt64 / 2)
	for _, b := range bins {
		if b.Bad == 0 {
			continue
		}
		if b.Bin-last > clusterGap {
			sizes = append(sizes, 0)
		}
		sizes[len(sizes)-1] += float64(b.Bad)
		last = b.Bin
	}
	return sizes
}

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
	q := float64(bad) / float64(n)
	first, length := bins[0].Bin, span(bins)
	k := min(sliceCount, length)
	if k < 2 {
		return 1
	}
	rest := make([]float64, k)
	for _, b := range bins {
		rest[(b.Bin-first)*k/length] += float64(b.Bad) - q*float64(b.N)
	}
	var squares float64
	for _, r := range rest {
		squares += r * r
	}
	return studentT(float64(k-1)) * math.Sqrt(float64(k)/float64(k-1)*squares) / float64(n)
}

// studentT is the quantile of Student's distribution that leaves half of what
// confidence lacks above it, by the incomplete beta function:
// P(|t| > x) = I(ν/(ν+x²); ν/2, 1/2).
func studentT(freedom float64) float64 {
	b := mathext.InvRegIncBeta(freedom/2, 0.5, 1-confidence)
	return math.Sqrt(freedom * (1 - b) / b)
}
