package machine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// look reads what the kernel tells in files. The runtime raises the soft limit of
// files before main, so the one that a shell gives its programs is its own: that of the
// parent.
func look(f *plan.Facts, root fs.FS, parent int) {
	f.SoftFiles = softFiles(root, parent)
	f.NrOpen = figure(root, "proc/sys/fs/nr_open")
	f.SystemMax = figure(root, "proc/sys/fs/file-max")
	f.Backlog = figure(root, "proc/sys/net/core/somaxconn")
	f.SynBacklog = figure(root, "proc/sys/net/ipv4/tcp_max_syn_backlog")
	f.EpollWatches = figure(root, "proc/sys/fs/epoll/max_user_watches")
	f.TCPPages, f.TCPPagesNow = tcpPages(root)
	f.Reserved = word(root, "proc/sys/net/ipv4/ip_local_reserved_ports")
	f.TwReuse = figure(root, "proc/sys/net/ipv4/tcp_tw_reuse")
	f.ConntrackMax = orAbsent(root, "proc/sys/net/netfilter/nf_conntrack_max")
	f.ConntrackCount = orAbsent(root, "proc/sys/net/netfilter/nf_conntrack_count")
	f.Model = strings.Trim(line(root, "proc/cpuinfo", "model name"), "\t :")
	f.MemoryFree = memAvailable(root)
	f.Clock = word(root, "sys/devices/system/clocksource/clocksource0/current_clocksource")
	f.Clocks = strings.Fields(word(root, "sys/devices/system/clocksource/clocksource0/available_clocksource"))
	c := findCgroup(root)
	f.CgroupVersion = c.version
	f.CPUQuota, f.CgroupMemory = c.cpuQuota(), c.memory()
	f.PidsMax, f.PidsNow = c.pids()
}

func word(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// figure reads a file that holds one number, or "max" for no limit.
func figure(root fs.FS, name string) plan.Figure { return figureOf(word(root, name)) }

// endless is where a number is the kernel's way to say that there is no limit.
const endless = 1 << 60

func figureOf(text string) plan.Figure {
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case text == "max" || text == "unlimited" || text == "-1" || err == nil && n >= endless:
		return plan.Figure{Is: plan.Unlimited}
	case err != nil:
		return plan.Figure{}
	}
	return plan.Exactly(n)
}

// orAbsent is for what a kernel may do without.
func orAbsent(root fs.FS, name string) plan.Figure {
	if _, err := fs.Stat(root, name); errors.Is(err, fs.ErrNotExist) {
		return plan.Figure{Is: plan.Absent}
	}
	return figure(root, name)
}

// line finds the rest of the line that begins with a name.
func line(root fs.FS, file, name string) string {
	b, err := fs.ReadFile(root, file)
	if err != nil {
		return ""
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			return rest
		}
	}
	return ""
}

func softFiles(root fs.FS, pid int) plan.Figure {
	fields := strings.Fields(line(root, fmt.Sprintf("proc/%d/limits", pid), "Max open files"))
	if len(fields) < 2 {
		return plan.Figure{}
	}
	return figureOf(fields[0])
}

// tcpPages is the most pages that the queues of all sockets may have, the third of
// net.ipv4.tcp_mem, and how many they have.
func tcpPages(root fs.FS) (most, now plan.Figure) {
	if limits := strings.Fields(word(root, "proc/sys/net/ipv4/tcp_mem")); len(limits) == 3 {
		most = figureOf(limits[2])
	}
	counts := strings.Fields(line(root, "proc/net/sockstat", "TCP:"))
	for i := 0; i+1 < len(counts); i += 2 {
		if counts[i] == "mem" {
			now = figureOf(counts[i+1])
		}
	}
	return most, now
}

func memAvailable(root fs.FS) plan.Figure {
	fields := strings.Fields(line(root, "proc/meminfo", "MemAvailable:"))
	if len(fields) < 2 || fields[1] != "kB" {
		return plan.Figure{}
	}
	f := figureOf(fields[0])
	f.N *= 1024
	return f
}
