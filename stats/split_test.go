package stats

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// timedLayout is the test layout with parts recorded of its recorded rows.
func timedLayout() *Layout {
	l := testLayout()
	for i := range l.Cells {
		l.Cells[i].Timed = true
	}
	return l
}

// timedSamples draws requests with every part, of targets that tell more than they should.
func timedSamples() *rapid.Generator[*Sample] {
	return rapid.Custom(func(t *rapid.T) *Sample {
		s := samples().Draw(t, "sample")
		if s.Class == NotSent {
			return s
		}
		s.Scheduled = s.Intended + durations().Draw(t, "lag")
		s.ConnectTime = durations().Draw(t, "connect")
		s.Connected = s.Scheduled + s.ConnectTime + durations().Draw(t, "wait")
		s.Written = s.Connected + durations().Draw(t, "build")
		s.Done = s.Written + durations().Draw(t, "service")
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 20), 0, 5, rapid.ID[int]).Draw(t, "told") {
			s.Told = append(s.Told, Told{fmt.Appendf(nil, "part%02d", n), durations().Draw(t, "took")})
		}
		s.ToldOddly = rapid.Bool().Draw(t, "odd")
		return s
	})
}

// TestSplitsOfManyRecordersAreOne: merged in any order and grouping, with more names than
// are kept, they are what one recorder that saw all requests has.
func TestSplitsOfManyRecordersAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := timedLayout()
		one, many := NewRecorder(l, nil), []*Recorder{NewRecorder(l, nil), NewRecorder(l, nil), NewRecorder(l, nil)}
		for _, s := range rapid.SliceOfN(timedSamples(), 0, 40).Draw(t, "samples") {
			one.Record(s)
			many[rapid.IntRange(0, 2).Draw(t, "recorder")].Record(s)
		}
		want := one.Cut(7)
		a, b, c := many[0].Cut(7), many[1].Cut(7), many[2].Cut(7)
		mustEqual(t, want, merged(a, merged(b, c)))
		mustEqual(t, want, merged(merged(a, b), c))
		mustEqual(t, want, merged(c, merged(b, a)))
	})
}

// TestPartsAddUpToTheNanosecond, and are of the requests that response time is of.
func TestPartsAddUpToTheNanosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecorder(timedLayout(), nil)
		var want SplitSums
		for _, s := range rapid.SliceOfN(timedSamples(), 0, 40).Draw(t, "samples") {
			r.Record(s)
			if s.Cell == steadyItems && s.Class == OK {
				want.Count++
				want.Response += s.Done - s.Intended
				want.Lag += s.Scheduled - s.Intended
				want.Waiting += s.Connected - s.Scheduled - s.ConnectTime
				want.Connecting += s.Written - s.Connected + s.ConnectTime
				for _, told := range s.Told {
					want.Told[0] += told.Took
				}
			}
		}
		cut := r.Cut(0)
		got, c := cut.Cells[steadyItems].Split.Total(), &cut.Cells[steadyItems]
		told := time.Duration(0)
		for _, d := range got.Told {
			told += d
		}
		got.Told = [MaxTold + 1]time.Duration{told}
		rest := got.Rest()
		got.Untold, got.Odd, got.Over = 0, 0, 0
		if got != want || got.Count != c.Response.Count() {
			t.Fatalf("%+v, want %+v", got, want)
		}
		if sum := got.Lag + got.Waiting + got.Connecting + told + rest; sum != got.Response || c.Response.Overflow() == 0 && sum != c.Response.Sum() {
			t.Fatalf("parts add up to %d, response is %d", sum, got.Response)
		}
		if cut.Cells[warmupItems].Split != nil || cut.Cells[holdBeats].Split != nil {
			t.Fatal("warm-up or heartbeats have a split")
		}
	})
}

// TestSparseSplits come back as they went.
func TestSparseSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawnSplit(t)
		got, err := ParseSplit(want.AppendSparse(nil))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
	})
}

// TestWhatIsTakenAwayLeavesTheRest: to the nanosecond, and by the names that are left. One
// that was folded stays so, as nothing knows any more what it took.
func TestWhatIsTakenAwayLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawnSplit(t), drawnSplit(t)
		left := a.Merge(b).Without(b)
		if a == nil {
			if left.Total() != (SplitSums{}) {
				t.Fatalf("of nothing there is left %+v", left)
			}
			return
		}
		want := mergeBuckets(&Split{}, a, left.Names)
		if !slices.Equal(left.Buckets, want) {
			t.Fatalf("%v\n%+v, want\n%+v", left.Names, left.Buckets, want)
		}
	})
}

func drawnSplit(t *rapid.T) *Split {
	b := new(SplitBook)
	for _, s := range rapid.SliceOfN(timedSamples(), 0, 30).Draw(t, "samples") {
		if s.Class == OK {
			b.Record(s)
		}
	}
	return b.Cut()
}

func FuzzParseSplit(f *testing.F) {
	b := new(SplitBook)
	for i := range 20 {
		s := answered(steadyItems, 0, time.Duration(i)*time.Millisecond)
		s.Told = []Told{{fmt.Appendf(nil, "n%d", i), time.Millisecond}}
		b.Record(s)
	}
	f.Add(b.Cut().AppendSparse(nil))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ParseSplit(raw)
		if err != nil {
			return
		}
		if got := s.AppendSparse(nil); !slices.Equal(got, raw) {
			t.Fatalf("%x came back as %x", raw, got)
		}
		s.Merge(s).Band(99, 1)
	})
}

// TestSplitBuckets hold their values, are no wider than 1.6 % of them, and leave none out.
func TestSplitBuckets(t *testing.T) {
	next := time.Duration(0)
	for i := range splitBucket(MaxValue) + 1 {
		low, high := SplitEdges(i)
		if low != next || splitBucket(low) != i || splitBucket(high) != min(i, splitBucket(MaxValue)) {
			t.Fatalf("bucket %d is %d…%d, and %d is next", i, low, high, next)
		}
		if width := high - low; float64(width) > 0.016*float64(low) {
			t.Fatalf("bucket %d, %s…%s, is too wide", i, low, high)
		}
		next = high + 1
	}
	if n := splitBucket(math.MaxInt64); n != splitBucket(MaxValue) || n >= splitBuckets || splitBucket(-5) != 0 {
		t.Error("a value lies beyond the buckets")
	}
}

func TestRecordingPartsAllocatesNothing(t *testing.T) {
	r := NewRecorder(timedLayout(), nil)
	s := answered(steadyItems, time.Second, 20*time.Millisecond)
	for i := range 2 * MaxTold {
		s.Told = append(s.Told, Told{fmt.Appendf(nil, "part%02d", i), time.Millisecond})
	}
	work := func() { r.Record(s) }
	work()
	if n := testing.AllocsPerRun(1000, work); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// TestNamesBeyondTheFirst are added up as others, one that is too long with them.
func TestNamesBeyondTheFirst(t *testing.T) {
	b := new(SplitBook)
	for i := 2 * MaxTold; i >= 0; i-- {
		s := answered(steadyItems, 0, time.Second)
		s.Told = []Told{{fmt.Appendf(nil, "part%02d", i), time.Millisecond}, {make([]byte, MaxToldName+1), time.Microsecond}}
		b.Record(s)
	}
	s := b.Cut()
	all := s.Total()
	if len(s.Names) != MaxTold || s.Names[0] != "part00" || !s.Folded || s.Columns()[MaxTold] != OtherTold {
		t.Fatalf("%q, %t", s.Names, s.Folded)
	}
	if got, want := s.ToldBy(&all, MaxTold), (MaxTold+1)*time.Millisecond+(2*MaxTold+1)*time.Microsecond; got != want {
		t.Errorf("others took %s, want %s", got, want)
	}
	if again := b.Cut(); again != nil {
		t.Errorf("a second time it says %+v", again)
	}
}
