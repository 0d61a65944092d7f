package scenarios

import (
	"slices"
	"strings"
)

// references resolves the names of other phases in a phase.
func (p *parser) references(d *phaseDraft) {
	ph := &d.phase
	if at := d.object.get("over"); at != nil {
		ph.Over = p.otherPhase(at, "over")
		if ph.Over >= 0 && p.enabledPhase(ph.Over).Executor != HeldConnections {
			p.wrong(at, "over: phase %s does not hold connections", p.enabledPhase(ph.Over).Name)
			ph.Over = -1
		}
	}
	p.poolOver(d)
	p.startOf(d)
}

// startOf reads start: {with, after, delay}.
func (p *parser) startOf(d *phaseDraft) {
	s, o := &d.phase.Start, d.start
	o.duration("delay", 0, &s.Delay)
	after := int(AfterBegin)
	o.choice("after", []string{"begin", "connected", "finished", "drained"}, &after)
	s.After = StartEvent(after)
	at := o.get("with")
	if at == nil {
		if o.has("after") {
			p.wrong(o.get("after"), "start.after needs with: the phase it speaks of")
		}
		return
	}
	s.With = p.otherPhase(at, "start.with")
	switch {
	case s.With < 0:
	case s.After == AfterConnected && p.enabledPhase(s.With).Executor != HeldConnections:
		p.wrong(o.get("after"), "after: connected needs a held-connections phase; %s is none", p.enabledPhase(s.With).Name)
	case p.enabledPhase(s.With).Name == d.phase.Name:
		p.wrong(at, "a phase cannot start with itself")
	}
}

// otherPhase finds a phase by name among the enabled ones; -1 is noted.
func (p *parser) otherPhase(at *node, what string) int {
	name, ok := p.text(at, what)
	if !ok {
		return -1
	}
	i, found := p.findPhase(name)
	switch {
	case i >= 0:
		return i
	case found:
		p.wrong(at, "%s: phase %q is not enabled", what, name)
	default:
		p.unknown(at, "phase", name, p.phaseNames())
	}
	return -1
}

// findPhase gives the index among the enabled phases, and whether there is such a
// phase at all.
func (p *parser) findPhase(name string) (index int, found bool) {
	for i := range p.phases {
		d := &p.phases[i]
		if d.phase.Name == name {
			if d.enabled {
				return index, true
			}
			return -1, true
		}
		if d.enabled {
			index++
		}
	}
	return -1, false
}

// enabledPhase is the i-th of the enabled phases.
func (p *parser) enabledPhase(i int) *Phase {
	for k := range p.phases {
		if !p.phases[k].enabled {
			continue
		}
		if i == 0 {
			return &p.phases[k].phase
		}
		i--
	}
	return nil
}

func (p *parser) phaseNames() []string {
	var names []string
	for i := range p.phases {
		names = append(names, p.phases[i].phase.Name)
	}
	return names
}

// order notes phases that wait for each other in a circle. A phase without with
// waits for the one before it.
func (p *parser) order(kept []int) {
	phases := p.s.Phases
	reported := map[int]bool{}
	for i := range phases {
		path := []int{i}
		for at := p.waitsFor(i); at >= 0; at = p.waitsFor(at) {
			if slices.Contains(path, at) {
				p.circle(kept, path[slices.Index(path, at):], reported)
				break
			}
			path = append(path, at)
		}
	}
}

func (p *parser) waitsFor(i int) int {
	if with := p.s.Phases[i].Start.With; with >= 0 {
		return with
	}
	return i - 1
}

func (p *parser) circle(kept, path []int, reported map[int]bool) {
	first := slices.Min(path)
	if reported[first] || len(path) == 1 {
		return
	}
	reported[first] = true
	var names []string
	for _, i := range path {
		names = append(names, p.s.Phases[i].Name)
	}
	names = append(names, p.s.Phases[path[0]].Name)
	at := p.phases[kept[first]].object.Node
	for _, i := range path {
		if n := p.phases[kept[i]].object.get("start"); n != nil {
			at = n
		}
	}
	p.wrong(at, "phases wait for each other: %s", strings.Join(names, " → "))
}
