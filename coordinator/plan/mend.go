package plan

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
)

// The widest range of local ports: those below are for services.
const (
	widestLow  = 1024
	widestHigh = 65535
)

// A trial is an attempt at placing a demand on one machine as it is, then on what
// commands make of it, and at last on one without the limits that no command lifts:
// so all that is in the way is found, not only the first of it.
type trial struct {
	need     Need
	to       []netip.AddrPort
	machine  Machine
	refusals []*Refusal
	commands []string // that lift what can be lifted
	beyond   string   // the first refusal that no command lifts; "" = there is none
	found    bool     // a place, in the end
	place    Place
}

// try places a demand.
func try(d Demand, f Facts) trial {
	t := trial{need: NeedOf(d.Scenario), to: d.To, machine: f.Machine}
	for {
		r := t.placeOn(d)
		if r == nil {
			t.found = true
			return t
		}
		t.refusals = append(t.refusals, r)
		if !t.lift(d, f, r) {
			return t
		}
	}
}

// fits says whether the demand fits the machine as it is.
func (t *trial) fits() bool { return len(t.refusals) == 0 }

// placeOn does what a run does to place its agents on the one machine.
func (t *trial) placeOn(d Demand) *Refusal {
	places, err := Fit(t.need, d.Wish, []Machine{t.machine})
	if err == nil {
		t.place = places[0]
		err = sourcesOfAny(t.place, t.machine, t.to, d.Own)
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	return nil
}

// sourcesOfAny asks for sources for all destinations, or for those of one family: a
// run leaves out addresses at which nobody answers, so that one may be all there is.
func sourcesOfAny(p Place, m Machine, to []netip.AddrPort, own []netip.Addr) error {
	_, err := Sources(p, m, to, own)
	for _, four := range []bool{true, false} {
		if families(to) < 2 || err == nil {
			return err
		}
		if _, of := Sources(p, m, ofFamily(to, four), own); of == nil {
			return nil
		}
	}
	return err
}

func ofFamily(to []netip.AddrPort, four bool) (one []netip.AddrPort) {
	for _, a := range to {
		if a.Addr().Is4() == four {
			one = append(one, a)
		}
	}
	return one
}

// lift raises the limit that a refusal speaks of as far as a command does, or drops it
// where none does. It is false where neither shows more.
func (t *trial) lift(d Demand, f Facts, r *Refusal) bool {
	var commands []string
	switch r.Subject {
	case Files, Processes:
		commands = t.mendFiles(d, f)
	case Ports:
		commands = t.mendPorts()
	case TimeWait:
		commands = t.mendReuse()
	}
	t.commands = append(t.commands, commands...)
	if len(commands) > 0 {
		return true
	}
	if t.beyond == "" {
		t.beyond = r.Text
	}
	switch r.Subject {
	case Memory:
		t.machine.MemoryBytes = 0
	case Ports, TimeWait, Families:
		t.to = nil
	default:
		return false
	}
	return true
}

func (t *trial) mendFiles(d Demand, f Facts) (commands []string) {
	files := t.filesWanted(d, f)
	if files <= t.machine.MaxFiles {
		return nil
	}
	t.machine.MaxFiles = files
	if f.NrOpen.below(files) {
		commands = append(commands, fmt.Sprintf("sysctl -w fs.nr_open=%d", files))
	}
	return append(commands, fmt.Sprintf("ulimit -n %d", files))
}

// filesWanted is the limit that is proposed: where the number of agents is free, such
// that few are enough, as far as that is an ordinary limit.
func (t *trial) filesWanted(d Demand, f Facts) uint64 {
	each := func(agents int) uint64 { return uint64(ceilDiv(t.need.Connections, agents) + filesMargin) }
	if d.Wish.Agents > 0 {
		return each(d.Wish.Agents)
	}
	ordinary := uint64(manyFiles)
	if f.NrOpen.below(ordinary) {
		ordinary = f.NrOpen.N
	}
	return max(each(mostAgents), min(each(fewest), ordinary))
}

// mendPorts widens the range, and where that is not enough takes those of it that are
// reserved, which somebody wanted for something else.
func (t *trial) mendPorts() []string {
	low, high := portRange(t.machine)
	switch {
	case t.machine.OS == "darwin":
		return nil
	case low <= widestLow && high >= widestHigh && reservedPorts(t.machine) == 0:
		return nil
	case low <= widestLow && high >= widestHigh:
		t.machine.Reserved = ""
		return []string{`sysctl -w net.ipv4.ip_local_reserved_ports=""`}
	}
	t.machine.PortLow, t.machine.PortHigh = widestLow, widestHigh
	return []string{fmt.Sprintf("sysctl -w net.ipv4.ip_local_port_range=\"%d %d\"", widestLow, widestHigh)}
}

// refused says whether one of the subjects stood in the way.
func (t *trial) refused(subjects ...Subject) *Refusal {
	for _, r := range t.refusals {
		for _, s := range subjects {
			if r.Subject == s {
				return r
			}
		}
	}
	return nil
}

func thousands64(n uint64) string { return Thousands(int(min(n, math.MaxInt64))) }
