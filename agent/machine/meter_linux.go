package machine

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// count reads everything at a moment.
func (m *Meter) count(now int64) counters {
	root := os.DirFS("/")
	c := countersOf(root, now)
	if m.speed == nil {
		m.speed = map[string]uint64{}
	}
	for name := range c.links {
		if _, asked := m.speed[name]; !asked {
			m.speed[name] = linkSpeed(root, name)
		}
	}
	return c
}

func countersOf(root fs.FS, now int64) counters {
	c := counters{at: now, cores: coresOf(root), pressure: pressureOf(root), links: map[string]linkBytes{}}
	tcp, ext := table(root, "proc/net/snmp", "Tcp:"), table(root, "proc/net/netstat", "TcpExt:")
	c.segments, c.retransmitted = counted(tcp["OutSegs"]), counted(tcp["RetransSegs"])
	c.listenFull, c.listenOut = counted(ext["ListenOverflows"]), counted(ext["ListenDrops"])
	linksOf(&c, root)
	return c
}

// The columns of a core in /proc/stat. Guests' time is in user time already.
const (
	user, nice, system, idle, iowait, irq, softIRQ, steal = 0, 1, 2, 3, 4, 5, 6, 7
	coreColumns                                           = 8
)

func coresOf(root fs.FS) (cores []coreTicks) {
	b, err := fs.ReadFile(root, "proc/stat")
	if err != nil {
		return nil
	}
	for text := range strings.Lines(string(b)) {
		rest, ok := strings.CutPrefix(text, "cpu")
		if !ok {
			break // cores come first
		}
		if strings.HasPrefix(rest, " ") {
			continue // all of them together
		}
		fields := strings.Fields(rest)
		if len(fields) < coreColumns+1 {
			return nil
		}
		cores = append(cores, coreOf(fields[1:]))
	}
	return cores
}

func coreOf(columns []string) coreTicks {
	var n [coreColumns]uint64
	for i := range n {
		n[i] = counted(columns[i]).Value
	}
	busy := n[user] + n[nice] + n[system] + n[irq] + n[softIRQ]
	return coreTicks{busy: busy, softIRQ: n[softIRQ], steal: n[steal], all: busy + n[idle] + n[iowait] + n[steal]}
}

// pressureOf is the total of the line "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", in
// microseconds.
func pressureOf(root fs.FS) stats.Reading[time.Duration] {
	_, total, _ := strings.Cut(line(root, "proc/pressure/cpu", "some "), "total=")
	n := counted(total)
	return stats.Reading[time.Duration]{Value: time.Duration(n.Value) * time.Microsecond, Known: n.Known}
}

// table reads two lines that begin alike: names, and their values.
func table(root fs.FS, file, head string) map[string]string {
	b, err := fs.ReadFile(root, file)
	if err != nil {
		return nil
	}
	var names []string
	for text := range strings.Lines(string(b)) {
		rest, ok := strings.CutPrefix(text, head)
		switch fields := strings.Fields(rest); {
		case !ok:
		case names == nil:
			names = fields
		case len(fields) == len(names):
			values := make(map[string]string, len(names))
			for i, name := range names {
				values[name] = fields[i]
			}
			return values
		}
	}
	return nil
}

// The columns of an interface in /proc/net/dev.
const (
	inBytes, inPackets, inDrops    = 0, 1, 3
	outBytes, outPackets, outDrops = 8, 9, 11
	linkColumns                    = 16
)

func linksOf(c *counters, root fs.FS) {
	b, err := fs.ReadFile(root, "proc/net/dev")
	if err != nil {
		return
	}
	for text := range strings.Lines(string(b)) {
		name, rest, ok := strings.Cut(text, ":")
		fields := strings.Fields(rest)
		if !ok || len(fields) < linkColumns {
			continue
		}
		n := func(column int) stats.Reading[uint64] { return counted(fields[column]) }
		c.packets = c.packets.Plus(n(inPackets)).Plus(n(outPackets))
		c.drops = c.drops.Plus(n(inDrops)).Plus(n(outDrops))
		if name = strings.TrimSpace(name); name != "lo" {
			c.received, c.sent = c.received.Plus(n(inBytes)), c.sent.Plus(n(outBytes))
		}
		c.links[name] = linkBytes{n(inBytes).Value, n(outBytes).Value}
	}
}

// linkSpeed is in bytes a second, 0 where it is not known: links without a device, such as
// tunnels, tell of speeds that are none.
func linkSpeed(root fs.FS, name string) uint64 {
	if _, err := fs.Stat(root, "sys/class/net/"+name+"/device"); err != nil {
		return 0
	}
	megabits, err := strconv.ParseUint(word(root, "sys/class/net/"+name+"/speed"), 10, 31)
	if err != nil {
		return 0
	}
	return megabits * 1e6 / 8
}
