package counts

import (
	"encoding/json"
	"math/bits"
	"sync/atomic"
	"time"
)

// Buckets is the number of buckets of a Distribution: one below 4.096 µs, four an
// octave up to 68.7 s, and one above.
const Buckets = 24*4 + 2

// firstBits: the first octave begins at 1<<firstBits ns.
const firstBits = 12

// A Distribution counts durations by size. Its buckets are 19 to 25 % wide, so a
// quantile of it is known as exactly as that.
type Distribution struct {
	buckets [Buckets]atomic.Uint64
	nanos   atomic.Uint64
}

// Add counts one duration; a negative one is 0.
func (d *Distribution) Add(t time.Duration) {
	t = max(t, 0)
	d.nanos.Add(uint64(t)) // first: a mean is rather too large than a division by too much
	d.buckets[bucket(t)].Add(1)
}

func bucket(t time.Duration) int {
	octave := bits.Len64(uint64(t)) - 1 - firstBits
	if octave < 0 {
		return 0
	}
	quarter := int(uint64(t) >> (octave + firstBits - 2) & 3)
	return min(1+octave*4+quarter, Buckets-1)
}

// Bound is the duration at which bucket i ends, which is in the next one. The last
// bucket has no end: its Bound is where it begins.
func Bound(i int) time.Duration {
	i = min(i, Buckets-2)
	octave, quarter := i/4, i%4
	return time.Duration(4+quarter) << (octave + firstBits - 2)
}

// Read is the distribution now.
func (d *Distribution) Read() Durations {
	r := Durations{Counts: make([]uint64, Buckets)}
	for i := range d.buckets {
		r.Counts[i] = d.buckets[i].Load()
		r.Count += r.Counts[i]
	}
	r.Sum = time.Duration(d.nanos.Load())
	return r
}

// Durations is what a Distribution held, or the sum of several.
type Durations struct {
	Count  uint64
	Sum    time.Duration
	Counts []uint64 // by bucket; empty, or Buckets of them
}

// Add adds another's.
func (d *Durations) Add(o Durations) {
	if len(d.Counts) == 0 && len(o.Counts) > 0 {
		d.Counts = make([]uint64, Buckets)
	}
	for i, n := range o.Counts {
		d.Counts[i] += n
	}
	d.Count += o.Count
	d.Sum += o.Sum
}

// At is the bound of the bucket that holds rank ⌈p·n⌉ of n durations, 0 < p ≤ 1: not
// less than the quantile, and at most 25 % more. 0 when there are none.
func (d Durations) At(p float64) time.Duration {
	rank := uint64(p * float64(d.Count))
	if float64(rank) < p*float64(d.Count) || rank == 0 {
		rank++
	}
	var seen uint64
	for i, n := range d.Counts {
		if seen += n; n > 0 && seen >= rank {
			return Bound(i)
		}
	}
	return 0
}

// MarshalJSON tells count, sum and quantiles, in milliseconds.
func (d Durations) MarshalJSON() ([]byte, error) {
	type shape struct {
		Count uint64  `json:"count"`
		SumMS float64 `json:"sum_ms"`
		P50   float64 `json:"p50_ms"`
		P90   float64 `json:"p90_ms"`
		P99   float64 `json:"p99_ms"`
		P999  float64 `json:"p999_ms"`
	}
	return json.Marshal(shape{d.Count, ms(d.Sum), ms(d.At(0.5)), ms(d.At(0.9)), ms(d.At(0.99)), ms(d.At(0.999))})
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// UnmarshalJSON reads back count and sum; which sizes they were is not told.
func (d *Durations) UnmarshalJSON(text []byte) error {
	var shape struct {
		Count uint64  `json:"count"`
		SumMS float64 `json:"sum_ms"`
	}
	err := json.Unmarshal(text, &shape)
	*d = Durations{Count: shape.Count, Sum: time.Duration(shape.SumMS * float64(time.Millisecond))}
	return err
}
