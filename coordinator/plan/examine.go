package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Figures below which a machine is called tight when there is no scenario to say what
// it is for, and what is proposed instead.
const (
	fewFiles     = 4096 // an agent of fewer holds so little that many are needed
	manyFiles    = 65536
	fewBacklog   = 1024
	manyBacklog  = 4096
	crowded      = 0.8 // share of a table of connections that is no longer fine
	dialingLoop  = 512 // connects under way that a loop allows itself (agent/loop)
	agentThreads = 12  // of a process beside its loops: the Go runtime's
)

// limitOf is a limit as Machine has it: 0 is not known, and what is past all counting
// is none.
func limitOf(n uint64) Figure {
	switch {
	case n == 0:
		return Figure{}
	case n >= math.MaxInt64:
		return Figure{Is: Unlimited}
	}
	return Exactly(n)
}

func (x exam) files() Finding {
	hard := limitOf(x.f.MaxFiles)
	f := Finding{
		Name: "open files", Value: hard.String(),
		Figures: figures(map[string]Figure{"hard": hard, "soft": x.f.SoftFiles}),
		Why:     "each connection is a file; agents raise their soft limit to the hard one, and more of them are started where one may not open enough",
		Level:   level(x.t == nil && hard.below(fewFiles), hard),
	}
	if hard.Is != Unknown {
		f.Value += " a process (" + at("soft limit", x.f.SoftFiles) + ")"
	}
	if f.Level == Tight {
		f.Fix = []string{fmt.Sprintf("ulimit -n %d", manyFiles)}
	}
	if x.t == nil {
		return f
	}
	f.Sum = x.filesSum()
	if x.t.refused(Files, Processes) != nil {
		f.Level, f.Fix = Impossible, x.commands("ulimit", "fs.nr_open")
	}
	return f
}

func (x exam) filesSum() string {
	all, per := x.t.need.Connections, perAgent(x.f.Machine)
	room := fmt.Sprintf("one agent has files for %s (%s less %d)", Thousands(per), limitOf(x.f.MaxFiles), filesMargin)
	switch {
	case per == 0:
		return ""
	case x.t.refused(Files, Processes) == nil && x.placed():
		return fmt.Sprintf("%s ÷ %s = %s each, and %s", times(all, "connection"), times(x.t.place.Agents, "agent"), Thousands(x.t.place.Connections), room)
	case x.d.Wish.Agents > 0:
		return fmt.Sprintf("%s ÷ %s = %s each, and %s", times(all, "connection"), times(x.d.Wish.Agents, "agent"), Thousands(ceilDiv(all, x.d.Wish.Agents)), room)
	}
	return fmt.Sprintf("%s, and %s: %s, at most %d start on a machine", times(all, "connection"), room, times(ceilDiv(all, per), "agent"), mostAgents)
}

// commands are those of the trial that set one of the names.
func (x exam) commands(names ...string) (mine []string) {
	for _, c := range x.t.commands {
		for _, name := range names {
			if containsWord(c, name) {
				mine = append(mine, c)
			}
		}
	}
	return mine
}

func (x exam) systemFiles() Finding {
	f := Finding{
		Name: "files of all", Value: x.f.SystemMax.String(), Figures: figures(map[string]Figure{"max": x.f.SystemMax}),
		Level: level(false, x.f.SystemMax), Why: "all processes of the machine share them",
	}
	if !x.placed() {
		return f
	}
	p := x.t.place
	need := p.Agents * (p.Connections + filesMargin)
	f.Sum = fmt.Sprintf("%s × %s files = %s", times(p.Agents, "agent"), Thousands(p.Connections+filesMargin), Thousands(need))
	if x.here() { // and as many at the other end
		need += x.t.need.Connections
		f.Sum += fmt.Sprintf(", and %s of the target here", Thousands(x.t.need.Connections))
	}
	if x.f.SystemMax.below(uint64(need)) {
		f.Level, f.Fix = Tight, []string{fmt.Sprintf("sysctl -w fs.file-max=%d", 2*need)}
	}
	return f
}

// watches judges how many sockets one user's processes may wait for with epoll. A target
// here may be another user's, which is not known.
func (x exam) watches() Finding {
	f := Finding{
		Name: "epoll watches", Value: x.f.EpollWatches.String(), Figures: figures(map[string]Figure{"max": x.f.EpollWatches}),
		Level: level(false, x.f.EpollWatches), Why: "each connection takes one of its user's, unless loops use io_uring; beyond them requests end as \"out of epoll watches\"",
	}
	if !x.placed() {
		return f
	}
	p := x.t.place
	need := p.Agents * p.Connections
	f.Sum = fmt.Sprintf("%s × %s = %s", times(p.Agents, "agent"), Thousands(p.Connections), Thousands(need))
	if x.here() {
		need += x.t.need.Connections
		f.Sum += fmt.Sprintf(", and %s of the target here, where it is the same user's", Thousands(x.t.need.Connections))
	}
	if x.f.EpollWatches.below(uint64(need)) {
		f.Level, f.Fix = Tight, []string{fmt.Sprintf("sysctl -w fs.epoll.max_user_watches=%d", 2*need)}
	}
	return f
}

func (x exam) ports() Finding {
	low, high := portRange(x.f.Machine)
	f := Finding{
		Name: "local ports", Value: "unknown", Level: NotKnown,
		Why: "a connection to one address and port takes one of them; half are planned for each source address, because beyond that connecting crawls",
	}
	if x.f.PortsRead {
		f.Level, f.Value = Fine, fmt.Sprintf("%s: %s ports", rangeWords(x.f.Machine), Thousands(freePorts(x.f.Machine)))
		f.Figures = map[string]uint64{"low": uint64(low), "high": uint64(high), "reserved": uint64(reservedPorts(x.f.Machine))}
	}
	if x.t == nil {
		return f
	}
	f.Sum = x.portsSum()
	switch {
	case x.t.refused(Ports, Families) != nil:
		f.Level, f.Fix = Impossible, x.commands("net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports")
	case x.placed() && len(x.d.To) == 0 && x.t.need.Connections > usablePorts(x.t.machine):
		f.Level = NotKnown
	case x.placed() && families(x.d.To) > 1 && x.t.place.Agents*x.t.place.Connections > usablePorts(x.t.machine)*len(x.d.To):
		f.Level = Tight
	}
	return f
}

// portsSum says how many source addresses the connections need, of the machine as it is.
func (x exam) portsSum() string {
	if r := x.t.refused(Families); r != nil {
		return r.Text
	}
	p, assumed := x.t.place, ""
	if len(x.d.To) == 0 {
		assumed = "the target's address is not known; if it is one: "
	}
	if !x.placed() {
		p = Place{Agents: 1, Connections: x.t.need.Connections}
	}
	each := usablePorts(x.f.Machine) * max(1, len(x.d.To))
	need := sourcesFor(p, each)
	text := fmt.Sprintf("%s%s to %s need %s: %s ports each, of which half are planned: %s", assumed, times(x.t.need.Connections, "connection"),
		many(max(1, len(x.d.To)), "one address", "addresses"), sourcesWords(p, each),
		Thousands(freePorts(x.f.Machine)), Thousands(usablePorts(x.f.Machine)))
	switch {
	case x.t.refused(Ports) != nil:
		text += fmt.Sprintf("; there is %s", many(max(1, len(x.d.Own)), "1", "addresses"))
	case need > 1 && x.placed() && len(x.d.To) > 0 && families(x.d.To) < 2 && x.here():
		text += "; loopback has them"
	case families(x.d.To) > 1 && need > 1:
		text += "; the target has addresses of IPv4 and of IPv6, which no source serves both: name one"
	}
	return text
}

// many writes one, or a number of others.
func many(n int, one, others string) string {
	if n == 1 {
		return one
	}
	return Thousands(n) + " " + others
}

// containsWord finds a name in a command, as a word or what is set.
func containsWord(command, name string) bool {
	return slices.ContainsFunc(strings.Fields(command), func(w string) bool { return w == name || strings.HasPrefix(w, name+"=") })
}
