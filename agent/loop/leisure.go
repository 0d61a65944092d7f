package loop

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A leisure is how much of a window a loop's thread had nothing to do. A loop without any
// reads answers late, and users who ask again at once take that for the target's time: they
// have no schedule to be behind of.
type leisure struct {
	since   stats.Offset
	then    threadUse
	waited  time.Duration // in waits that may have slept
	longest time.Duration // of them
	spun    time.Duration // up to moments that precise pacing wakes early for
}

// A threadUse is what the kernel says of a thread, from its beginning.
type threadUse struct {
	cpu   int64 // nanoseconds
	slept int64 // how often it gave its core up by itself; untold = the kernel does not say
}

const untold = -1

// leastJudged is the shortest stretch that has a share: of less, one request is a large part.
const leastJudged = 100 * time.Millisecond

// wait takes in a wait of the loop. What begins when its time is up is a spin, unless
// something was found. Before the epoch there is no window.
func (l *leisure) wait(from, to, until stats.Offset, found int) {
	d := max(to-max(from, 0), 0)
	switch {
	case until > from:
		l.waited += d
		l.longest = max(l.longest, d)
	case until == from && found == 0:
		l.spun += d
	}
}

// close gives the share of the time since the last close in which there was something to do,
// and begins anew.
//
// It is the larger of two figures that are never too large. One is the processor time of the
// thread; it lacks what others had the core for, and where the kernel counts interrupts apart
// (CONFIG_IRQ_TIME_ACCOUNTING) the network's part of a send. The other is the time that was not
// waited; it lacks what the kernel does within a wait, as io_uring sends there. But a thread
// slept no longer than its longest wait each time it gave its core up: one that never did
// had no leisure, however long its waits took.
func (l *leisure) close(now stats.Offset, use threadUse) (busy stats.Reading[float64]) {
	passed, asleep := now-l.since, l.waited
	if naps := use.slept - l.then.slept; use.slept != untold && time.Duration(naps) < asleep/max(l.longest, 1) {
		asleep = time.Duration(naps) * l.longest
	}
	work := max(passed-asleep, time.Duration(use.cpu-l.then.cpu)) - l.spun
	if passed >= leastJudged {
		busy = stats.Read(min(max(work.Seconds()/passed.Seconds(), 0), 1))
	}
	*l = leisure{since: max(now, 0), then: use}
	return busy
}

// busy is the share of the windows that are being closed.
func (l *Loop) busy() stats.Reading[float64] {
	return l.leisure.close(l.now, threadUse{cpu: l.poller.spent(), slept: l.poller.naps()})
}
