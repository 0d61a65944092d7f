package scenarios

// warnings notes what is allowed but probably not meant.
func (p *parser) warnings() {
	plan := p.s.Plan()
	for i := range p.s.Phases {
		ph := &p.s.Phases[i]
		if ph.Over >= 0 {
			p.warnOutlived(ph, plan[i], plan[ph.Over])
		}
	}
	if t := p.s.Target.TLS; t != nil && t.SkipVerify {
		p.warn("target.tls.skip_verify: certificates are not looked at, so anybody can have answered")
	}
	if !p.anyRecorded() {
		p.warn("no phase is recorded: results and thresholds will be empty")
	}
}

// warnOutlived speaks of a phase that uses held connections outside their hold.
func (p *parser) warnOutlived(ph *Phase, used, held Planned) {
	name := p.s.Phases[ph.Over].Name
	switch {
	case used.Begin < held.Begin:
		p.warn("phase %s begins before %s, whose connections it uses", ph.Name, name)
	case used.End > held.End:
		p.warn("phase %s lasts %v longer than the hold of %s, whose connections it uses", ph.Name, used.End-held.End, name)
	}
}

func (p *parser) anyRecorded() bool {
	for i := range p.s.Phases {
		if p.s.Phases[i].Record {
			return true
		}
	}
	return false
}
