package loop

import (
	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/stats"
)

// beginClosed starts the users of this loop's share as the profile asks for them.
func (l *Loop) beginClosed(p *phase) {
	p.ramp = vu.NewRamp(p.spec.Profile)
	p.change, p.changing = p.ramp.Next()
	if l.isTight(p) {
		l.tight++
	}
}

// issueUsers starts and ends users whose moment has come.
func (l *Loop) issueUsers(p *phase, now stats.Offset) {
	for p.changing && p.begin+p.change.At <= now && p.begin+p.change.At < p.endAt {
		c := p.change
		p.change, p.changing = p.ramp.Next()
		if c.Active {
			p.level = c.User + 1
		} else {
			p.level = c.User
		}
		if l.share.Owns(c.User) {
			l.setActive(p, c.User, c.Active, p.begin+c.At)
		}
	}
}

// setActive starts or ends one user.
func (l *Loop) setActive(p *phase, id uint64, active bool, at stats.Offset) {
	for uint64(len(p.residents)) <= id {
		p.residents = append(p.residents, none)
	}
	i := p.residents[id]
	switch {
	case active && i == none:
		l.settle(p, id, at)
	case active:
		l.tasks.at(i).retiring = false
	case i != none:
		l.leave(i, l.tasks.at(i))
	}
}

// settle makes a user, whose first iteration starts at its activation.
func (l *Loop) settle(p *phase, id uint64, at stats.Offset) {
	i, t := l.tasks.take()
	t.renew(resident, p, vu.New(l.config.Seed, p.index, id))
	p.residents[id] = i
	p.users++
	l.beginIteration(i, t, p, at)
}

// leave ends a user: at once if it rests, else after the request at hand.
func (l *Loop) leave(i int32, t *task) {
	if t.state.open() {
		t.retiring = true
		return
	}
	l.abort(i, t)
}

// reshareUsers gives closed and held phases the share in force from now on.
func (l *Loop) reshareUsers(c Reshare) {
	before := l.share
	l.share = c.Share
	for _, p := range l.phases {
		if p.state != running {
			continue
		}
		l.sharePool(p)
		switch {
		case p.hold != nil:
			l.reshareHold(p, before, c.From)
		case p.ramp != nil:
			l.reshareResidents(p, c.From)
		case p.sched != nil:
			p.attends.renew(max(c.From, l.now)) // what a late order adds comes now
			l.limitUsers(p)
		}
	}
}

func (l *Loop) reshareResidents(p *phase, at stats.Offset) {
	for id := range p.level {
		_, is := p.resident(id)
		if owns := l.share.Owns(id); owns != is {
			l.setActive(p, id, owns, at)
		}
	}
}

// resident is the task of a user that is active here.
func (p *phase) resident(id uint64) (int32, bool) {
	if id >= uint64(len(p.residents)) || p.residents[id] == none {
		return none, false
	}
	return p.residents[id], true
}
