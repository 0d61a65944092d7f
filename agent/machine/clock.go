package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic is this machine's monotonic clock in nanoseconds: the one every
// process on it shares, whatever happens to the time of day.
func Monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0 // no kernel we run on lacks this clock
	}
	return t.Nano()
}

// tries is how often both clocks are compared; the reading with the least time
// in between says most.
const tries = 9

// ToMonotonic says when on the monotonic clock a moment of the wall clock, in
// nanoseconds since 1970, is. It is right to a microsecond unless the wall clock
// is set meanwhile.
func ToMonotonic(wall int64) int64 {
	best, offset := int64(1<<62), int64(0)
	for range tries {
		before := Monotonic()
		now := time.Now().UnixNano()
		after := Monotonic()
		if took := after - before; took < best {
			best, offset = took, before+took/2-now
		}
	}
	return wall + offset
}
