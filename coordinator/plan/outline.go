package plan

import (
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// outlineSchema names the form of an Outline as JSON; fields are only ever added.
const outlineSchema = "loadctl.plan/v1"

// A Demand is a scenario, what was wished for, and where its target is.
type Demand struct {
	Scenario *scenarios.Scenario
	Wish     Wish
	// To are the target's addresses. Empty means that they are not known: then ports
	// are not judged, as one source address may be enough.
	To  []netip.AddrPort
	Own []netip.Addr // source addresses for a target that is not on loopback
	// Ceiling is what a null run found of these requests here; nil = not measured.
	Ceiling *Ceiling
}

// An Outline is what a scenario needs on the machines it was planned for.
type Outline struct {
	Schema      string         `json:"schema"`
	Scenario    string         `json:"scenario"`
	Model       string         `json:"model"` // kinds of load, such as open+hold
	DurationS   float64        `json:"duration_s"`
	Connections int            `json:"connections"` // open at once, at most
	Rate        float64        `json:"rate"`        // iterations a second of open load, at most
	Cores       int            `json:"cores"`       // for work whose rate is known
	CPU         string         `json:"cpu"`         // the arithmetic of them; empty: no rate is known
	MaxCores    int            `json:"max_cores"`   // of all machines; 0: not known of one
	Agents      int            `json:"agents"`
	Processes   int            `json:"processes"` // agents, a host on each machine, and the coordinator
	MemoryBytes int            `json:"memory_bytes"`
	Targets     []string       `json:"target_addresses"` // empty: not known
	Bundled     bool           `json:"target_bundled"`   // the target runs here too, and is not in these figures
	Hosts       []HostOutline  `json:"hosts"`
	Duration    time.Duration  `json:"-"`
	Planned     []PlannedPhase `json:"phases"`
	Requests    float64        `json:"requests_per_s"`    // of open phases and heartbeats, at most; 0: not known
	Ceiling     *Ceiling       `json:"ceiling,omitempty"` // of a null run; missing: not measured
	Pacing      string         `json:"pacing"`            // what the limits ask of it; empty: nothing
}

// A HostOutline is the part of one machine.
type HostOutline struct {
	Name        string `json:"name"`
	Agents      int    `json:"agents"`
	Loops       int    `json:"loops_per_agent"`
	PerAgent    int    `json:"connections_per_agent"`
	Files       int    `json:"files_per_agent"`
	MaxFiles    uint64 `json:"max_files"` // 0: not known
	MemoryBytes int    `json:"memory_bytes"`
	MaxMemory   uint64 `json:"max_memory_bytes"` // 0: not known
	// Ports is how many connections one source address is planned to have to one
	// destination: half of the PortLow to PortHigh there are, less the reserved ones.
	Ports    int `json:"ports_per_source"`
	PortLow  int `json:"port_low"`
	PortHigh int `json:"port_high"`
	Reserved int `json:"ports_reserved"`
	// Kept is how many ports of each agent closed connections keep in TIME_WAIT.
	Kept int `json:"ports_kept_per_agent"`
	// Sources are the source addresses of all agents; empty: the kernel chooses one.
	Sources []string `json:"sources"`
}

// A PlannedPhase is when a phase is under way if the target keeps up.
type PlannedPhase struct {
	Name       string  `json:"name"`
	BeginS     float64 `json:"begin_s"`
	ConnectedS float64 `json:"connected_s"` // the begin, unless it holds connections
	EndS       float64 `json:"end_s"`
}

// OutlineOf plans a demand as a run does, and refuses what a run refuses.
func OutlineOf(d Demand, machines []Machine) (Outline, error) {
	n := NeedOf(d.Scenario)
	places, err := Fit(n, d.Wish, machines)
	if err != nil {
		return Outline{}, err
	}
	s := d.Scenario
	o := Outline{
		Schema: outlineSchema, Scenario: s.Name, Model: s.Model(), Connections: n.Connections, Rate: n.Rate,
		Cores: n.Work.loops(1), CPU: n.Work.words(), MaxCores: coresOf(machines),
		Duration: s.PlannedDuration(), DurationS: s.PlannedDuration().Seconds(),
		Processes: 1, Targets: []string{}, Bundled: d.bundled(), Planned: plannedPhases(s),
		Requests: Asked(s), Ceiling: d.Ceiling, Pacing: PacingWords(s),
	}
	for _, a := range d.To {
		o.Targets = append(o.Targets, addressOf(a))
	}
	for i, p := range places {
		sources, err := Sources(p, machines[i], d.To, d.Own)
		if err != nil {
			return Outline{}, err
		}
		h := hostOutline(p, machines[i], sources)
		h.Kept = p.kept(machines[i], d.To)
		o.add(h)
	}
	return o, nil
}

// coresOf is how many cores machines have together, 0 where one does not say.
func coresOf(machines []Machine) (all int) {
	for _, m := range machines {
		if m.Cores <= 0 {
			return 0
		}
		all += m.Cores
	}
	return all
}

// bundled says whether the run starts its target itself.
func (d Demand) bundled() bool { return d.Scenario.Target.Bundled && d.Scenario.Target.BaseURL == "" }

func (o *Outline) add(h HostOutline) {
	o.Hosts = append(o.Hosts, h)
	o.Agents += h.Agents
	o.Processes += h.Agents + 1
	o.MemoryBytes += h.MemoryBytes
}

func hostOutline(p Place, m Machine, sources [][]netip.Addr) HostOutline {
	low, high := portRange(m)
	h := HostOutline{
		Name: m.Name, Agents: p.Agents, Loops: p.Loops, PerAgent: p.Connections,
		Files: p.Connections + filesMargin, MaxFiles: m.MaxFiles, MemoryBytes: p.memory(), MaxMemory: m.MemoryBytes,
		Ports: usablePorts(m), PortLow: low, PortHigh: high, Reserved: reservedPorts(m), Sources: []string{},
	}
	seen := map[netip.Addr]bool{}
	for _, mine := range sources {
		for _, a := range mine {
			if !seen[a] {
				seen[a] = true
				h.Sources = append(h.Sources, a.String())
			}
		}
	}
	return h
}

func plannedPhases(s *scenarios.Scenario) []PlannedPhase {
	phases := make([]PlannedPhase, len(s.Phases))
	for i, t := range s.Plan() {
		phases[i] = PlannedPhase{s.Phases[i].Name, t.Begin.Seconds(), t.Connected.Seconds(), t.End.Seconds()}
	}
	return phases
}
