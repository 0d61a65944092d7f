package loop

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A sundial turns stamps of the kernel, which are of the wall clock, into offsets from
// the epoch. Both clocks are looked at after each wait, and so after most of what is
// then read was stamped. Where the wall clock was set, stamps from before and after
// that are told apart; one that may be either, or that the next look alone would show
// to be wrong, is late by no more than the time until it was read.
type sundial struct {
	zero   int64        // what the wall clock, as it goes now, showed at the epoch
	looked stats.Offset // when that was found

	// What it showed before it was set last, between since and seen.
	before      int64
	since, seen stats.Offset
	last        stats.Offset // the look before the last one
}

func newSundial() sundial {
	return sundial{looked: math.MinInt64, since: math.MinInt64, seen: math.MinInt64, last: math.MinInt64}
}

// readApart is what may pass between the two readings of a look. The clocks differ by more
// than before only where the wall clock was set, or the thread lost its core in between; both
// make stamps wrong, by as much. Slewing does not: what disciplines the wall clock of Linux,
// NTP or PTP, changes the rate of both. macOS, where theirs may differ, has no stamps.
const readApart = 50 * time.Microsecond

// look compares the clocks.
func (d *sundial) look(now stats.Offset, wall int64) {
	zero := wall - int64(now)
	if d.looked != math.MinInt64 {
		if moved := time.Duration(zero - d.zero).Abs(); moved > readApart {
			d.before, d.since, d.seen = d.zero, d.looked, now
		}
	}
	d.zero, d.last, d.looked = zero, d.looked, now
}

// moment is when a stamp was made, if that can be told.
func (d *sundial) moment(stamp int64, now stats.Offset) (stats.Offset, bool) {
	at, old := stats.Offset(stamp-d.zero), stats.Offset(stamp-d.before)
	mayBeNew := at >= d.since && at <= now
	mayBeOld := old <= d.seen
	switch {
	case mayBeNew && !(mayBeOld && old >= d.last):
		return at, true // what is new came since the last look, as a rule
	case mayBeOld && !mayBeNew:
		return old, true
	}
	return 0, false
}
