package stats

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// A Split says where the time of the OK requests of a row went, by how long they took.
// Sums are kept, not percentiles: those of requests ranked near a percentile of response
// time can be asked, and add up. A Split is not changed once it is made.
type Split struct {
	Names   []string // parts that the target told, in rising order, at most MaxTold
	Folded  bool     // it told more than that; the others are added up as OtherTold
	Buckets []SplitBucket
}

// A SplitBucket are requests of nearly the same response time; see SplitEdges.
type SplitBucket struct {
	Bucket int
	SplitSums
}

// Bounds of what a target may tell of its own time.
const (
	MaxTold     = 12
	MaxToldName = 40 // bytes; longer names go to OtherTold
	OtherTold   = "(other)"
)

// SplitSums are the times of some requests, added up. They are exact:
//
//	Response = Lag + Waiting + Connecting + all of Told + Rest()
type SplitSums struct {
	Count uint64
	// Of them: whose answers told no part, told one that cannot be understood, and told
	// parts that are together longer than service time.
	Untold, Odd, Over uint64

	Response   time.Duration
	Lag        time.Duration // the generator's own lateness
	Waiting    time.Duration // for a free connection
	Connecting time.Duration // TCP and TLS, and up to the first byte written
	Told       [MaxTold + 1]time.Duration
}

// Rest is what nobody accounts for: the network, the target's queues before it looks at its
// clock, and whatever it does not tell. It is below 0 where the target tells more than there was.
func (s *SplitSums) Rest() time.Duration {
	rest := s.Response - s.Lag - s.Waiting - s.Connecting
	for _, d := range s.Told {
		rest -= d
	}
	return rest
}

func (s *SplitSums) add(o *SplitSums) {
	s.Count += o.Count
	s.Untold += o.Untold
	s.Odd += o.Odd
	s.Over += o.Over
	s.Response += o.Response
	s.Lag += o.Lag
	s.Waiting += o.Waiting
	s.Connecting += o.Connecting
	for i, d := range o.Told {
		s.Told[i] += d
	}
}

// negated takes away where it is added. Numbers wrap, so that what is added and taken away
// again leaves nothing.
func (s *SplitSums) negated() SplitSums {
	n := SplitSums{
		Count: -s.Count, Untold: -s.Untold, Odd: -s.Odd, Over: -s.Over,
		Response: -s.Response, Lag: -s.Lag, Waiting: -s.Waiting, Connecting: -s.Connecting,
	}
	for i, d := range s.Told {
		n.Told[i] = -d
	}
	return n
}

// remapped has its told parts in other columns.
func (s *SplitSums) remapped(columns *columns) SplitSums {
	r := *s
	r.Told = [MaxTold + 1]time.Duration{}
	for i, to := range columns {
		r.Told[to] += s.Told[i]
	}
	return r
}

// Total is all its requests together.
func (s *Split) Total() (all SplitSums) {
	if s == nil {
		return all
	}
	for i := range s.Buckets {
		all.add(&s.Buckets[i].SplitSums)
	}
	return all
}

// Columns are the names of Told, in order: OtherTold is the last where names were folded.
func (s *Split) Columns() []string {
	if s.Folded {
		return append(slices.Clip(s.Names), OtherTold)
	}
	return s.Names
}

// ToldBy is the part of a column.
func (s *Split) ToldBy(sums *SplitSums, column int) time.Duration {
	if column == len(s.Names) {
		return sums.Told[MaxTold]
	}
	return sums.Told[column]
}

// columns says for each column of a split which one of another it is.
type columns [MaxTold + 1]int

// columnsIn finds names among others; those that are not there are folded.
func columnsIn(names, others []string) (c columns) {
	for i := range c {
		c[i] = MaxTold
	}
	for i, name := range names {
		if at, found := slices.BinarySearch(others, name); found {
			c[i] = at
		}
	}
	return c
}

// Merge gives the sum of both, either of which may be nil. Of more than MaxTold names the
// first in order are kept: a name that is among the first of all is among the first of any
// of them, so that it does not matter in which order splits are merged.
func (s *Split) Merge(o *Split) *Split {
	switch {
	case s == nil:
		return o
	case o == nil:
		return s
	}
	names := slices.Concat(s.Names, o.Names)
	slices.Sort(names)
	names = slices.Compact(names)
	sum := &Split{Names: names, Folded: s.Folded || o.Folded}
	if len(names) > MaxTold {
		sum.Names, sum.Folded = names[:MaxTold:MaxTold], true
	}
	sum.Buckets = mergeBuckets(s, o, sum.Names)
	return sum
}

// Without takes away what Merge added.
func (s *Split) Without(o *Split) *Split {
	if s == nil || o == nil {
		return s
	}
	left := &Split{Names: s.Names, Folded: s.Folded, Buckets: mergeBuckets(s, o.negated(), s.Names)}
	left.Buckets = slices.DeleteFunc(left.Buckets, func(b SplitBucket) bool { return b.Count == 0 })
	return left
}

// negated takes away where it is merged.
func (s *Split) negated() *Split {
	n := &Split{Names: s.Names, Folded: s.Folded}
	for i := range s.Buckets {
		n.Buckets = append(n.Buckets, SplitBucket{s.Buckets[i].Bucket, s.Buckets[i].SplitSums.negated()})
	}
	return n
}

// mergeBuckets adds the buckets of both, with names as columns.
func mergeBuckets(s, o *Split, names []string) []SplitBucket {
	ours, theirs := columnsIn(s.Names, names), columnsIn(o.Names, names)
	a, b := s.Buckets, o.Buckets
	sum := make([]SplitBucket, 0, max(len(a), len(b)))
	for len(a) > 0 || len(b) > 0 {
		at := firstBucket(a, b)
		next := SplitBucket{Bucket: at}
		if len(a) > 0 && a[0].Bucket == at {
			next.SplitSums = a[0].remapped(&ours)
			a = a[1:]
		}
		if len(b) > 0 && b[0].Bucket == at {
			other := b[0].remapped(&theirs)
			next.add(&other)
			b = b[1:]
		}
		sum = append(sum, next)
	}
	return sum
}

func firstBucket(a, b []SplitBucket) int {
	first := math.MaxInt
	for _, list := range [...][]SplitBucket{a, b} {
		if len(list) > 0 {
			first = min(first, list[0].Bucket)
		}
	}
	return first
}

// The buckets of splits: 64 an octave, so that each is narrower than 1.6 % of its values.
// The mean response time of requests that are ranked near a percentile, of which whole
// buckets are taken, is therefore off by less than that even where all of them lie in one.
// The thousandth of the histograms' layout would take sixteen times the room of sums that
// are ten times as many.
const (
	splitBits    = 6
	splitOctave  = 1 << splitBits
	splitPages   = 37
	splitBuckets = splitPages * splitOctave
)

// splitBucket is the bucket of a response time, held within 0 and MaxValue.
func splitBucket(d time.Duration) int {
	v := uint64(min(max(d, 0), MaxValue))
	shift := max(bits.Len64(v)-splitBits-1, 0)
	return shift<<splitBits + int(v>>shift)
}

// SplitEdges are the least and largest response time of a bucket, both inclusive. What took
// longer than MaxValue is in the last one.
func SplitEdges(bucket int) (low, high time.Duration) {
	shift := max(bucket>>splitBits-1, 0)
	low = time.Duration(bucket-shift<<splitBits) << shift
	return low, low + 1<<shift - 1
}
