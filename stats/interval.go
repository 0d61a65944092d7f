package stats

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"
)

const (
	confidence  = 0.95
	manyBatches = 50 // episodes from which batches tell their size
	enough      = 10 // independent bad episodes from which an interval is reliable
	sliceCount  = 20
)

// A FractionInterval is how large the fraction of bad requests may be in the long
// run, judged by one run.
type FractionInterval struct {
	Value, Low, High float64
	Episodes         float64 // effective independent bad episodes seen
}

// Interval is the interval of the fraction of requests slower than limit or failed. The
// limit counts as the edge of its rung, which is what it is if the ladder was made with it.
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
// stand for the larger episodes that a short run has not seen. Where episodes are so
// many that they run together, the variance between batches is φ instead. In the
// interval φ is larger by what its own uncertainty adds.
//
// The interval of twenty slices of the run (ratio estimator, Student's t) is the
// cross-check; the wider end of the two counts.
func (l *Ladder) Interval(limit time.Duration, bins Bins) FractionInterval {
	rung := l.Rung(limit)
	bad := bins.Counts.Above(rung)
	return interval(bad, hiccup(bad, bins.Length, l.Edge(rung)), episodesOf{})
}

// episodesOf is how large episodes are, and how many say so.
type episodesOf struct{ size, count float64 }

// many says that they are enough to believe their size.
func (e episodesOf) many() bool { return e.count >= manyBatches }

// interval is Interval where the size of episodes is known from elsewhere too. If many
// tell it, they tell the size of those that were not seen, in place of φ₀, and the
// size is the (geometric) middle of theirs and of what is seen here; else the larger counts.
func interval(bins []BinBad, unseen float64, known episodesOf) FractionInterval {
	n, bad := total(bins)
	if n == 0 {
		return FractionInterval{High: 1}
	}
	k, size := float64(bad), 0.0
	if known.many() {
		size = math.Sqrt(known.size * dispersion(bins, known.size))
	} else {
		size = max(known.size, dispersion(bins, unseen))
	}
	f := FractionInterval{Value: k / float64(n), Episodes: k / size}
	size *= doubt(f.Episodes)
	f.Low, f.High = gammaInterval(k / size)
	f.Low, f.High = f.Low*size/float64(n), f.High*size/float64(n)
	f.widen(sliceInterval(bins))
	f.Low, f.High = max(f.Low, 0), min(f.High, 1)
	return f
}

// hiccup is φ₀ of Interval.
func hiccup(bins []BinBad, length, limit time.Duration) float64 {
	n, _ := total(bins)
	if n == 0 {
		return 1
	}
	rate := float64(n) / (float64(span(bins)) * length.Seconds())
	return max(1, rate*limit.Seconds())
}

// dispersion is φ of Interval, where one unseen episode has a given size.
func dispersion(bins []BinBad, unseen float64) float64 {
	_, bad := total(bins)
	size := episodeSize(bins, unseen)
	if batches := batchSize(bins); batches > 0 && float64(bad) >= manyBatches*batches {
		size = min(size, batches)
	}
	return size
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

// episodeSize is φ by clusters, of which one more of size unseen is imagined.
func episodeSize(bins []BinBad, unseen float64) float64 {
	squares, sum, largest := unseen*unseen, unseen, 0.0
	for _, s := range episodes(bins) {
		squares, sum, largest = squares+s*s, sum+s, max(largest, s)
	}
	return (squares + largest*largest) / (sum + largest)
}

// episodes are the sizes of clusters of bad requests, parted where pauses are long.
//
// How long is long follows from the pauses themselves (Ferro and Segers 2003, the
// intervals estimator of the extremal index). If episodes begin at random, a pause
// between two bad requests is about nothing with probability 1−θ and else
// exponential, so that θ = 2(ΣT)²/(kΣT²) without regard to any gap; of k requests,
// θk then begin an episode, after the longest pauses.
func episodes(bins []BinBad) (sizes []float64) {
	least := partingPause(bins)
	last := int64(math.MinInt64 / 2)
	for _, b := range bins {
		if b.Bad == 0 {
			continue
		}
		if b.Bin-last-1 >= least {
			sizes = append(sizes, 0)
		}
		sizes[len(sizes)-1] += float64(b.Bad)
		last = b.Bin
	}
	return sizes
}

// partingPause is how many bins without a bad request part two episodes.
func partingPause(bins []BinBad) int64 {
	var pauses []int64
	var sum, squares float64
	last := int64(math.MaxInt64)
	for _, b := range bins {
		if b.Bad == 0 {
			continue
		}
		if pause := b.Bin - last - 1; pause > 0 && last < b.Bin {
			pauses = append(pauses, pause)
			sum, squares = sum+float64(pause), squares+float64(pause*pause)
		}
		last = b.Bin
	}
	if len(pauses) == 0 {
		return 1
	}
	slices.Sort(pauses)
	begins := int(2 * sum * sum / squares) // θk, at least 2 as Σ(T²) ≤ (ΣT)²
	return pauses[max(len(pauses)-begins, 0)]
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

// batchSize is the variance of the number of bad requests over its mean as batches
// of the run show it: the largest over batches of one bin and its doublings, up to a
// twentieth of the run.
func batchSize(bins []BinBad) (size float64) {
	n, bad := total(bins)
	q := float64(bad) / float64(n)
	for k := span(bins); k >= sliceCount; k /= 2 {
		size = max(size, spread(bins, k, q)/max(float64(bad), 1))
	}
	return size
}

// spread is the sum of squares of what k slices have too many bad requests.
func spread(bins []BinBad, k int64, q float64) (squares float64) {
	first, length := bins[0].Bin, span(bins)
	var rest float64
	slice := int64(0)
	for _, b := range bins {
		if at := (b.Bin - first) * k / length; at != slice {
			squares, rest, slice = squares+rest*rest, 0, at
		}
		rest += float64(b.Bad) - q*float64(b.N)
	}
	return (squares + rest*rest) * float64(k) / float64(k-1)
}

// sliceInterval is half the width of the interval from slices: Cochran's variance of
// a ratio, times Student's t.
func sliceInterval(bins []BinBad) float64 {
	n, bad := total(bins)
	q := float64(bad) / float64(n)
	k := min(sliceCount, span(bins))
	if k < 2 {
		return 1
	}
	return studentT(float64(k-1)) * math.Sqrt(spread(bins, k, q)) / float64(n)
}

// doubt is by how much the size of episodes counts larger in the interval because it is
// itself known from these episodes alone: as Student's t against the normal's, squared.
func doubt(episodes float64) float64 {
	const normal = 1.959964
	t := studentT(max(episodes, 5)) / normal
	return t * t
}

// studentT is the quantile of Student's distribution that leaves half of what
// confidence lacks above it, by the incomplete beta function:
// P(|t| > x) = I(ν/(ν+x²); ν/2, 1/2).
func studentT(freedom float64) float64 {
	b := mathext.InvRegIncBeta(freedom/2, 0.5, 1-confidence)
	return math.Sqrt(freedom * (1 - b) / b)
}
