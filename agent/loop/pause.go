package loop

import "github.com/loadctl/loadctl/stats"

// pause stops the schedule of the run at a moment, or lets it go on from one. Once
// a drain was ordered it does neither.
func (l *Loop) pause(c Pause) {
	switch {
	case c.Paused == l.paused || l.draining:
	case c.Paused:
		l.issueUntil(c.At)
		l.paused, l.pausedAt = true, c.At
		l.waiting = l.agenda.takeAfter(c.At)
	default:
		l.paused = false
		l.postpone(c.At - l.pausedAt)
		l.unpark(c.At)
	}
}

// postpone moves what was still to come when the pause began by its length.
func (l *Loop) postpone(by stats.Offset) {
	for _, c := range l.waiting {
		l.agenda.add(c.later(by))
	}
	l.waiting = nil
	for _, p := range l.phases {
		if p.state != running || p.endAt <= l.pausedAt {
			continue
		}
		if p.hold == nil {
			p.begin += by
		}
		if p.endAt != never {
			p.endAt += by
		}
	}
	owed := l.owed
	l.owed = nil
	for _, c := range owed {
		l.takeShare(c)
	}
}

// unpark wakes users whose moment came in the pause.
func (l *Loop) unpark(at stats.Offset) {
	for i := range l.tasks.used {
		if t := l.tasks.at(i); t.state == parked {
			t.intended = at
			l.wake(i, t)
		}
	}
}

// standsStill says whether the pause keeps a moment from coming.
func (l *Loop) standsStill(at stats.Offset) bool { return l.paused && at > l.pausedAt }

// lastDue is the latest moment of a phase that has come by an offset. Held
// connections know no pause.
func (l *Loop) lastDue(p *phase, at stats.Offset) stats.Offset {
	if l.paused && p.hold == nil {
		return min(at, l.pausedAt)
	}
	return at
}
