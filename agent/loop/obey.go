package loop

// obey takes up a command: at once what has no moment, the rest when it is due.
func (l *Loop) obey(c Command) {
	switch c := c.(type) {
	case Start:
		l.epoch, l.started, l.fresh = c.Epoch, true, false
		l.compareClocks()
		l.busy() // what was before the start is nobody's
	case Begin:
		l.agenda.add(c.At, c)
	case End:
		l.agenda.add(c.At, c)
	case Pause:
		l.agenda.add(c.At, c)
	case Drain:
		l.drain(c)
	case Reshare:
		l.takeShare(c)
	case Readdress:
		l.config.Addrs = c.Addrs
	case Stop:
		l.stopped = true
		if l.started {
			l.clock()
			l.issueAll()
		}
	}
}

// do is obey at the moment of the command.
func (l *Loop) do(e entry) {
	switch c := e.do.(type) {
	case Begin:
		l.begin(c)
	case End:
		l.endPhase(c)
	case Pause:
		l.pause(c)
	case Drain:
		l.issueAll() // what fell due while the process stood still was intended all the same
		l.stopped = true
	case Reshare:
		l.reshareUsers(c)
	}
}

// drain gives every phase its end. Phases that have not begun by then never do.
func (l *Loop) drain(c Drain) {
	l.deadline = c.Deadline
	l.agenda.add(c.Deadline, c)
	for _, p := range l.phases {
		p.endAt = min(p.endAt, l.lastDue(p, c.At))
	}
	l.draining = true
	l.drainAt = c.At
}

// takeShare gives phases that run by a schedule their new share at once: the
// schedule knows from when on. Users and held connections follow at the moment.
// In a pause, and before one that is over by then, it waits: where the schedules
// will go on is not known before.
func (l *Loop) takeShare(c Reshare) {
	if l.paused || l.agenda.resumesBy(c.From) {
		l.owed = append(l.owed, c)
		return
	}
	l.reshare = append(l.reshare, c)
	for _, p := range l.phases {
		if p.sched != nil {
			p.sched.Reshare(c.From-p.begin, c.Share)
		}
	}
	l.agenda.add(c.From, c)
}
