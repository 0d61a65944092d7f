package machine

import (
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// A cgroup is where the limits of this process's control groups are found, of either
// version. A limit may be set on the group itself or on any above it; the least counts.
type cgroup struct {
	root    fs.FS
	version int
	paths   map[string]string // of version 1, by controller; of version 2 under ""
}

const cgroupFS = "sys/fs/cgroup"

func findCgroup(root fs.FS) cgroup {
	c := cgroup{root: root, paths: map[string]string{}}
	for entry := range strings.Lines(word(root, "proc/self/cgroup")) {
		_, rest, _ := strings.Cut(strings.TrimSpace(entry), ":")
		controllers, p, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		for name := range strings.SplitSeq(controllers, ",") {
			c.paths[name] = p
		}
	}
	if _, err := fs.Stat(root, cgroupFS+"/cgroup.controllers"); err == nil {
		c.version = 2
	} else if len(c.paths) > 0 {
		c.version = 1
	}
	return c
}

// groups gives the folders of this process's group of a controller and of all above
// it. In a container the path may be one of the world outside, which is not there; its
// own group then is the top.
func (c cgroup) groups(controller string) (dirs []string) {
	top, p := cgroupFS, c.paths[""]
	if c.version == 1 {
		top, p = cgroupFS+"/"+controller, c.paths[controller]
	}
	for p = path.Clean("/" + p); p != "/"; p = path.Dir(p) {
		dirs = append(dirs, top+p)
	}
	return append(dirs, top)
}

// least is the least of what read finds in the groups: no limit where none sets one,
// unknown where there are no groups.
func (c cgroup) least(controller string, read func(dir string) plan.Figure) plan.Figure {
	if c.version == 0 {
		return plan.Figure{}
	}
	least := plan.Figure{Is: plan.Unlimited}
	for _, dir := range c.groups(controller) {
		if f := read(dir); f.Is == plan.Known && (least.Is != plan.Known || f.N < least.N) {
			least = f
		}
	}
	return least
}

func (c cgroup) memory() plan.Figure {
	name := map[int]string{1: "memory.limit_in_bytes", 2: "memory.max"}[c.version]
	return c.least("memory", func(dir string) plan.Figure { return figure(c.root, dir+"/"+name) })
}

// cpuQuota is in thousandths of a core.
func (c cgroup) cpuQuota() plan.Figure {
	return c.least("cpu", func(dir string) plan.Figure {
		quota, period := word(c.root, dir+"/cpu.cfs_quota_us"), word(c.root, dir+"/cpu.cfs_period_us")
		if c.version == 2 {
			quota, period, _ = strings.Cut(word(c.root, dir+"/cpu.max"), " ")
		}
		q, err1 := strconv.ParseUint(quota, 10, 32)
		p, err2 := strconv.ParseUint(period, 10, 32)
		if err1 != nil || err2 != nil || p == 0 {
			return plan.Figure{}
		}
		return plan.Exactly(1000 * q / p)
	})
}

// pids is the limit of the group with the least room, and how many it has.
func (c cgroup) pids() (most, now plan.Figure) {
	room := c.least("pids", func(dir string) plan.Figure {
		limit, have := figure(c.root, dir+"/pids.max"), figure(c.root, dir+"/pids.current")
		if limit.Is != plan.Known || have.Is != plan.Known {
			return plan.Figure{}
		}
		if most.Is != plan.Known || limit.N-min(have.N, limit.N) < most.N-min(now.N, most.N) {
			most, now = limit, have
		}
		return plan.Exactly(limit.N - min(have.N, limit.N))
	})
	if room.Is != plan.Known {
		return room, plan.Figure{}
	}
	return most, now
}
