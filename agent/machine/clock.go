package machine

import (
	"cmp"
	"math"
	"slices"
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

// A Clock is the machine's clocks, read without a system call.
type Clock struct {
	base int64 // on the monotonic clock, at
	at   time.Time
}

// tries is how often both are read to begin with.
const tries = 9

// NewClock reads the kernel's and Go's several times and keeps the closest pair: a thread
// that loses its core in between would be as much behind for good.
func NewClock() (closest Clock) {
	least := int64(math.MaxInt64)
	for range tries {
		at := time.Now()
		base := Monotonic()
		if took := int64(time.Since(at)); took < least {
			least, closest = took, Clock{base, at}
		}
	}
	return closest
}

// Now is Monotonic.
func (c Clock) Now() int64 { return c.base + int64(time.Since(c.at)) }

// A wallReading is one look at both clocks.
type wallReading struct{ ahead, at int64 }

// wallReadings is how often they are looked at.
const wallReadings = 3

// WallAhead says how far the wall clock, in nanoseconds since 1970, is ahead of the
// monotonic one, and when on the latter that was found. It is right to a microsecond.
func (c Clock) WallAhead() (ahead, at int64) {
	var all [wallReadings]wallReading
	for i := range all {
		now := time.Now() // by both clocks
		at := c.base + int64(now.Sub(c.at))
		all[i] = wallReading{now.UnixNano() - at, at}
	}
	m := middle(all)
	return m.ahead, m.at
}

// middle is the one with as many ahead of it as behind: where the thread lost its core
// between the two clocks of one, that lies at an end.
func middle(all [wallReadings]wallReading) wallReading {
	slices.SortFunc(all[:], func(a, b wallReading) int { return cmp.Compare(a.ahead, b.ahead) })
	return all[wallReadings/2]
}
