package coordinator

import (
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/stats"
)

// usage is who took part and what they used, as hosts tell it at their end.
type usage struct {
	pids   map[string]int
	agents []stats.AgentTotal
	hosts  []stats.Usage
}

func (u *usage) pid(agent string, pid int) {
	if u.pids == nil {
		u.pids = map[string]int{}
	}
	u.pids[agent] = pid
}

func (u *usage) finished(agents []stats.AgentTotal, host stats.Usage) {
	u.agents = append(u.agents, agents...)
	u.hosts = append(u.hosts, host)
}

// of is what a host said of itself at its end, or only its name.
func (u *usage) of(host string) stats.Usage {
	if i := slices.IndexFunc(u.hosts, func(h stats.Usage) bool { return h.Name == host }); i >= 0 {
		return u.hosts[i]
	}
	return stats.Usage{Name: host}
}

// totals gives what each of all agents was and used: what its host said, or for
// lost hosts what the windows say.
func (u *usage) totals(all []stats.AgentTotal) []stats.AgentTotal {
	totals := slices.Clone(all)
	for i := range totals {
		t := &totals[i]
		t.PID = u.pids[t.Name]
		if j := slices.IndexFunc(u.agents, func(a stats.AgentTotal) bool { return a.Name == t.Name }); j >= 0 {
			said := u.agents[j]
			t.PID = max(t.PID, said.PID)
			t.CPU, t.MaxRSS = max(t.CPU, said.CPU), max(t.MaxRSS, said.MaxRSS)
			t.Due, t.ByTicks = said.Due, said.ByTicks
			t.Requests, t.PeakConnections = max(t.Requests, said.Requests), max(t.PeakConnections, said.PeakConnections)
		}
	}
	return totals
}

// self is what this process has used.
func self() stats.Usage {
	u := stats.Usage{Name: "coordinator"}
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return u
	}
	u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	u.MaxRSS = uint64(max(r.Maxrss, 0))
	if runtime.GOOS == "linux" {
		u.MaxRSS *= 1024 // kilobytes there, bytes on macOS
	}
	return u
}
