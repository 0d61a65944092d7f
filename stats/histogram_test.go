package stats

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

func reference() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(LowestValue), int64(MaxValue), Digits)
}

// durations draws values of every size, so that each half bucket is met.
func durations() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		bits := rapid.IntRange(0, 41).Draw(t, "bits")
		return time.Duration(min(rapid.Int64Range(0, 1<<(bits+1)).Draw(t, "value"), int64(MaxValue)))
	})
}

func histogramOf(values ...time.Duration) *Histogram {
	h := new(Histogram)
	for _, v := range values {
		h.Record(v)
	}
	return h
}

func TestLayoutIsHdrHistograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(durations()).Draw(t, "values")
		ref := reference()
		for _, v := range values {
			if err := ref.RecordValue(int64(v)); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := histogramOf(values...).Counts(), ref.Export().Counts; !slices.Equal(got, want) {
			t.Fatalf("counts of %v differ from the reference", values)
		}
	})
}

func TestEveryBucketEdge(t *testing.T) {
	for i := range buckets {
		low, high := lowEdge(i), highEdge(i)
		if low <= int64(MaxValue) && bucketOf(low) != i || high <= int64(MaxValue) && bucketOf(high) != i {
			t.Fatalf("bucket %d: edges %d and %d are in %d and %d", i, low, high, bucketOf(low), bucketOf(high))
		}
		if i > 0 && low != highEdge(i-1)+1 {
			t.Fatalf("gap below bucket %d", i)
		}
	}
	if n := len(reference().Export().Counts); n != buckets {
		t.Errorf("the reference has %d buckets, we have %d", n, buckets)
	}
}

func TestOutOfRange(t *testing.T) {
	h := histogramOf(-time.Second, MaxValue, MaxValue+1, 100*time.Hour)
	if h.Count() != 4 || h.Overflow() != 2 || h.Min() != 0 || h.Max() != MaxValue {
		t.Errorf("count %d overflow %d min %s max %s", h.Count(), h.Overflow(), h.Min(), h.Max())
	}
	if got := h.Percentile(100); got != MaxValue {
		t.Errorf("p100 is %s", got)
	}
}

// TestRankOfP999Of1800 is named after what broke in a library: it rounds p·n to
// the nearest rank, and asks for the 1798th of 1800 values instead of the 1799th.
func TestRankOfP999Of1800(t *testing.T) {
	for _, c := range []struct {
		p       float64
		n, want uint64
	}{
		{99.9, 1800, 1799}, {99.9, 1000, 999}, {99.9, 10_000, 9990}, {99, 100, 99}, {99, 101, 100},
		{50, 1, 1}, {50, 2, 1}, {50, 3, 2}, {0, 5, 1}, {-1, 5, 1}, {100, 5, 5}, {200, 5, 5},
		{99.99, 10_000, 9999}, {29, 100, 29}, {57, 100, 57}, {1e-12, 7, 1}, {99, 0, 0},
		{99.999999999, 10, 10}, {99.9, 1 << 63, 9214148664817921033},
	} {
		if got := Rank(c.p, c.n); got != c.want {
			t.Errorf("Rank(%v, %d) = %d, want %d", c.p, c.n, got, c.want)
		}
	}
}

func TestPercentileAgainstSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(durations(), 1, 200).Draw(t, "values")
		p := rapid.Float64Range(0, 100).Draw(t, "p")
		h := histogramOf(values...)
		slices.Sort(values)
		want := values[Rank(p, uint64(len(values)))-1]
		got := h.Percentile(p)
		if got < want || got > values[len(values)-1] || float64(got-want) > max(512, float64(want)/1000) {
			t.Fatalf("p%v of %v is %d, the value is %d", p, values, got, want)
		}
		if h.Pack().Percentile(p) != got {
			t.Fatal("packing moves a percentile")
		}
	})
}

func TestExactMoments(t *testing.T) {
	h := histogramOf(1500*time.Microsecond, 2500*time.Microsecond, 8*time.Millisecond)
	if h.Sum() != 12*time.Millisecond || h.Mean() != 4*time.Millisecond {
		t.Errorf("sum %s mean %s", h.Sum(), h.Mean())
	}
	if h.Min() != 1500*time.Microsecond || h.Max() != 8*time.Millisecond || h.Percentile(100) != h.Max() {
		t.Errorf("min %s max %s p100 %s", h.Min(), h.Max(), h.Percentile(100))
	}
	if got := h.CountAbove(2 * time.Millisecond); got != 2 {
		t.Errorf("%d values above 2ms", got)
	}
}

func TestNilAndEmptyHistograms(t *testing.T) {
	var none *Histogram
	h := new(Histogram)
	h.Merge(none)
	h.Merge(new(Histogram))
	if none.Count()+none.Overflow()+h.Count() != 0 || none.Percentile(99)+none.Mean()+none.Min()+none.Max()+h.Percentile(50) != 0 {
		t.Error("an empty histogram is not all zeros")
	}
	if none.Clone() != nil || none.Pack() != nil || h.Pack() != nil || len(none.Sparse()) != 0 || !none.Equal(h) {
		t.Error("an empty histogram is not like nil")
	}
}

// TestMergeIsOneRecorder: however values are spread over histograms, packed or
// not, and in whatever order those are merged, the result is bit for bit the one
// histogram that saw all values.
func TestMergeIsOneRecorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOf(durations()), 1, 6).Draw(t, "parts")
		one, merged := new(Histogram), new(Histogram)
		for _, values := range parts {
			part := histogramOf(values...)
			if rapid.Bool().Draw(t, "packed") {
				part = part.Pack()
			}
			before := part.AppendSparse(nil)
			for _, v := range values {
				one.Record(v)
			}
			merged.Merge(part)
			if !bytes.Equal(before, part.AppendSparse(nil)) {
				t.Fatal("merging changed what was merged")
			}
		}
		if !bytes.Equal(merged.Sparse(), one.Sparse()) || !slices.Equal(merged.Counts(), one.Counts()) {
			t.Fatal("merged histograms differ from one that saw all values")
		}
	})
}

func TestMergeWithItself(t *testing.T) {
	for _, h := range []*Histogram{histogramOf(time.Second), histogramOf(time.Second).Pack()} {
		h.Merge(h)
		if h.Count() != 2 || h.Sum() != 2*time.Second {
			t.Errorf("count %d sum %s", h.Count(), h.Sum())
		}
	}
}

func TestWritingToSharedPackedBytesCopies(t *testing.T) {
	packed := histogramOf(time.Millisecond).Pack()
	var a, b Histogram
	a.Merge(packed)
	b.Merge(packed)
	a.Record(time.Second)
	if packed.Count() != 1 || b.Count() != 1 || a.Count() != 2 || b.Max() != time.Millisecond {
		t.Error("histograms made of the same packed one are not independent")
	}
}

func TestResetAndCloneAreClean(t *testing.T) {
	h := histogramOf(time.Millisecond, time.Minute)
	c := h.Clone()
	h.Reset()
	h.Record(time.Second)
	if !h.Equal(histogramOf(time.Second)) {
		t.Error("a reset histogram remembers")
	}
	if !c.Equal(histogramOf(time.Millisecond, time.Minute)) {
		t.Error("a clone changed with its original")
	}
}

func TestSparseRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := histogramOf(rapid.SliceOf(durations()).Draw(t, "values")...)
		back, err := ParseSparse(h.AppendSparse(nil))
		if err != nil {
			t.Fatal(err)
		}
		if !back.Equal(h) || back.Sum() != h.Sum() || back.Min() != h.Min() || back.Max() != h.Max() {
			t.Fatalf("came back different")
		}
		var merged Histogram
		if err := merged.MergeSparse(h.Sparse()); err != nil || !merged.Equal(h) {
			t.Fatalf("merged different: %v", err)
		}
	})
}

func TestSparseIsSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	h := new(Histogram)
	for range 500 {
		h.Record(time.Duration((1 + r.ExpFloat64()) * 20 * float64(time.Millisecond)))
	}
	if n := len(h.Sparse()); n > 1000 {
		t.Errorf("500 values take %d bytes", n)
	}
}

// TestCountsThatOverflowByASmallOneAreTooMany: a token of many bytes was held against the largest number, and the last,
// of one byte, was not.
func TestCountsThatOverflowByASmallOneAreTooMany(t *testing.T) {
	most := binary.AppendUvarint(nil, (1<<63-1)<<1)
	for _, last := range []byte{2 << 1, 63 << 1} {
		if c := countBody(slices.Concat(most, most, []byte{last})); !c.tooMany {
			t.Errorf("%d more: %+v", last>>1, c)
		}
	}
	if c := countBody(slices.Concat(most, most, []byte{1 << 1})); c.tooMany || c.count != 1<<64-1 {
		t.Errorf("as many as a number holds: %+v", c)
	}
}

func FuzzParseSparse(f *testing.F) {
	f.Add([]byte{})
	f.Add(histogramOf(time.Millisecond).AppendSparse(nil))
	f.Add(histogramOf(0, time.Second, 2*time.Hour, 3*time.Second).AppendSparse(nil))
	f.Add([]byte{0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseSparse(b)
		if err != nil || h == nil {
			return
		}
		// Two walks of the same bytes find the same.
		walk := tokens{b: h.body}
		for n := uint64(0); walk.next(); {
			if n += walk.n; n > h.count {
				t.Fatalf("%x: more than the %d values counted", b, h.count)
			}
		}
		if walk.bad {
			t.Fatalf("%x is accepted, and broken near bucket %d", b, walk.index)
		}
		// What is accepted has one form: unpacked and packed again it is the same.
		var again Histogram
		again.Record(0)
		again.Reset()
		again.Merge(h)
		if !bytes.Equal(again.AppendSparse(nil), b) {
			t.Fatalf("%x came back as %x", b, again.AppendSparse(nil))
		}
		for _, p := range []float64{0, 50, 99.9, 100} {
			if at := h.Percentile(p); at < 0 || at > h.Max() {
				t.Fatalf("p%v is %d of at most %d", p, at, h.Max())
			}
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	h, values := new(Histogram), someValues(4096)
	for i := 0; b.Loop(); i++ {
		h.Record(values[i&4095])
	}
}

func BenchmarkPack500(b *testing.B) {
	h := histogramOf(someValues(500)...)
	var scratch []byte
	b.ReportAllocs()
	for b.Loop() {
		h.packInto(&scratch)
	}
}

func BenchmarkParseAndMerge500(b *testing.B) {
	sparse := histogramOf(someValues(500)...).Sparse()
	total := histogramOf(someValues(5000)...)
	b.ReportAllocs()
	for b.Loop() {
		if err := total.MergeSparse(sparse); err != nil {
			b.Fatal(err)
		}
	}
}

func someValues(n int) []time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = time.Duration((0.5 + r.ExpFloat64()) * 10 * float64(time.Millisecond))
	}
	return values
}
