package stats

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBandOfAKnownSplit: of a thousand requests of 1 to 1000 ms, those ranked 986 to 995.
// The wait is all that differs.
func TestBandOfAKnownSplit(t *testing.T) {
	const n = 1000
	book := new(SplitBook)
	for i := n; i > 0; i-- {
		took := time.Duration(i) * time.Millisecond
		s := answered(steadyItems, 0, took)
		s.Connected = took - time.Millisecond
		s.Written = s.Connected
		s.Told = []Told{{[]byte("db"), 600 * time.Microsecond}, {[]byte("app"), 100 * time.Microsecond}}
		book.Record(s)
	}
	b := book.Cut().Band(99, 0)
	near(t, "response", b.Response, 990500*time.Microsecond)
	near(t, "waiting", b.Waiting, 989500*time.Microsecond)
	if b.Requests != n || math.Abs(b.Ranked-10) > 1e-9 || b.Failed != 0 || b.Withheld || !b.Known() {
		t.Errorf("%+v", b)
	}
	if want := []PartMean{{"app", 100 * time.Microsecond}, {"db", 600 * time.Microsecond}}; !slices.Equal(b.Told, want) {
		t.Errorf("told %v, want %v", b.Told, want)
	}
	if b.Rest != 300*time.Microsecond {
		t.Errorf("rest %s", b.Rest)
	}
	if low, high := 985*time.Millisecond, 996*time.Millisecond; b.Low > low || b.High < high || b.High-b.Low > 45*time.Millisecond {
		t.Errorf("from %s to %s", b.Low, b.High)
	}
}

// near is within the width of a bucket.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if diff := (got - want).Abs(); float64(diff) > 0.016*float64(want) {
		t.Errorf("%s is %s, want %s", what, got, want)
	}
}

// TestFailedRequestsHaveTheLastRanks and no parts.
func TestFailedRequestsHaveTheLastRanks(t *testing.T) {
	book := new(SplitBook)
	for range 992 {
		book.Record(answered(steadyItems, 0, time.Second))
	}
	s := book.Cut()
	if b := s.Band(99, 8); math.Abs(b.Failed-3) > 1e-9 || math.Abs(b.Ranked-10) > 1e-9 || b.Response != time.Second {
		t.Errorf("%+v", b)
	}
	if b := s.Band(99, 100); b.Known() || math.Abs(b.Failed-b.Ranked) > 1e-9 || b.Response != 0 {
		t.Errorf("%+v", b)
	}
	if b := (*Split)(nil).Band(50, 500); b.Known() || b.Requests != 500 {
		t.Errorf("%+v", b)
	}
	if b := s.Band(99.99, 0); !b.Withheld || b.Known() {
		t.Errorf("%+v", b)
	}
}

// TestBandsAddUp: parts are the whole to the nanosecond, and the whole is the mean of the
// requests of these ranks to the width of a bucket.
func TestBandsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		book, took := new(SplitBook), []time.Duration{}
		for _, s := range rapid.SliceOfN(timedSamples(), 1, 60).Draw(t, "samples") {
			if s.Class == OK {
				book.Record(s)
				took = append(took, min(s.ResponseTime(), MaxValue))
			}
		}
		p := rapid.SampledFrom([]float64{0.2, 50, 99, 99.9}).Draw(t, "p")
		failed := rapid.Uint64Range(0, 3).Draw(t, "failed")
		b := book.Cut().Band(p, failed)
		sum := b.SendLag() + b.Rest
		for _, part := range b.Told {
			sum += part.Mean
		}
		if sum != b.Response {
			t.Fatalf("parts add up to %d of %d", sum, b.Response)
		}
		slices.Sort(took)
		want, ok := exactMean(took, failed, p)
		if slices.Max(append(took, 0)) < MaxValue && ok && math.Abs(float64(b.Response)-want) > 0.016*want+1 {
			t.Fatalf("mean response %s, of the requests themselves %s", b.Response, time.Duration(want))
		}
	})
}

// exactMean weighs the requests of a band one by one.
func exactMean(sorted []time.Duration, failed uint64, p float64) (mean float64, ok bool) {
	n := float64(len(sorted)) + float64(failed)
	from, to := max(p-BandReach, 0)/100*n, min(p+BandReach, 100)/100*n
	count, sum := 0.0, 0.0
	for i, d := range sorted {
		in := max(0, min(to, float64(i+1))-max(from, float64(i)))
		count += in
		sum += in * float64(d)
	}
	return sum / count, count > 1e-9
}
