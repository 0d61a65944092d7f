package loop

import (
	"fmt"
	"syscall"

	"github.com/loadctl/loadctl/stats"
)

// limits count what this machine could not give, so that a storm of it is one
// notice a second.
type limits struct {
	counts [limitKinds]int
	told   [limitKinds]bool
}

const limitKinds = 6

// limitTexts are the kinds of limits, and what to do about each.
var limitTexts = [limitKinds][2]string{
	{kindFiles, "raise the limit of open files, or use more agents"},
	{kindPorts, "use more source addresses"},
	{kindBuffers, "the kernel has no memory for more connections"},
	{kindWatches, "raise fs.epoll.max_user_watches"},
	{kindMemory, "answers and requests in pieces take all that an agent may have for them; use more agents"},
	{kindBlocked, "a firewall or security module of this machine forbids to connect"},
}

// limited notes that a connection or request had to be given up for want of
// something here. The first of a kind is told at once.
func (l *Loop) limited(text string) {
	for kind := range limitTexts {
		if limitTexts[kind][0] != text {
			continue
		}
		l.limits.counts[kind]++
		if !l.limits.told[kind] {
			l.limits.told[kind] = true
			l.limits.tell(l)
		}
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
			Text: fmt.Sprintf("%s: %s (connections not opened or given up: %d)", limitTexts[kind][0], limitTexts[kind][1], n),
		}})
	}
}

// cutShort ends a request whose connection gave an error. One that this machine is
// to blame for is no error of the target: nothing of it was sent, or nobody knows
// what the target would have said.
func (l *Loop) cutShort(i int32, t *task, errno syscall.Errno) {
	limit := limitText(errno)
	if limit != "" {
		l.starve(i, t, limit)
		return
	}
	kind := connError(errno)
	if kind == kindBroken {
		l.why = append(l.why[:0], errno.Error()...)
	}
	l.failBy(i, t, stats.EndedBusy, stats.ConnError, l.lostText(t, kind), "", l.clock())
}

// starve ends a request on an open connection for want of something here.
func (l *Loop) starve(i int32, t *task, limit string) {
	l.limited(limit)
	class := stats.NotSent
	if t.bytesOut > 0 {
		class = stats.Censored
	}
	t.notBefore = l.clock() + restAfterFailure
	l.fail(i, t, class, limit, l.now)
}
