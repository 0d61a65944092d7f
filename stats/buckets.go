package stats

import (
	"math/bits"
	"time"
)

// The one bucket layout of the house: HdrHistogram's for values from 1 µs to
// 1 h in nanoseconds with three significant digits, so that any two histograms
// merge exactly and any HdrHistogram tool reads what we export. It has 24 half
// buckets of 1024 counts; the first two are linear with a step of 512 ns, and
// in each one after that the step doubles:
//
//	half bucket     0          1          2          3        …  23
//	values from     0     524 µs     1.05 ms    2.10 ms       …  2199 s
//	step       512 ns     512 ns     1.02 µs    2.05 µs       …  2.15 s
//
// so a step is never wider than a thousandth of the values in it.
const (
	unitBits  = 9  // the smallest step is 1<<9 = 512 ns: HdrHistogram's for a lowest value of 1000
	halfBits  = 10 // counts of a half bucket, as a power of two
	halfCount = 1 << halfBits
	buckets   = 24 * halfCount

	// MaxValue is the largest duration a histogram tells apart; longer ones are
	// recorded as it and counted in Overflow.
	MaxValue = time.Hour

	// LowestValue and Digits name the layout as HdrHistogram constructors do:
	// New(LowestValue, MaxValue, Digits), in nanoseconds.
	LowestValue = time.Microsecond
	Digits      = 3
)

// bucketOf is the index of the bucket that holds v, for 0 <= v <= MaxValue.
func bucketOf(v int64) int {
	shift := bits.Len64(uint64(v)|1<<(unitBits+halfBits)) - halfBits - 1
	return (shift-unitBits)<<halfBits + int(v>>shift)
}

// bucketShift is the width of bucket i, as a power of two.
func bucketShift(i int) int {
	return max(i>>halfBits-1, 0) + unitBits
}

// lowEdge is the smallest value of bucket i.
func lowEdge(i int) int64 {
	shift := bucketShift(i)
	return int64(i-(shift-unitBits)<<halfBits) << shift
}

// highEdge is the largest value of bucket i.
func highEdge(i int) int64 {
	return lowEdge(i) + 1<<bucketShift(i) - 1
}
