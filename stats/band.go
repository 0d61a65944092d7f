package stats

import (
	"math"
	"time"
)

// BandReach is how far a band goes to both sides of its percentile, in percentile points.
const BandReach = 0.5

// A Band are the requests ranked near a percentile of response time, and where their time
// went in the mean. Its parts are of the same requests, so they add up, exactly:
//
//	Response = Lag + Waiting + Connecting + all of Told + Rest
//
// Percentiles of parts would not: the request that waited longest for the database is
// seldom the one that was answered last.
type Band struct {
	P        float64
	Requests uint64 // all there are, failed ones included: ranks go from 1 to this
	// Ranked is how many of them the band holds, and Failed how many of these failed. Those
	// have the last ranks and no parts: means are of the others. Neither need be whole, as
	// of a bucket that the band cuts it takes a share.
	Ranked, Failed float64
	Low, High      time.Duration // edges of the buckets that it takes something of
	Withheld       bool          // too few requests to name the percentile

	Response, Lag, Waiting, Connecting time.Duration
	Told                               []PartMean
	Rest                               time.Duration

	Untold, Odd, Over float64 // of those whose means these are: see SplitSums
}

// A PartMean is the mean of a part that the target told.
type PartMean struct {
	Name string
	Mean time.Duration
}

// Known says whether there is a mean.
func (b *Band) Known() bool { return !b.Withheld && b.Ranked-b.Failed > 0 }

// SendLag is written − intended.
func (b *Band) SendLag() time.Duration { return b.Lag + b.Waiting + b.Connecting }

// Band asks for the requests ranked from p − BandReach to p + BandReach percent (0 to 100)
// of all, of which failed ones are the slowest. s may be nil.
func (s *Split) Band(p float64, failed uint64) Band {
	ok := s.Total().Count
	b := Band{P: p, Requests: ok + failed}
	b.Withheld = !Supported(p, b.Requests)
	n := float64(b.Requests)
	from, to := max(p-BandReach, 0)/100*n, min(p+BandReach, 100)/100*n
	b.Ranked = to - from
	b.Failed = max(0, to-max(from, float64(ok)))
	if s != nil {
		s.weigh(&b, from, to)
	}
	return b
}

// weigh takes of each bucket as much as the band has ranks in it.
func (s *Split) weigh(b *Band, from, to float64) {
	sum, before := newBandSums(s), 0.0
	for i := range s.Buckets {
		bucket := &s.Buckets[i]
		after := before + float64(bucket.Count)
		if in := min(to, after) - max(from, before); in > 0 {
			b.reach(bucket.Bucket, sum.count == 0)
			sum.add(&bucket.SplitSums, in/float64(bucket.Count))
		}
		before = after
	}
	sum.means(b)
}

func (b *Band) reach(bucket int, first bool) {
	low, high := SplitEdges(bucket)
	if first {
		b.Low = low
	}
	b.High = high
}

// bandSums are sums of shares of buckets.
type bandSums struct {
	split                              *Split
	count, untold, odd, over           float64
	response, lag, waiting, connecting float64
	told                               []float64
}

func newBandSums(s *Split) *bandSums {
	return &bandSums{split: s, told: make([]float64, len(s.Columns()))}
}

func (f *bandSums) add(s *SplitSums, share float64) {
	f.count += share * float64(s.Count)
	f.untold += share * float64(s.Untold)
	f.odd += share * float64(s.Odd)
	f.over += share * float64(s.Over)
	f.response += share * float64(s.Response)
	f.lag += share * float64(s.Lag)
	f.waiting += share * float64(s.Waiting)
	f.connecting += share * float64(s.Connecting)
	for i := range f.told {
		f.told[i] += share * float64(f.split.ToldBy(s, i))
	}
}

// means are the sums over the requests. The rest is what is left of the mean, so that
// rounding to nanoseconds loses nothing.
func (f *bandSums) means(b *Band) {
	if f.count <= 0 {
		return
	}
	mean := func(sum float64) time.Duration { return time.Duration(math.Round(sum / f.count)) }
	b.Response, b.Lag, b.Waiting, b.Connecting = mean(f.response), mean(f.lag), mean(f.waiting), mean(f.connecting)
	b.Untold, b.Odd, b.Over = f.untold, f.odd, f.over
	b.Rest = b.Response - b.SendLag()
	for i, name := range f.split.Columns() {
		part := PartMean{name, mean(f.told[i])}
		b.Told = append(b.Told, part)
		b.Rest -= part.Mean
	}
}
