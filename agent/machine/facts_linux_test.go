package machine

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// files is a root of files with these texts.
func files(texts map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range texts {
		root[name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return root
}

var noLimit = plan.Figure{Is: plan.Unlimited}

func TestLookReadsWhatTheKernelTells(t *testing.T) {
	var f plan.Facts
	look(&f, files(map[string]string{
		"proc/77/limits": "Limit                     Soft Limit           Hard Limit           Units\n" +
			"Max processes             96000                96000                processes\n" +
			"Max open files            1024                 524288               files",
		"proc/sys/fs/nr_open":                          "1048576",
		"proc/sys/fs/file-max":                         "9223372036854775807",
		"proc/sys/net/core/somaxconn":                  "4096",
		"proc/sys/net/ipv4/tcp_max_syn_backlog":        "2048",
		"proc/sys/fs/epoll/max_user_watches":           "5491489",
		"proc/sys/net/ipv4/tcp_mem":                    "287898	383866	575796",
		"proc/net/sockstat":                            "sockets: used 16\nTCP: inuse 1 orphan 0 tw 6 alloc 1 mem 134\nUDP: inuse 0 mem 7",
		"proc/sys/net/ipv4/ip_local_reserved_ports":    "8080,9148-9200",
		"proc/sys/net/ipv4/tcp_tw_reuse":               "2",
		"proc/sys/net/netfilter/nf_conntrack_max":      "262144",
		"proc/sys/net/netfilter/nf_conntrack_count":    "0",
		"proc/cpuinfo":                                 "processor	: 0\nmodel name	: Some CPU @ 2.0GHz\nflags	: a b\nmodel name	: Another",
		"proc/meminfo":                                 "MemTotal:       1000 kB\nMemFree:        10 kB\nMemAvailable:   700 kB",
		clocks + "current_clocksource":                 "tsc",
		clocks + "available_clocksource":               "tsc hpet acpi_pm",
		"proc/self/cgroup":                             "0::/user.slice/app",
		"sys/fs/cgroup/cgroup.controllers":             "cpu memory pids",
		"sys/fs/cgroup/user.slice/memory.max":          "536870912",
		"sys/fs/cgroup/user.slice/app/memory.max":      "max",
		"sys/fs/cgroup/user.slice/app/cpu.max":         "150000 100000",
		"sys/fs/cgroup/user.slice/cpu.max":             "max 100000",
		"sys/fs/cgroup/user.slice/app/pids.max":        "500",
		"sys/fs/cgroup/user.slice/app/pids.current":    "20",
		"sys/fs/cgroup/user.slice/pids.max":            "600",
		"sys/fs/cgroup/user.slice/pids.current":        "590",
		"sys/fs/cgroup/another.slice/app/memory.max":   "1",
		"sys/fs/cgroup/user.slice/app/sub/memory.max":  "1",
		"sys/fs/cgroup/user.slice/app/sub/pids.max":    "1",
		"sys/fs/cgroup/user.slice/memory.limit_in_byt": "1",
	}), 77)
	want := plan.Facts{
		Machine:   plan.Machine{TwReuse: plan.Exactly(2), Reserved: "8080,9148-9200"},
		Model:     "Some CPU @ 2.0GHz",
		SoftFiles: plan.Exactly(1024), NrOpen: plan.Exactly(1 << 20), SystemMax: noLimit,
		Backlog: plan.Exactly(4096), SynBacklog: plan.Exactly(2048),
		EpollWatches: plan.Exactly(5491489), TCPPages: plan.Exactly(575796), TCPPagesNow: plan.Exactly(134),
		ConntrackMax: plan.Exactly(262144), ConntrackCount: plan.Exactly(0),
		MemoryFree: plan.Exactly(700 << 10), CgroupVersion: 2, CPUQuota: plan.Exactly(1500), CgroupMemory: plan.Exactly(512 << 20),
		PidsMax: plan.Exactly(600), PidsNow: plan.Exactly(590), // the group above has less room
		Clock: "tsc", Clocks: []string{"tsc", "hpet", "acpi_pm"},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const clocks = "sys/devices/system/clocksource/clocksource0/"

// TestNothingReadIsNothingKnown: an empty root leaves every figure unknown, and
// conntrack absent, whose files are there when it is loaded.
func TestNothingReadIsNothingKnown(t *testing.T) {
	var f plan.Facts
	look(&f, files(map[string]string{"proc/meminfo": "MemAvailable: some", "proc/sys/net/core/somaxconn": "many"}), 1)
	want := plan.Facts{ConntrackMax: plan.Figure{Is: plan.Absent}, ConntrackCount: plan.Figure{Is: plan.Absent}, Clocks: []string{}}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCgroups(t *testing.T) {
	const one = "sys/fs/cgroup/"
	for name, c := range map[string]struct {
		files             map[string]string
		version           int
		cpu, memory, pids plan.Figure
	}{
		"version 1": {
			map[string]string{
				"proc/self/cgroup":                       "5:pids:/a/b\n4:memory:/a/b\n3:cpu,cpuacct:/a\n0::/",
				one + "memory/a/b/memory.limit_in_bytes": "9223372036854771712", one + "memory/a/memory.limit_in_bytes": "1073741824",
				one + "memory/memory.limit_in_bytes": "9223372036854771712",
				one + "cpu/a/cpu.cfs_quota_us":       "50000", one + "cpu/a/cpu.cfs_period_us": "100000",
				one + "cpu/cpu.cfs_quota_us": "-1", one + "cpu/cpu.cfs_period_us": "100000",
				one + "pids/a/b/pids.max": "max", one + "pids/a/b/pids.current": "7",
			}, 1, plan.Exactly(500), plan.Exactly(1 << 30), noLimit,
		},
		"version 1, in a container that sees the path of the world outside": {
			map[string]string{
				"proc/self/cgroup":                   "4:memory:/docker/0123\n5:pids:/docker/0123",
				one + "memory/memory.limit_in_bytes": "1048576",
				one + "pids/pids.max":                "40", one + "pids/pids.current": "4",
			}, 1, noLimit, plan.Exactly(1 << 20), plan.Exactly(40),
		},
		"version 2, in a group outside of what is mounted": {
			map[string]string{
				"proc/self/cgroup": "0::/../../up", one + "cgroup.controllers": "memory",
				one + "memory.max": "2097152",
			}, 2, noLimit, plan.Exactly(2 << 20), noLimit,
		},
		"version 2 without limits": {
			map[string]string{"proc/self/cgroup": "0::/", one + "cgroup.controllers": "memory"}, 2, noLimit, noLimit, noLimit,
		},
		"none": {map[string]string{}, 0, plan.Figure{}, plan.Figure{}, plan.Figure{}},
	} {
		g := findCgroup(files(c.files))
		pids, _ := g.pids()
		if g.version != c.version || g.cpuQuota() != c.cpu || g.memory() != c.memory || pids != c.pids {
			t.Errorf("%s: version %d, cpu %v, memory %v, pids %v", name, g.version, g.cpuQuota(), g.memory(), pids)
		}
	}
}

// TestFactsOfThisMachine: what every Linux tells is known.
func TestFactsOfThisMachine(t *testing.T) {
	f := Facts()
	if !f.PortsRead || f.Backlog.Is != plan.Known || f.SystemMax.Is == plan.Unknown || f.EpollWatches.Is == plan.Unknown || f.TCPPages.Is == plan.Unknown || f.MemoryFree.Is != plan.Known || f.CPUs < 1 || f.Kernel == "" {
		t.Errorf("%+v", f)
	}
	if f.Machine != Local() {
		t.Errorf("%+v is another machine than %+v", f.Machine, Local())
	}
}
