package machine

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Throttled is how often this process's control group, or one above it, had used up its
// CPU quota so far, and for how long it waited, added up over cores.
func Throttled() (times stats.Reading[uint64], waited stats.Reading[time.Duration]) {
	return findCgroup(os.DirFS("/")).throttled()
}

// throttled adds up the groups: each may have a quota of its own.
func (c cgroup) throttled() (times stats.Reading[uint64], waited stats.Reading[time.Duration]) {
	if c.version == 0 {
		return times, waited
	}
	long, unit := "throttled_usec ", time.Microsecond
	if c.version == 1 {
		long, unit = "throttled_time ", time.Nanosecond
	}
	for _, dir := range c.groups("cpu") {
		times = times.Plus(counted(line(c.root, dir+"/cpu.stat", "nr_throttled ")))
		if n := counted(line(c.root, dir+"/cpu.stat", long)); n.Known {
			waited = waited.Plus(stats.Read(time.Duration(n.Value) * unit))
		}
	}
	return times, waited
}

// counted is a number the kernel counts in.
func counted(text string) stats.Reading[uint64] {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return stats.Reading[uint64]{}
	}
	return stats.Read(n)
}
