package stats

import "fmt"

// crowdedPorts is the share of the ports an agent has to choose from that may be in
// TIME_WAIT. Beyond it a kernel searches long for each port that is left, and connect
// times are those of the search.
const crowdedPorts = 0.70

func portsOfWindow(_ *Run, _ *Window, a *AgentWindow) finding {
	f := finding{size: float64(a.PortsKept) / float64(max(a.Ports, 1)), text: fmt.Sprintf(
		"%d of the %d ports it has to choose from were in TIME_WAIT, more than %s", a.PortsKept, a.Ports, percent(crowdedPorts))}
	if a.Ports > 0 && f.size > crowdedPorts {
		f.grade = Slight
	}
	return f
}

// A portWatch follows how crowded the ports of agents were while something was measured.
type portWatch struct {
	seconds, windows int // in which an agent had too few left, of those looked at
	worst            finding
	at               Offset
	agent            string
}

func (p *portWatch) watch(r *Run, w *Window) {
	if w.Excluded() || !r.measures(w) {
		return
	}
	p.windows++
	crowded := false
	for i := range w.Agents {
		f := portsOfWindow(r, w, &w.Agents[i])
		crowded = crowded || f.grade > Fine
		if f.grade > Fine && f.size > p.worst.size {
			p.worst, p.at, p.agent = f, w.Begin(), w.Agents[i].Name
		}
	}
	if crowded {
		p.seconds++
	}
}

// ports degrades a run by a single second: ports fill for a minute before one is free
// again, so that it comes by no accident.
func (v *verdict) ports(r *Run) {
	p := &r.ports
	if p.seconds == 0 {
		return
	}
	when := "at " + short(p.at)
	if p.seconds > 1 {
		when = fmt.Sprintf("in %d of %d seconds, worst %s", p.seconds, p.windows, when)
	}
	v.add(Degraded, "agent %s: %s (%s): new connections wait for those that it closed; add source addresses, widen net.ipv4.ip_local_port_range, or take close: reset or reuse: shared",
		p.agent, p.worst.text, when)
}
