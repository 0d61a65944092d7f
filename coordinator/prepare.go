package coordinator

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
)

// prepare places agents on the hosts, now that it is known what they can hold,
// and sends every host its part.
func (d *driver) prepare() {
	plans, err := d.place()
	if err != nil {
		d.refused = &UsageError{err}
		d.step(run.Unable{Host: d.links[0].host.Name(), Why: err.Error()})
		return
	}
	for i, l := range d.links {
		l.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Prepare{Prepare: d.preparation(plans[i])}})
	}
}

func (d *driver) place() ([][]*loadctlpb.AgentPlan, error) {
	machines := make([]plan.Machine, len(d.links))
	for i, l := range d.links {
		machines[i] = machineOf(l)
	}
	places, err := plan.Fit(plan.NeedOf(d.cfg.Scenario), plan.Wish{Agents: d.cfg.Agents, Loops: d.cfg.Loops}, machines)
	if err != nil {
		return nil, err
	}
	d.places = places
	for i, l := range d.links {
		if err := d.fleet.Enlist(l.host.Name(), plan.AgentNames(l.host.Name(), places[i].Agents)...); err != nil {
			return nil, err
		}
	}
	d.fleet.Divide()
	if err := d.faulty(); err != nil {
		return nil, err
	}
	return d.plans(places, machines)
}

// faulty makes sure that every fault is somebody's.
func (d *driver) faulty() error {
	for _, f := range d.cfg.Faults {
		if f.Agent != "" && d.fleet.Agent(f.Agent) == nil {
			return fmt.Errorf("fault %q: the run has no such agent; it has %s", f, strings.Join(agentNames(d.fleet.Agents()), ", "))
		}
	}
	return nil
}

func agentNames(all []*fleet.Agent) []string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.Name
	}
	return names
}

func machineOf(l *link) plan.Machine {
	m := l.machine
	machine := plan.Machine{
		Name: l.host.Name(), OS: m.GetOs(), Cores: int(m.GetCores()), MaxFiles: m.GetMaxFiles(), MemoryBytes: m.GetMemoryBytes(),
		PortLow: int(m.GetPortLow()), PortHigh: int(m.GetPortHigh()), Reserved: m.GetReservedPorts(),
	}
	if m != nil && m.TwReuse != nil {
		machine.TwReuse = plan.Exactly(uint64(m.GetTwReuse()))
	}
	return machine
}

// plans gives each host the plans of its agents, shares and sources included.
func (d *driver) plans(places []plan.Place, machines []plan.Machine) ([][]*loadctlpb.AgentPlan, error) {
	plans := make([][]*loadctlpb.AgentPlan, len(places))
	for i, p := range places {
		sources, err := plan.Sources(p, machines[i], d.aim.Addresses, d.cfg.Sources)
		if err != nil {
			return nil, err
		}
		ports := plan.PortsOf(machines[i], d.aim.Addresses, sources)
		for j, a := range d.fleet.On(d.links[i].host.Name()) {
			ap := &loadctlpb.AgentPlan{Name: a.Name, Loops: uint32(p.Loops), Share: wire.EncodeShare(a.Share),
				Ports: uint64(ports.Each[j]), PortsKeptNs: int64(ports.Kept)}
			d.sourced = d.sourced || len(sources[j]) > 0
			for _, s := range sources[j] {
				ap.Sources = append(ap.Sources, s.String())
			}
			plans[i] = append(plans[i], ap)
		}
	}
	return plans, nil
}

// preparation tells a host everything that the scenario was parsed with: agents
// have an environment of their own, and must not look into it.
func (d *driver) preparation(agents []*loadctlpb.AgentPlan) *loadctlpb.Prepare {
	c := d.cfg
	p := &loadctlpb.Prepare{
		File: c.File, Source: c.Scenario.Source, Vars: c.Scenario.Replaced, BaseUrl: c.BaseURL,
		Seed: c.Seed, Agents: agents, Pacing: c.pacing(), TickNs: int64(c.tick()),
		LostAfterNs: int64(c.agentLost()), Poller: c.Poller, TlsFiles: wire.EncodeTLSFiles(c.TLS),
		Files: wire.EncodeFiles(c.Scenario.Uploads()), Trial: wire.EncodeTrial(c.Scenario.Trial),
		ServerTiming: c.Scenario.AsksTiming, Level: wire.EncodeLevel(c.Scenario.Level),
	}
	for _, a := range d.aim.Addresses {
		p.Addresses = append(p.Addresses, a.String())
	}
	for _, f := range c.Faults {
		p.Faults = append(p.Faults, f.String())
	}
	return p
}

// describe says what machines took part, for the record.
func (d *driver) describe() map[string]string {
	about := map[string]string{}
	for i, l := range d.links {
		m := l.machine
		about[l.host.Name()] = strings.TrimSpace(fmt.Sprintf("%s/%s %s, %d cores, %d MiB memory, %d files a process, ports %d–%d; %d agents of %d loops",
			m.GetOs(), m.GetArch(), m.GetKernel(), m.GetCores(), m.GetMemoryBytes()>>20, m.GetMaxFiles(), m.GetPortLow(), m.GetPortHigh(),
			d.places[i].Agents, d.places[i].Loops))
	}
	return about
}
