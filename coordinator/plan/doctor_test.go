package plan

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
)

// healthy is a machine at which nothing is tight.
func healthy() Facts {
	machine := laptop
	machine.TwReuse = Exactly(2)
	return Facts{
		Machine: machine, PortsRead: true, Kernel: "Linux 6.12.3-amd64",
		SoftFiles: Exactly(1_024), NrOpen: Exactly(1_048_576), SystemMax: Figure{Is: Unlimited},
		Backlog: Exactly(4_096), SynBacklog: Exactly(2_048),
		EpollWatches: Exactly(1_000_000), TCPPages: Exactly(500_000), TCPPagesNow: Exactly(130),
		ConntrackMax: Exactly(262_144), ConntrackCount: Exactly(10),
		MemoryFree: Exactly(20 << 30), CPUs: 2, CgroupVersion: 2, CPUQuota: Figure{Is: Unlimited},
		CgroupMemory: Figure{Is: Unlimited}, PidsMax: Exactly(10_000), PidsNow: Exactly(300), Clock: "tsc", Clocks: []string{"tsc", "hpet"},
	}
}

func (g Diagnosis) of(t *testing.T, name string) Finding {
	t.Helper()
	for _, f := range g.Findings {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding of %s", name)
	return Finding{}
}

// held is a demand that holds connections at an address.
func held(t rapid.TB, connections int, to ...string) *Demand {
	t.Helper()
	s := scenario(t, elsewhere, fmt.Sprintf("name: hold, executor: held-connections, hold: 5s, connections: %d", connections))
	return &Demand{Scenario: s, To: ports(to...)}
}

// flowing is a demand of open load.
func flowing(t *testing.T, rate int) *Demand {
	t.Helper()
	s := scenario(t, elsewhere, fmt.Sprintf("name: flow, executor: constant-arrival-rate, duration: 5s, max_vus: 100, rate: %d/s", rate))
	return &Demand{Scenario: s, To: ports("10.0.0.9:80")}
}

// churn is a demand that closes a connection for each of so many iterations a second.
func churn(t rapid.TB, rate, most int, to ...string) *Demand {
	t.Helper()
	s := scenario(t, elsewhere, fmt.Sprintf("name: churn, executor: constant-arrival-rate, duration: 90s, max_vus: %d, rate: %d/s, pool: {reuse: user}", most, rate))
	return &Demand{Scenario: s, To: ports(to...)}
}

func TestHealthyMachineIsFine(t *testing.T) {
	for name, d := range map[string]*Demand{"alone": nil, "with a scenario": held(t, 1_000, "127.0.0.1:80")} {
		g := Diagnose(healthy(), d)
		if !g.Fits || !g.Enough || len(g.Commands) > 0 || g.Refusal != "" {
			t.Errorf("%s: %+v", name, g)
		}
		for _, f := range g.Findings {
			if f.Level != Fine || f.Why == "" || f.Value == "" || len(f.Fix) > 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Facts)
		demand *Demand
		of     string
		level  Level
		value  string
		sum    string
		fix    string
	}{
		"few files": {change: func(f *Facts) { f.MaxFiles = 1_024 },
			of: "open files", level: Tight, value: "1,024 a process (soft limit 1,024)", fix: "ulimit -n 65536"},
		"files ask for agents": {demand: held(t, 50_000, "127.0.0.1:80"),
			of: "open files", level: Fine, sum: "50,000 connections ÷ 3 agents = 16,667 each, and one agent has files for 19,800 (20,000 less 200)"},
		"too many agents": {demand: held(t, 90_000, "127.0.0.1:80"), change: func(f *Facts) { f.MaxFiles = 300 },
			of: "open files", level: Impossible, sum: "90,000 connections, and one agent has files for 100 (300 less 200): 900 agents, at most 256 start on a machine", fix: "ulimit -n 45200"},
		"ports of one address": {demand: held(t, 50_000, "10.0.0.9:80"),
			of: "local ports", level: Impossible, value: "32768–60999: 28,232 ports",
			sum: "50,000 connections to one address need 3 agents × 2 = 6 source addresses: 28,232 ports each, of which half are planned: 14,116; there is 1",
			fix: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`},
		"loopback has addresses": {demand: held(t, 50_000, "127.0.0.1:80"),
			of: "local ports", level: Fine, sum: "need 3 agents × 2 = 6 source addresses: 28,232 ports each, of which half are planned: 14,116; loopback has them"},
		"few connections need one address": {demand: held(t, 100, "10.0.0.9:80"),
			of: "local ports", level: Fine, sum: "100 connections to one address need 1 source address"},
		"a target of several addresses": {demand: held(t, 20_000, "10.0.0.9:80", "10.0.0.10:80"),
			of: "local ports", level: Fine, sum: "20,000 connections to 2 addresses need 1 source address"},
		"a target that is not found": {demand: held(t, 50_000),
			of: "local ports", level: NotKnown, sum: "the target's address is not known; if it is one: 50,000 connections to one address need 3 agents × 2 = 6"},
		"a target of both families": {demand: held(t, 50_000, "127.0.0.1:80", "[::1]:80"),
			of: "local ports", level: Tight, sum: "no source serves both: name one"},
		"short backlog": {change: func(f *Facts) { f.Backlog = Exactly(128) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "listen backlog", level: Tight, sum: "up to 1,536 connects under way at once, 512 a loop", fix: "sysctl -w net.core.somaxconn=4096"},
		"short backlog, few connections": {change: func(f *Facts) { f.Backlog = Exactly(128) }, demand: held(t, 100, "127.0.0.1:80"),
			of: "listen backlog", level: Fine},
		"short backlog, another machine's target": {change: func(f *Facts) { f.Backlog = Exactly(128) }, demand: held(t, 10_000, "10.0.0.9:80"),
			of: "listen backlog", level: Fine, sum: "not on this machine"},
		"short backlog, no scenario": {change: func(f *Facts) { f.SynBacklog = Exactly(128) },
			of: "SYN backlog", level: Tight, fix: "sysctl -w net.ipv4.tcp_max_syn_backlog=4096"},
		"no conntrack": {change: func(f *Facts) { f.ConntrackMax, f.ConntrackCount = Figure{Is: Absent}, Figure{Is: Absent} }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "conntrack", level: Fine, value: "not loaded"},
		"conntrack that fills": {change: func(f *Facts) { f.ConntrackMax, f.ConntrackCount = Exactly(32_768), Exactly(1_000) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "conntrack", level: Tight, value: "1,000 of 32,768", sum: "50,000 connections and the 1,000 there are = 51,000", fix: "sysctl -w net.netfilter.nf_conntrack_max=102000"},
		"conntrack nearly full": {change: func(f *Facts) { f.ConntrackMax, f.ConntrackCount = Exactly(1_000), Exactly(900) },
			of: "conntrack", level: Tight, fix: "nf_conntrack_max=1800"},
		"ports are never reused": {change: func(f *Facts) { f.TwReuse = Exactly(0) },
			of: "TIME_WAIT reuse", level: Tight, value: "0: never", fix: "sysctl -w net.ipv4.tcp_tw_reuse=1"},
		"a port for each iteration": {demand: churn(t, 100, 50, "10.0.0.9:80"),
			of: "TIME_WAIT reuse", level: Fine, value: "2: on loopback", sum: "closing up to 100 connections first within a second keeps up to 6,000 ports in TIME_WAIT, each for 1m0s (net.ipv4.tcp_tw_reuse is 2)"},
		"taken again on loopback": {demand: churn(t, 5_000, 50, "127.0.0.1:80"),
			of: "TIME_WAIT reuse", level: Fine, sum: "keeps up to 5,000 ports in TIME_WAIT, each for 1s"},
		"more ports than one address has": {demand: churn(t, 300, 50, "10.0.0.9:80"),
			of: "TIME_WAIT reuse", level: Impossible, fix: "sysctl -w net.ipv4.tcp_tw_reuse=1",
			sum: "closing up to 300 connections first within a second keeps up to 18,000 ports in TIME_WAIT, each for 1m0s (net.ipv4.tcp_tw_reuse is 2); with 50 connections to one address (10.0.0.9:80) that takes 2 source addresses, " +
				"and machine local has 1: one address has 14,116 ports for one destination (half of the range; beyond that connecting crawls); " +
				"set net.ipv4.tcp_tw_reuse=1, add addresses or machines, take close: reset or reuse: shared, or a connect_rate of at most 234/s"},
		"more than is known to be taken again": {demand: churn(t, 30_000, 50, "10.0.0.9:80"), change: func(f *Facts) { f.TwReuse = Exactly(1) },
			of: "TIME_WAIT reuse", level: Impossible, fix: "ip_local_port_range", sum: "keeps up to 30,000 ports"},
		"the target closes": {demand: func() *Demand {
			d := churn(t, 300, 50, "10.0.0.9:80")
			d.Scenario.Phases[0].Pool.Reuse = scenarios.ReuseNone
			return d
		}(), change: func(f *Facts) { f.TwReuse = Exactly(0) },
			of: "TIME_WAIT reuse", level: Fine, value: "0: never", sum: "asks the target to close"},
		"too little memory": {change: func(f *Facts) { f.MemoryBytes = 100 << 20 }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "memory", level: Impossible, value: "100 MiB", sum: "3 agents × (24 MiB + 16,667 connections × 5 KiB) = 317 MiB"},
		"too little memory for TLS": {change: func(f *Facts) { f.MemoryBytes = 800 << 20 }, demand: overTLS(held(t, 50_000, "127.0.0.1:443")),
			of: "memory", level: Impossible, sum: "3 agents × (24 MiB + 16,667 connections × 15 KiB) = 805 MiB"},
		"a heap that may come to its limit": {change: func(f *Facts) { f.MemoryBytes = 1 << 30 }, demand: overTLS(held(t, 50_000, "127.0.0.1:443")),
			of: "memory", level: Tight, sum: "the heap of each agent may grow to 768 MiB, its limit is 170 MiB (GOMEMLIMIT)"},
		"a heap that keeps within it": {change: func(f *Facts) { f.MemoryBytes = 8 << 30 }, demand: overTLS(held(t, 50_000, "127.0.0.1:443")),
			of: "memory", level: Fine, sum: "= 805 MiB"},
		"little memory free": {change: func(f *Facts) { f.MemoryFree = Exactly(100 << 20) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "memory", level: Tight, value: "100 MiB free"},
		"memory of a control group": {change: func(f *Facts) { f.MemoryBytes, f.CgroupMemory = 1<<30, Exactly(1<<30) },
			of: "memory", level: Fine, value: "1,024 MiB by its control group, 20,480 MiB free on the machine"},
		"a quota": {change: func(f *Facts) { f.CPUQuota = Exactly(1_500) },
			of: "CPU", level: Tight, value: "2 cores, a quota of 1.5"},
		"a rate for more cores": {demand: flowing(t, 50_000),
			of: "CPU", level: Tight, sum: "50,000 requests/s × 50 µs = 3 cores"},
		"a rate for less": {demand: flowing(t, 500),
			of: "CPU", level: Fine, sum: "500 requests/s × 50 µs = 1 core"},
		"few processes": {change: func(f *Facts) { f.PidsMax = Exactly(320) }, demand: held(t, 1_000, "127.0.0.1:80"),
			of: "processes", level: Tight, value: "300 of 320", sum: "2 agents × some 13 threads, host and coordinator some 24 = 50"},
		"few files of all": {change: func(f *Facts) { f.SystemMax = Exactly(60_000) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "files of all", level: Tight, sum: "3 agents × 16,867 files = 50,601, and 50,000 of the target here", fix: "sysctl -w fs.file-max=201202"},
		"few watches": {change: func(f *Facts) { f.EpollWatches = Exactly(60_000) }, demand: held(t, 50_000, "10.0.0.9:80", "10.0.0.10:80", "10.0.0.11:80", "10.0.0.12:80"),
			of: "epoll watches", level: Fine, value: "60,000", sum: "3 agents × 16,667 = 50,001"},
		"few watches, and a target here": {change: func(f *Facts) { f.EpollWatches = Exactly(60_000) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "epoll watches", level: Tight, sum: "3 agents × 16,667 = 50,001, and 50,000 of the target here, where it is the same user's", fix: "sysctl -w fs.epoll.max_user_watches=200002"},
		"too few watches": {change: func(f *Facts) { f.EpollWatches = Exactly(40_000) }, demand: held(t, 50_000, "10.0.0.9:80", "10.0.0.10:80", "10.0.0.11:80", "10.0.0.12:80"),
			of: "epoll watches", level: Tight, fix: "sysctl -w fs.epoll.max_user_watches=100002"},
		"few pages for sockets": {change: func(f *Facts) { f.TCPPages = Exactly(2_000) }, demand: churn(t, 100, 1_900, "127.0.0.1:80"),
			of: "TCP memory", level: Tight, value: "130 of 2,000 pages", sum: "1,900 connections with a request under way × 1 page and the 130 there are = 2,030", fix: `sysctl -w net.ipv4.tcp_mem="2030 2706 4060"`},
		"pages enough for sockets": {change: func(f *Facts) { f.TCPPages = Exactly(2_030) }, demand: churn(t, 100, 1_900, "127.0.0.1:80"),
			of: "TCP memory", level: Fine, sum: "= 2,030"},
		"held connections have nothing in their queues": {change: func(f *Facts) { f.TCPPages = Exactly(2_000) }, demand: held(t, 50_000, "127.0.0.1:80"),
			of: "TCP memory", level: Fine, sum: "0 connections with a request under way"},
		"reserved ports": {change: func(f *Facts) { f.Reserved = "80,32768-59999" }, demand: held(t, 600, "10.0.0.9:80"),
			of: "local ports", level: Impossible, value: "32768–60999 less 27,232 reserved: 1,000 ports",
			sum: "600 connections to one address need 2 source addresses: 1,000 ports each, of which half are planned: 500; there is 1",
			fix: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`},
		"reserved ports of all": {change: func(f *Facts) { f.Reserved, f.PortLow, f.PortHigh = "1024-65000", 1024, 65535 }, demand: held(t, 600, "10.0.0.9:80"),
			of: "local ports", level: Impossible, sum: "535 ports each", fix: `sysctl -w net.ipv4.ip_local_reserved_ports=""`},
		"a slow clock": {change: func(f *Facts) { f.Clock = "hpet" },
			of: "clock source", level: Tight, fix: "echo tsc > /sys/"},
		"a slow clock for want of another": {change: func(f *Facts) { f.Clock, f.Clocks = "acpi_pm", []string{"acpi_pm"} },
			of: "clock source", level: Tight},
		"an old kernel": {change: func(f *Facts) { f.Kernel = "Linux 4.1.12" },
			of: "kernel", level: Tight},
		"another kernel": {change: func(f *Facts) { f.Kernel = "Darwin 25.1.0" },
			of: "kernel", level: Tight, sum: "trying things out"},
		"a kernel with a strange name": {change: func(f *Facts) { f.Kernel = "Linux custom" },
			of: "kernel", level: NotKnown},
		"fewer agents than agents.min": {demand: func() *Demand {
			d := held(t, 10, "127.0.0.1:80")
			d.Scenario.Agents.Min, d.Wish.Agents = 3, 2
			return d
		}(),
			of: "agents", level: Impossible, value: "none", sum: "use --agents 3"},
	} {
		facts := healthy()
		if c.change != nil {
			c.change(&facts)
		}
		f := Diagnose(facts, c.demand).of(t, c.of)
		if f.Level != c.level || !strings.Contains(f.Value, c.value) || !strings.Contains(f.Sum, c.sum) || !strings.Contains(strings.Join(f.Fix, "\n"), c.fix) || c.fix == "" && len(f.Fix) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestNothingIsInvented: what was not read is unknown, with and without a scenario, and
// makes nothing impossible.
func TestNothingIsInvented(t *testing.T) {
	for name, d := range map[string]*Demand{"alone": nil, "with a scenario": held(t, 1_000, "127.0.0.1:80")} {
		g := Diagnose(Facts{}, d)
		for _, f := range g.Findings {
			if f.Name != "agents" && (f.Level != NotKnown || f.Value != "unknown" || len(f.Figures) > 0) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !g.Fits {
			t.Errorf("%s: it does not fit: %s", name, g.Refusal)
		}
	}
}

// drawDemand draws a machine with tight limits and a load that may not fit it.
func drawDemand(t *rapid.T) (Facts, *Demand) {
	f := healthy()
	f.MaxFiles = rapid.Uint64Range(202, 3_000).Draw(t, "files")
	f.MemoryBytes = rapid.Uint64Range(32<<20, 2<<30).Draw(t, "memory")
	f.PortHigh = f.PortLow + rapid.IntRange(0, 3_000).Draw(t, "ports")
	f.NrOpen = Exactly(rapid.Uint64Range(1_000, 90_000).Draw(t, "nr_open"))
	d := held(t, rapid.IntRange(1, 120_000).Draw(t, "connections"), rapid.SampledFrom([]string{"127.0.0.1:80", "10.0.0.9:80", "[::1]:80"}).Draw(t, "to"))
	if rapid.Bool().Draw(t, "churn") {
		d.Scenario = churn(t, rapid.IntRange(1, 2_000).Draw(t, "rate"), rapid.IntRange(1, 400).Draw(t, "max_vus")).Scenario
		d.Scenario.Phases[0].Pool.MaxAge = rapid.SampledFrom([]time.Duration{0, 10 * time.Second}).Draw(t, "max_age")
		f.TwReuse = rapid.SampledFrom([]Figure{{}, Exactly(0), Exactly(1), Exactly(2)}).Draw(t, "reuse")
	}
	if rapid.Bool().Draw(t, "tls") {
		d = overTLS(d)
	}
	d.Wish.Agents = rapid.SampledFrom([]int{0, 0, 1, 3, 40, 300}).Draw(t, "agents")
	d.Scenario.Agents.Min = rapid.IntRange(0, 3).Draw(t, "min")
	d.Own = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}[:rapid.IntRange(0, 2).Draw(t, "own")]
	return f, d
}

// TestWhatDoctorCallsImpossibleRunRefuses, for the same reason in the same words, and
// nothing else.
func TestWhatDoctorCallsImpossibleRunRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, d := drawDemand(t)
		g, err := Diagnose(f, d), placed(*d, f.Machine)
		if g.Fits != (err == nil) || err != nil && g.Refusal != err.Error() {
			t.Fatalf("doctor: %t %s\nrun: %v", g.Fits, g.Refusal, err)
		}
		impossible := 0
		for _, finding := range g.Findings {
			if finding.Level == Impossible {
				impossible++
			}
		}
		if (impossible > 0) == g.Fits {
			t.Fatalf("fits is %t, and %d figures are impossible", g.Fits, impossible)
		}
	})
}

// obey does to the facts what a command does to the machine.
func obey(t rapid.TB, f *Facts, command string) {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if m := regexp.MustCompile(`^ulimit -n (\d+)$`).FindStringSubmatch(command); m != nil {
		if f.NrOpen.below(uint64(number(m[1]))) {
			t.Fatalf("%s is more than fs.nr_open allows, %s", command, f.NrOpen)
		}
		f.MaxFiles = uint64(number(m[1]))
	} else if m := regexp.MustCompile(`^sysctl -w fs.nr_open=(\d+)$`).FindStringSubmatch(command); m != nil {
		f.NrOpen = Exactly(uint64(number(m[1])))
	} else if command == "sysctl -w net.ipv4.tcp_tw_reuse=1" {
		f.TwReuse = Exactly(1)
	} else if m := regexp.MustCompile(`^sysctl -w net.ipv4.ip_local_port_range="(\d+) (\d+)"$`).FindStringSubmatch(command); m != nil {
		f.PortLow, f.PortHigh = number(m[1]), number(m[2])
	} else {
		t.Fatalf("unknown command %s", command)
	}
}

// commandsKeepTheirWord obeys them all: what is said to be enough must then fit, and
// nothing may be left to do. It tells whether they made fit what did not.
func commandsKeepTheirWord(t rapid.TB, f Facts, d *Demand) bool {
	g := Diagnose(f, d)
	for _, c := range g.Commands {
		obey(t, &f, c)
	}
	after := Diagnose(f, d)
	if after.Fits != g.Enough || len(after.Commands) > 0 {
		t.Fatalf("after %q: fits %t (%s), was to be %t; then %q", g.Commands, after.Fits, after.Refusal, g.Enough, after.Commands)
	}
	if !g.Enough && after.Refusal == "" || g.Enough != (g.Beyond == "") {
		t.Fatalf("%+v", g)
	}
	return !g.Fits && g.Enough
}

// TestCommandsMakeItFit, where that is what they are said to do; else something is left.
func TestCommandsMakeItFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, d := drawDemand(t)
		commandsKeepTheirWord(t, f, d)
	})
}

// TestCommandsOfAKnownNeed make fit what needs files, more of them than the system
// allows, and ports: drawn needs are met by luck only.
func TestCommandsOfAKnownNeed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Facts)
		demand *Demand
	}{
		"files":            {func(f *Facts) { f.MaxFiles = 300 }, held(t, 90_000, "127.0.0.1:80")},
		"files of nr_open": {func(f *Facts) { f.MaxFiles, f.NrOpen = 300, Exactly(10_000) }, held(t, 90_000, "127.0.0.1:80")},
		"ports":            {nil, held(t, 20_000, "10.0.0.9:80")},
		"closed ports":     {nil, churn(t, 300, 50, "10.0.0.9:80")},
	} {
		f := healthy()
		if c.change != nil {
			c.change(&f)
		}
		if !commandsKeepTheirWord(t, f, c.demand) {
			t.Errorf("%s: no command made it fit", name)
		}
	}
}

// TestNameThatIsNotFoundIsNamed: a scenario whose target nobody could find was said to fit.
func TestNameThatIsNotFoundIsNamed(t *testing.T) {
	if g := Diagnose(healthy(), held(t, 1_000)); !g.Fits || g.Unresolved != "10.0.0.9:80" {
		t.Errorf("%+v", g)
	}
	if g := Diagnose(healthy(), held(t, 1_000, "10.0.0.9:80")); g.Unresolved != "" {
		t.Errorf("%+v", g)
	}
}

// overTLS is a demand whose target is spoken to over TLS.
func overTLS(d *Demand) *Demand {
	s := *d.Scenario
	s.Target.TLS = &scenarios.TLS{}
	d.Scenario = &s
	return d
}
