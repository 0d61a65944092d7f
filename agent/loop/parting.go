package loop

import (
	"syscall"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

// partFor is how long a target that said it would close a connection may take to.
// Who closes first keeps the port for a minute, so it is waited for.
const partFor = time.Second

// partAfter ends a connection that can carry no more after its answer. One that the
// target said it would close is left to it; often it has done so already.
func (l *Loop) partAfter(i int32, c *conn, announced bool) {
	if !announced || c.place != none || c.out != none {
		l.loseAs(i, c, l.endingAfter(c, announced))
		return
	}
	if c.task != none {
		l.tasks.at(c.task).conn = none
		c.task = none
	}
	c.state = parting
	l.phases[c.phase].parting++
	if !l.awaitEnd(i, c) {
		l.timers.add(timer{at: l.clock() + partFor, index: i, stamp: uint16(c.gen), kind: lastWait})
	}
}

// awaitEnd looks whether the target has closed a connection it said it would. What it
// sends before, such as the farewell of TLS, is passed over, within bounds.
func (l *Loop) awaitEnd(i int32, c *conn) (ended bool) {
	for range 4 {
		n, _, errno := l.poller.recv(c.fd, l.in)
		l.fresh = false
		if errno == syscall.EAGAIN {
			return false
		}
		if n == 0 || errno != 0 {
			break
		}
	}
	l.loseAs(i, c, stats.EndedAnnounced)
	return true
}

// closeFirst ends a connection that the target did not, though it said so.
func (l *Loop) closeFirst(i int32, c *conn) {
	l.phases[c.phase].closing.add(l.window)
	l.loseAs(i, c, stats.EndedAnnounced)
}

func (l *Loop) endingAfter(c *conn, announced bool) stats.Ending {
	switch {
	case announced:
		return stats.EndedAnnounced
	case l.phases[c.phase].own.single:
		return stats.EndedDone
	}
	return stats.EndedFailed
}

// count counts the end of a connection that was open, and says whether it is reset:
// it is when an answer is waited for, and where the scenario wants all that loadctl
// ends to be.
func (l *Loop) count(p *phase, c *conn, abort bool, why stats.Ending) (reset bool) {
	if c.state == parting {
		p.parting--
		why = stats.EndedAnnounced
	}
	l.recorder.Ended(p.index, why)
	if why == stats.EndedIdle {
		l.recorder.DroppedIdle(p.index, l.idleFor(c), l.clock()-c.began)
	}
	reset = abort || why.Ours() && p.own.spec != nil && p.own.spec.Reset
	if (why.Ours() || why == stats.EndedFailed) && !reset {
		p.closing.add(l.window)
	}
	return reset
}

// moment is a time of the run in the milliseconds that connections keep.
func moment(at stats.Offset) uint32 { return uint32(at / time.Millisecond) }

// idleFor is how long nothing has been asked on a connection.
func (l *Loop) idleFor(c *conn) time.Duration {
	return time.Duration(moment(l.clock())-c.rested) * time.Millisecond
}

// raceAtLeast is for how long a race may seem one where connecting takes no time.
const raceAtLeast = 2 * time.Millisecond

// lostText says what became of a request whose connection the target has ended. On
// one that was used before, an end that came about as soon as it could travel may be
// the well-known false error of keep-alive: the target closed an idle connection while
// the request was under way. Most clients send such a request again without a word;
// here it is counted, and nothing is hidden. Later the target had the request.
func (l *Loop) lostText(t *task, text string) string {
	ended := text == kindReset || text == string(http1.ErrClosedBefore)
	if ended && t.reused && t.bytesIn == 0 && l.clock()-t.written <= raceAtLeast+4*l.nearest {
		return kindRace
	}
	return text
}

// closings count the connections that were closed here first, second by second of
// the last minute: for so long their ports are in TIME_WAIT.
type closings struct {
	counts [timeWait]uint32
	last   int64 // the second counted last
}

const timeWait = 60 // seconds, in Linux for good

func (n *closings) add(second int64) {
	n.move(second)
	n.counts[slot(second)]++
}

// move empties the slots of the seconds that have passed since the last.
func (n *closings) move(to int64) {
	from := max(n.last+1, to-timeWait+1)
	for s := from; s <= to; s++ {
		n.counts[slot(s)] = 0
	}
	n.last = max(n.last, to)
}

func slot(second int64) int64 { return ((second % timeWait) + timeWait) % timeWait }

// within is how many ports are in TIME_WAIT at the end of a second.
func (n *closings) within(second int64) uint64 { return n.lately(second, timeWait) }

// lately is how many were closed in so many seconds, up to the end of one.
func (n *closings) lately(second, seconds int64) (all uint64) {
	n.move(second)
	for s := second - min(seconds, timeWait) + 1; s <= second; s++ {
		all += uint64(n.counts[slot(s)])
	}
	return all
}
