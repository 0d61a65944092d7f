package stats

import (
	"math/bits"
	"slices"
	"time"
)

// A Ladder cuts response times into rungs that are coarse enough to be counted for
// every tenth of a second. Rung i holds times above Edge(i-1) up to and with Edge(i).
// The last rung is Infinite: requests that failed, which are slower than any limit.
//
// The rungs are the same in every run: eight for each doubling from 1 µs to 1 h,
// so that one is an eighth of its times wide at most. The limits that a scenario
// names are edges of their own, so that "slower than the limit" is an exact count.
// The ladder follows from the scenario alone, as a Layout does: every agent has the
// same, and a rung is just an index.
type Ladder struct {
	edges  []time.Duration // rising
	limits []time.Duration // those of them that the rungs above do not have
}

const (
	rungUnitBits = 7 // the smallest rung is 1<<7 = 128 ns wide
	rungBits     = 3 // rungs of a doubling, as a power of two
)

// NewLadder makes the ladder of a scenario with these limits, in any order.
func NewLadder(limits ...time.Duration) *Ladder {
	l := &Ladder{}
	for i := 0; len(l.edges) == 0 || l.edges[len(l.edges)-1] < MaxValue; i++ {
		l.edges = append(l.edges, plainEdge(i))
	}
	for _, limit := range limits {
		i, found := slices.BinarySearch(l.edges, limit)
		if found || limit <= 0 || limit > MaxValue {
			continue
		}
		l.edges = slices.Insert(l.edges, i, limit)
		l.limits = append(l.limits, limit)
	}
	return l
}

// plainRung is the rung of d on a ladder without limits, for 0 < d <= MaxValue.
func plainRung(d time.Duration) int {
	v := uint64(d - 1) // upper edges belong to their rung
	shift := bits.Len64(v|1<<(rungUnitBits+rungBits)) - rungBits - 1
	return (shift-rungUnitBits)<<rungBits + int(v>>shift)
}

// plainEdge is the largest time of rung i of such a ladder.
func plainEdge(i int) time.Duration {
	shift := max(i>>rungBits-1, 0)
	return time.Duration(i-shift<<rungBits+1) << (shift + rungUnitBits)
}

// Rung is where a response time belongs: how many edges lie below it. Below
// zero it counts as zero, above MaxValue as MaxValue.
func (l *Ladder) Rung(d time.Duration) int {
	d = min(max(d, 1), MaxValue)
	i := plainRung(d)
	for _, limit := range l.limits {
		if d > limit {
			i++
		}
	}
	return i
}

// Infinite is the rung of requests that failed.
func (l *Ladder) Infinite() int { return len(l.edges) }

// Edge is the largest time of a rung below Infinite.
func (l *Ladder) Edge(rung int) time.Duration { return l.edges[rung] }
