package loop

import (
	"fmt"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// windowEnd is when the window being filled closes.
func (l *Loop) windowEnd() stats.Offset { return stats.Offset(l.window+1) * time.Second }

// cut closes the windows whose end has come. A loop that was stopped for some
// seconds still gives a snapshot of each.
func (l *Loop) cut() {
	if l.now < l.windowEnd() {
		return
	}
	l.limits.tell(l)
	for l.now >= l.windowEnd() {
		l.gauge()
		l.tell(Output{Snapshot: l.recorder.Cut(l.window)})
		l.window++
	}
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

// limits count what this machine could not give, so that a storm of it is one
// notice a second.
type limits struct {
	counts [limitKinds]int
	told   [limitKinds]bool
}

const (
	outOfPorts = 1
	limitKinds = 3
)

var limitTexts = [limitKinds]string{
	"out of files: raise the limit of open files, or use more agents",
	"out of ports: use more source addresses",
	"out of buffers: the kernel has no memory for more connections",
}

func limitKind(errno syscall.Errno) int {
	switch errno {
	case syscall.EMFILE, syscall.ENFILE:
		return 0
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return outOfPorts
	}
	return 2
}

// limited notes that a connection could not be opened for want of something here.
// The first of a kind is told at once.
func (l *Loop) limited(errno syscall.Errno) {
	kind := limitKind(errno)
	l.limits.counts[kind]++
	if !l.limits.told[kind] {
		l.limits.told[kind] = true
		l.limits.tell(l)
	}
}

func (m *limits) tell(l *Loop) {
	for kind, n := range m.counts {
		if n == 0 {
			continue
		}
		m.counts[kind] = 0
		l.tell(Output{Notice: &Notice{
			At: l.now, Level: stats.Severe, Kind: "generator",
			Text: fmt.Sprintf("%s (%d connections not opened)", limitTexts[kind], n),
		}})
	}
}
