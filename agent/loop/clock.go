package loop

import (
	"time"

	"golang.org/x/sys/unix"
)

// A monotonic clock counts nanoseconds like CLOCK_MONOTONIC of the machine, so
// that all processes of a host agree, but is read without a system call.
type monotonic struct {
	base  int64
	begin time.Time
}

func newMonotonic() (monotonic, error) {
	now, err := Monotonic()
	return monotonic{base: now, begin: time.Now()}, err
}

func (m *monotonic) now() int64 { return m.base + int64(time.Since(m.begin)) }

// spent is the processor time of the calling thread; 0 where it is not told.
func (m *monotonic) spent() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// Monotonic is the machine's monotonic clock, on which Start gives the epoch.
func Monotonic() (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0, err
	}
	return ts.Nano(), nil
}
