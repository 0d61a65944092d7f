package queue

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAdmitIsArriveWithServicesOfAnother: given the services that it would have drawn,
// a queue decides the same, full and frozen, too.
func TestAdmitIsArriveWithServicesOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		servers := rapid.IntRange(0, 4).Draw(t, "servers")
		set := Settings{Law: Law{Kind: Exp, Mean: 10 * ms}, Servers: servers, Seed: rapid.Uint64().Draw(t, "seed"),
			Capacity: rapid.SampledFrom([]int{0, servers + 2}).Draw(t, "capacity")}
		drawn, given := New(set), New(Settings{Servers: set.Servers, Capacity: set.Capacity})
		at := time.Duration(0)
		for n := range uint64(50) {
			at += time.Duration(rapid.IntRange(0, 10_000).Draw(t, "gap")) * time.Microsecond
			if rapid.IntRange(0, 20).Draw(t, "freeze") == 0 {
				drawn.Freeze(at, 15*ms)
				given.Freeze(at, 15*ms)
			}
			a, b := drawn.Arrive(at), given.Admit(at, set.Law.At(Uniform(set.Seed, services, n)))
			if a != b || drawn.Leaves(a) != given.Leaves(b) {
				t.Fatalf("request %d: %+v and %+v", n, a, b)
			}
		}
	})
}

func TestWhatPassesNeedsNoServer(t *testing.T) {
	q := New(Settings{Servers: 1, Capacity: 1})
	q.Admit(0, time.Minute)
	q.Freeze(2*ms, 3*ms)
	for at, leaves := range map[time.Duration]time.Duration{ms: ms, 2 * ms: 5 * ms, 4 * ms: 5 * ms, 5 * ms: 5 * ms} {
		if got := q.Leaves(q.Pass(at)); got != leaves {
			t.Errorf("came at %s: left at %s, want %s", at, got, leaves)
		}
	}
	if q.Inside(6*ms) != 1 {
		t.Errorf("%d are inside", q.Inside(6*ms))
	}
}
