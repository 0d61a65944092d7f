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
		l.postponeUsers(c.At - l.pausedAt)
	}
}

// postpone moves what was still to come when the pause began by its length.
func (l *Loop) postpone(by stats.Offset) {
	for _, c := range l.waiting {
		l.agenda.add(c.later(by))
	}
	l.waiting = nil
	for _, p := range l.phases {
		if p.attends != nil {
			p.attends.renew(l.pausedAt + by)
		}
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

// postponeUsers gives users the rest they had left when the pause began, or all of
// it when they were answered in the pause. They come as they would have come, not
// all at once.
func (l *Loop) postponeUsers(by stats.Offset) {
	for i := range l.tasks.used {
		t := l.tasks.at(i)
		if t.state == parked || t.state == pausing && t.intended >= l.pausedAt {
			l.pauseTask(i, t, t.intended+by)
		}
	}
}

// ownTime is a moment on the users' clock, which stands still in a pause.
func (l *Loop) ownTime(at stats.Offset) stats.Offset {
	if l.paused {
		return min(at, l.pausedAt)
	}
	return at
}

// waits says whether what users are to do at a moment waits for the end of a pause.
func (l *Loop) waits(at stats.Offset) bool { return l.paused && at >= l.pausedAt }

// tooLate says whether a moment lies past the end of its phase. One that waits for
// the end of the pause does so together with the end.
func (l *Loop) tooLate(p *phase, at stats.Offset) bool {
	return at >= p.endAt && !(l.waits(at) && l.heldUp(p))
}

// standsStill says whether the pause keeps a moment of the schedule from coming.
func (l *Loop) standsStill(at stats.Offset) bool { return l.paused && at > l.pausedAt }

// lastDue is the latest moment of a phase that has come by an offset. Held
// connections know no pause.
func (l *Loop) lastDue(p *phase, at stats.Offset) stats.Offset {
	if l.paused && p.hold == nil {
		return min(at, l.pausedAt)
	}
	return at
}
