package machine

import (
	"fmt"
	"os"

	"github.com/prometheus/procfs"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// The port range Linux starts with.
const usualLow, usualHigh = 32768, 60999

// portRange says too whether it is the machine's own.
func portRange() (low, high int, read bool) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualLow, usualHigh, false
	}
	if n, _ := fmt.Sscan(string(b), &low, &high); n != 2 || low < 1 || high < low || high > 65535 {
		return usualLow, usualHigh, false
	}
	return low, high, true
}

// reserved are ports of the range that are given out to nobody who does not ask for
// them, such as "8080,9148-9200".
func reserved() string { return word(os.DirFS("/"), "proc/sys/net/ipv4/ip_local_reserved_ports") }

// twReuse says whether ports of closed connections may be taken again at once.
func twReuse() plan.Figure { return figure(os.DirFS("/"), "proc/sys/net/ipv4/tcp_tw_reuse") }

// memory is the machine's, or the container's where that is less.
func memory() uint64 {
	total := uint64(0)
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if m, err := fs.Meminfo(); err == nil && m.MemTotalBytes != nil {
			total = *m.MemTotalBytes
		}
	}
	limit := findCgroup(os.DirFS("/")).memory()
	switch {
	case limit.Is != plan.Known || limit.N == 0:
		return total
	case total == 0:
		return limit.N
	}
	return min(total, limit.N)
}

// RSS is how many bytes of memory this process has now, and had at most. The
// kernel's ru_maxrss would count the parent's too, from before the exec.
func RSS() (now, most uint64) {
	self, err := procfs.Self()
	if err != nil {
		return 0, 0
	}
	s, err := self.NewStatus()
	if err != nil {
		return 0, 0
	}
	return s.VmRSS, s.VmHWM
}
