package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// The port range Linux starts with.
const usualLow, usualHigh = 32768, 60999

func portRange() (low, high int) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualLow, usualHigh
	}
	if n, _ := fmt.Sscan(string(b), &low, &high); n != 2 || low < 1 || high < low || high > 65535 {
		return usualLow, usualHigh
	}
	return low, high
}

// memory is the machine's, or the container's where that is less.
func memory() uint64 {
	total := uint64(0)
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if m, err := fs.Meminfo(); err == nil && m.MemTotalBytes != nil {
			total = *m.MemTotalBytes
		}
	}
	b, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return total
	}
	limit, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil || limit == 0 { // "max": no limit
		return total
	}
	if total == 0 {
		return limit
	}
	return min(total, limit)
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
