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

// tries is how often both clocks are read; the reading with the least time in
// between says most.
const tries = 9

// WallLessMonotonic says how far this machine's wall clock, in nanoseconds since 1970,
// is ahead of the monotonic one, and when on the latter that was found. It is right to
// a microsecond.
func WallLessMonotonic() (ahead, at int64) {
	least := int64(1 << 62)
	for range tries {
		before := Monotonic()
		wall := time.Now().UnixNano()
		took := Monotonic() - before
		if took < least {
			least, at = took, before+took/2
			ahead = wall - at
		}
	}
	return ahead, at
}
