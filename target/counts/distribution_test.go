package counts

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestABucketHoldsWhatIsBelowItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "ns"))
		i := bucket(d)
		if i < Buckets-1 && d >= Bound(i) {
			t.Errorf("%s is in bucket %d, which ends at %s", d, i, Bound(i))
		}
		if i > 0 && d < Bound(i-1) {
			t.Errorf("%s is in bucket %d, but the one before ends at %s", d, i, Bound(i-1))
		}
	})
}

func TestQuantilesAreByRank(t *testing.T) {
	var d Distribution
	if got := d.Read().At(0.5); got != 0 {
		t.Errorf("p50 of nothing is %s", got)
	}
	for range 99 {
		d.Add(time.Millisecond)
	}
	d.Add(time.Second)
	r := d.Read()
	if p := r.At(0.99); p < time.Millisecond || p > 1250*time.Microsecond {
		t.Errorf("p99 is %s", p)
	}
	if p := r.At(0.999); p < time.Second || p > 1250*time.Millisecond {
		t.Errorf("p99.9 is %s", p)
	}
	if r.Count != 100 || r.Sum != 99*time.Millisecond+time.Second {
		t.Errorf("%d, %s", r.Count, r.Sum)
	}
}

func TestDurationsAddUp(t *testing.T) {
	var a, b Distribution
	a.Add(time.Millisecond)
	b.Add(3 * time.Minute)
	b.Add(-1)
	var sum Durations
	for _, r := range []Durations{{}, a.Read(), b.Read(), {}} {
		sum.Add(r)
	}
	if sum.Count != 3 || sum.Sum != 3*time.Minute+time.Millisecond || sum.Counts[Buckets-1] != 1 || sum.Counts[0] != 1 {
		t.Errorf("%+v", sum)
	}
}
