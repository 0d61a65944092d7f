//go:build !linux

package machine

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/stats"
)

// look finds nothing: what Linux tells in files is told nowhere here.
func look(*plan.Facts, fs.FS, int) {}

// The port range that IANA names and the BSDs start with.
const usualLow, usualHigh = 49152, 65535

// portRange says too whether it is the machine's own.
func portRange() (low, high int, read bool) {
	first, err1 := unix.SysctlUint32("net.inet.ip.portrange.first")
	last, err2 := unix.SysctlUint32("net.inet.ip.portrange.last")
	if err1 != nil || err2 != nil || first < 1 || last < first || last > 65535 {
		return usualLow, usualHigh, false
	}
	return int(first), int(last), true
}

func reserved() string { return "" }

func twReuse() plan.Figure { return plan.Figure{} }

func memory() uint64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return n
}

// RSS is how many bytes of memory this process had at most; what it has now is
// not told without a tracer's rights.
func RSS() (now, most uint64) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	return uint64(u.Maxrss), uint64(u.Maxrss) // bytes here, not KiB as on Linux
}

// count knows nothing here.
func (m *Meter) count(now int64) counters { return counters{at: now} }

// Throttled is known of Linux's control groups alone.
func Throttled() (times stats.Reading[uint64], waited stats.Reading[time.Duration]) {
	return times, waited
}
