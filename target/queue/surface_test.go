package queue

import (
	"math"
	"testing"
	"time"
)

// TestTheBestPools: the surface has its top where it is said to be, and its corners as low.
func TestTheBestPools(t *testing.T) {
	best, at := 0.0, Pools{}
	for p := 1; p <= 128; p++ {
		for w := 1; w <= 128; w++ {
			if x := (Pools{p, w}).Throughput(); x > best {
				best, at = x, Pools{p, w}
			}
		}
	}
	if at != (Pools{33, 57}) || math.Abs(best-665.2) > 0.05 {
		t.Errorf("%.2f/s at %+v", best, at)
	}
	for pools, share := range map[Pools]float64{{8, 8}: 0.457, {128, 128}: 0.593} {
		if got := pools.Throughput() / best; math.Abs(got-share) > 0.0005 {
			t.Errorf("%+v: %.4f of the best, want %.3f", pools, got, share)
		}
	}
}

// TestPoolsAreTheThroughput: a queue that never runs empty makes what its pools let through.
func TestPoolsAreTheThroughput(t *testing.T) {
	for _, pools := range []Pools{{8, 8}, {33, 57}, {128, 128}} {
		q := New(Settings{Law: Law{Kind: Exp, Mean: time.Hour}, Servers: 8, Pools: pools, Seed: 3})
		const n = 40_000
		var last time.Duration
		for range n {
			last = max(last, q.Arrive(0).Done)
		}
		want := pools.Throughput()
		if got := n / last.Seconds(); math.Abs(got/want-1) > 0.02 {
			t.Errorf("%+v: %.1f/s, want %.1f/s", pools, got, want)
		}
	}
}

// TestMistakesOfPoolsComeInOrder: the same mistake is told the same way each time.
func TestMistakesOfPoolsComeInOrder(t *testing.T) {
	const want = "pool: must be between 0 and 100000, got -1\nworkers: must be between 0 and 100000, got -2"
	for range 50 {
		if got := (Pools{-1, -2}).Validate(); got == nil || got.Error() != want {
			t.Fatalf("%v, want %s", got, want)
		}
	}
}

func TestPoolsThatCannotBe(t *testing.T) {
	for _, p := range []Pools{{1, 0}, {0, 1}, {-1, 1}, {1, mostOfPool + 1}} {
		if p.Validate() == nil {
			t.Errorf("%+v: nothing to say", p)
		}
	}
	if err := (Settings{Law: Law{Kind: Exp, Mean: time.Second}, Pools: Pools{1, 1}}).Validate(); err == nil {
		t.Error("pools without servers: nothing to say")
	}
}
