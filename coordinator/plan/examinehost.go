package plan

import (
	"fmt"
	"slices"
	"strings"
)

func (x exam) memory() Finding {
	all := limitOf(x.f.MemoryBytes)
	f := Finding{
		Name: "memory", Value: x.memoryWords(all), Level: level(false, all),
		Figures: figures(map[string]Figure{"bytes": all, "free_bytes": x.f.MemoryFree, "cgroup_bytes": x.f.CgroupMemory}),
		Why:     fmt.Sprintf("an agent is planned with %d MiB, and a connection with %d KiB, most of it the kernel's", agentMemory>>20, connectionMemory>>10),
	}
	if !x.placed() {
		return f
	}
	p := x.t.place
	need := p.memory()
	if p.TLS {
		f.Why += fmt.Sprintf("; TLS adds %d KiB, and up to %d after large answers", tlsMemory>>10, tlsMostMemory>>10)
	}
	f.Sum = fmt.Sprintf("%s × (%d MiB + %s × %d KiB) = %s MiB", times(p.Agents, "agent"), agentMemory>>20,
		times(p.Connections, "connection"), p.connectionMemory()>>10, Thousands((need+1<<20-1)>>20))
	switch {
	case x.t.refused(Memory) != nil:
		f.Level = Impossible
	case p.heapLimited(x.f.Machine):
		f.Level = Tight
		f.Sum += p.heapWords(x.f.Machine)
	case x.f.MemoryFree.below(uint64(need)):
		f.Level = Tight
	}
	return f
}

func (x exam) memoryWords(all Figure) string {
	text := mebibytes(all)
	if x.f.CgroupMemory.Is == Known && x.f.CgroupMemory == all {
		text += " by its control group"
	}
	if x.f.MemoryFree.Is == Known {
		text += ", " + mebibytes(x.f.MemoryFree) + " free on the machine"
	}
	return text
}

// tcpMemory judges the pages that sockets have for what lies in their queues. The 4.5 KiB
// of a socket itself are not among them, and one with nothing in its queues has none.
func (x exam) tcpMemory() Finding {
	f := Finding{
		Name: "TCP memory", Value: "unknown", Level: level(false, x.f.TCPPages), Figures: figures(map[string]Figure{"max_pages": x.f.TCPPages, "pages": x.f.TCPPagesNow}),
		Why: "what was sent or came in and is not taken up yet takes a page a connection, and more where it is long; beyond the third figure of net.ipv4.tcp_mem packets are dropped",
	}
	if x.f.TCPPages.Is == Unknown {
		return f
	}
	f.Value = fmt.Sprintf("%s of %s pages", x.f.TCPPagesNow, x.f.TCPPages)
	if x.t == nil {
		return f
	}
	need := x.f.TCPPagesNow.N + uint64(x.t.need.Busy)
	f.Sum = fmt.Sprintf("%s with a request under way × 1 page and the %s there are = %s", times(x.t.need.Busy, "connection"), x.f.TCPPagesNow, thousands64(need))
	f.Level = level(x.f.TCPPages.below(need), x.f.TCPPagesNow)
	if f.Level == Tight {
		f.Fix = []string{fmt.Sprintf("sysctl -w net.ipv4.tcp_mem=\"%d %d %d\"", need, need*4/3, 2*need)}
	}
	return f
}

func mebibytes(f Figure) string {
	if f.Is != Known {
		return f.String()
	}
	return thousands64(f.N>>20) + " MiB"
}

func (x exam) cpu() Finding {
	cores, quota := limitOf(uint64(x.f.CPUs)), x.f.CPUQuota
	f := Finding{
		Name: "CPU", Value: "unknown", Figures: figures(map[string]Figure{"cores": cores, "quota_millicores": quota}),
		Level: level(quota.below(1000*cores.N), cores),
		Why:   "a loop that waits for a core is late, and a quota stops all of them for tens of milliseconds when it is used up",
	}
	if cores.Is == Known {
		f.Value = times(x.f.CPUs, "core") + ", " + quotaWords(quota)
	}
	if x.t == nil {
		return f
	}
	n, has := x.t.need, max(x.f.Machine.Cores, 1)
	f.Sum = n.Work.words()
	if n.Work.loops(1) > has && x.f.Machine.Cores > 0 {
		f.Level = Tight
	}
	if n.Eager {
		f.Sum = strings.TrimPrefix(f.Sum+"; users who never pause take every core that they get: what they reach depends on it", "; ")
	}
	return f
}

func quotaWords(q Figure) string {
	switch q.Is {
	case Known:
		return fmt.Sprintf("a quota of %.4g", float64(q.N)/1000)
	case Unlimited:
		return "no quota"
	}
	return "quota unknown"
}

func (x exam) processes() Finding {
	f := Finding{
		Name: "processes", Value: x.f.PidsMax.String(), Figures: figures(map[string]Figure{"max": x.f.PidsMax, "now": x.f.PidsNow}),
		Level: level(false, x.f.PidsMax), Why: "a control group may limit how many processes and threads there are",
	}
	if x.f.PidsMax.Is == Known {
		f.Value = fmt.Sprintf("%s of %s", x.f.PidsNow, x.f.PidsMax)
	}
	if !x.placed() {
		return f
	}
	p := x.t.place
	need := p.Agents*(p.Loops+agentThreads) + 2*agentThreads
	f.Sum = fmt.Sprintf("%s × some %d threads, host and coordinator some %d = %s", times(p.Agents, "agent"), p.Loops+agentThreads, 2*agentThreads, Thousands(need))
	if x.f.PidsMax.below(x.f.PidsNow.N + uint64(need)) {
		f.Level = Tight
	}
	return f
}

// slowClocks are clock sources that cannot be read without entering the kernel, which
// costs a microsecond and more for every stamp.
var slowClocks = []string{"hpet", "acpi_pm", "jiffies", "pit", "refined-jiffies", "xen"}

func (x exam) clock() Finding {
	f := Finding{
		Name: "clock source", Value: "unknown", Level: NotKnown,
		Why: "each request is stamped several times; a slow clock makes that dearer than the request",
	}
	if x.f.Clock == "" {
		return f
	}
	f.Value, f.Level = x.f.Clock, Fine
	if !slices.Contains(slowClocks, x.f.Clock) {
		return f
	}
	f.Level = Tight
	if slices.Contains(x.f.Clocks, "tsc") {
		f.Fix = []string{"echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"}
	}
	return f
}

// kernel judges the version: before 4.2 a source address takes its port before the
// destination is known, so that all destinations share its ports.
func (x exam) kernel() Finding {
	f := Finding{
		Name: "kernel", Value: x.f.Kernel, Level: Fine,
		Why: "from Linux 4.2 on a source address has its ports for each destination, and from 6.12 on loops get the core back sooner beside a busy target",
	}
	var major, minor int
	version, linux := strings.CutPrefix(x.f.Kernel, "Linux ")
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	switch {
	case x.f.Kernel == "":
		f.Value, f.Level = "unknown", NotKnown
	case !linux:
		f.Level, f.Sum = Tight, "load from other systems than Linux is meant for trying things out"
	case err != nil:
		f.Level = NotKnown
	case major < 4 || major == 4 && minor < 2:
		f.Level = Tight
	}
	return f
}
