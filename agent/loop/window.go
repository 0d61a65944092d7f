package loop

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// windowBegin is when it began.
func (l *Loop) windowBegin() stats.Offset { return stats.Offset(l.window) * time.Second }

// windowEnd is when the window being filled closes.
func (l *Loop) windowEnd() stats.Offset { return stats.Offset(l.window+1) * time.Second }

// cut closes the windows whose end has come. A loop that was stopped for some
// seconds still gives a snapshot of each.
func (l *Loop) cut() {
	if l.now < l.windowEnd() {
		return
	}
	l.limits.tell(l)
	busy := l.busy()
	for l.now >= l.windowEnd() {
		s := l.counted()
		s.Taken, s.Busy = l.attended(), busy
		l.tell(Output{Snapshot: s})
		l.window++
	}
}

// counted is the window up to now.
func (l *Loop) counted() *stats.Snapshot {
	l.gauge()
	s := l.recorder.Cut(l.window)
	s.PortsKept = l.portsKept()
	return s
}

// gauge writes how many of what there are now.
func (l *Loop) gauge() {
	for i, p := range l.phases {
		users := p.users
		if p.sched != nil {
			users = p.iterations
		}
		waiting := p.fresh.length + p.going.length
		l.recorder.SetGauges(i, uint64(p.connections), uint64(p.held), uint64(users), uint64(p.inFlight), uint64(waiting))
		l.recorder.SetTimeWait(i, p.closing.within(l.window))
	}
}

// portsKept is how many ports new connections cannot have, though none has them, at the
// end of the window.
func (l *Loop) portsKept() (all uint64) {
	for _, p := range l.phases {
		all += p.closing.lately(l.window, seconds(l.config.PortsKept))
	}
	return all
}

// seconds are those that a time lies in.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// tell hands something out, or keeps it until there is room. The loop never waits.
func (l *Loop) tell(o Output) {
	l.pending = append(l.pending, o)
	for len(l.pending) > 0 {
		select {
		case l.config.Out <- l.pending[0]:
			l.pending[0] = Output{}
			l.pending = l.pending[1:]
		default:
			return
		}
	}
}
