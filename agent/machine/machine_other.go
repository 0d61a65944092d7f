//go:build !linux

package machine

import "golang.org/x/sys/unix"

// The port range that IANA names and the BSDs start with.
const usualLow, usualHigh = 49152, 65535

func portRange() (low, high int) {
	first, err1 := unix.SysctlUint32("net.inet.ip.portrange.first")
	last, err2 := unix.SysctlUint32("net.inet.ip.portrange.last")
	if err1 != nil || err2 != nil || first < 1 || last < first || last > 65535 {
		return usualLow, usualHigh
	}
	return int(first), int(last)
}

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
