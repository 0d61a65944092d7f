package stats

import (
	"math"
	"math/bits"
	"time"
)

// Count is how many values were recorded; of nil it is 0.
func (h *Histogram) Count() uint64 {
	if h == nil {
		return 0
	}
	return h.count
}

// Overflow is how many of them were above MaxValue.
func (h *Histogram) Overflow() uint64 {
	if h == nil {
		return 0
	}
	return h.overflow
}

// Sum is the sum of all values, exact up to 292 years.
func (h *Histogram) Sum() time.Duration {
	if h == nil {
		return 0
	}
	return time.Duration(min(h.sum, math.MaxInt64))
}

// Mean is the exact arithmetic mean, 0 when empty.
func (h *Histogram) Mean() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.sum / h.count)
}

// Min is the exact least value, 0 when empty.
func (h *Histogram) Min() time.Duration {
	if h == nil {
		return 0
	}
	return time.Duration(h.min)
}

// Max is the exact largest value, 0 when empty.
func (h *Histogram) Max() time.Duration {
	if h == nil {
		return 0
	}
	return time.Duration(h.max)
}

// Percentile is the value at percentile p (0 to 100): the one at rank ⌈p·n/100⌉,
// the rule of HdrHistogram's Java reference. It is the upper edge of its
// bucket, so it errs by at most a thousandth and never flatters, but it is never
// above Max. It is 0 when empty.
func (h *Histogram) Percentile(p float64) time.Duration {
	return h.AtRank(Rank(p, h.Count()))
}

// AtRank is the r-th smallest value, counted from 1, as the upper edge of its
// bucket and never above Max. Ranks outside 1..Count are moved to the nearest.
func (h *Histogram) AtRank(r uint64) time.Duration {
	if h.Count() == 0 {
		return 0
	}
	r = min(max(r, 1), h.count)
	return time.Duration(min(highEdge(h.bucketAt(r)), h.max))
}

// bucketAt is the bucket of the r-th smallest value, for 1 <= r <= count.
func (h *Histogram) bucketAt(r uint64) int {
	var seen uint64
	for p, from := range h.pages {
		if from == nil {
			continue
		}
		for i, n := range from {
			if seen += n; seen >= r {
				return p<<pageBits + i
			}
		}
	}
	for t := (tokens{b: h.body}); t.next(); {
		if seen += t.n; seen >= r {
			return t.index
		}
	}
	return buckets - 1
}

// Rank is ⌈p·n/100⌉, at least 1 and at most n: the rank of percentile p of n
// values. The product is taken in whole numbers, p to nine decimals, because in
// floating point 99.9 is a little more than 99.9 and a rank can slip by one.
func Rank(p float64, n uint64) uint64 {
	const unit = 1e9
	if n == 0 || !(p > 0) {
		return min(n, 1)
	}
	if p >= 100 {
		return n
	}
	hi, lo := bits.Mul64(uint64(math.Round(p*unit)), n)
	q, rest := bits.Div64(hi, lo, 100*unit)
	if rest > 0 {
		q++
	}
	return min(max(q, 1), n)
}

// CountAbove is how many values lie in buckets wholly above d. It is exact up to
// the bucket d lies in, whose values do not count.
func (h *Histogram) CountAbove(d time.Duration) (above uint64) {
	if h.Max() <= d {
		return 0
	}
	h.eachBucket(func(i int, n uint64) {
		if lowEdge(i) > int64(d) {
			above += n
		}
	})
	return above
}

// Each calls f for every bucket that holds values, in rising order: its least
// and largest value, both inclusive, and how many it holds.
func (h *Histogram) Each(f func(low, high time.Duration, n uint64)) {
	h.eachBucket(func(i int, n uint64) {
		f(time.Duration(lowEdge(i)), time.Duration(highEdge(i)), n)
	})
}

// Counts are the counts of all buckets as HdrHistogram lays them out for
// (LowestValue, MaxValue, Digits) in nanoseconds; for export.
func (h *Histogram) Counts() []int64 {
	counts := make([]int64, buckets)
	h.eachBucket(func(i int, n uint64) { counts[i] = int64(n) })
	return counts
}

// Equal says whether both hold the same values, however they are stored. An
// empty histogram equals nil.
func (h *Histogram) Equal(o *Histogram) bool {
	if h.Count() == 0 || o.Count() == 0 {
		return h.Count() == o.Count()
	}
	return string(h.AppendSparse(nil)) == string(o.AppendSparse(nil))
}

func (h *Histogram) eachBucket(f func(i int, n uint64)) {
	if h == nil {
		return
	}
	for p, from := range h.pages {
		if from == nil {
			continue
		}
		for i, n := range from {
			if n > 0 {
				f(p<<pageBits+i, n)
			}
		}
	}
	for t := (tokens{b: h.body}); t.next(); {
		f(t.index, t.n)
	}
}
