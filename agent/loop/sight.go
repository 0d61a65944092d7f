package loop

import "github.com/loadctl/loadctl/stats"

// A sight is up to when a loop has taken up what its sockets have. One that was held
// up, by a slow send, a handshake or the machine, finds deadlines passed whose answers
// the kernel may have had in time: such a deadline waits for a look.
type sight struct {
	upTo  stats.Offset
	from  stats.Offset // when the look under way began
	taken int          // events it has found so far
	blind bool         // a deadline waits for it
}

// look takes in that at a moment, or later, events were asked for and some were taken.
// Only where there were none is nothing left: a kernel need not tell at once of all
// that has come (io_uring receives some twenty at a time). Events come in order, so
// that as many as there are connections are all that were there at first: a target that
// sends without end keeps no deadline waiting.
func (s *sight) look(at stats.Offset, taken, connections int) {
	if s.taken == 0 {
		s.from = at
	}
	switch s.taken += taken; {
	case taken == 0:
		s.upTo, s.taken = at, 0
	case s.taken >= connections:
		s.upTo, s.taken = s.from, 0
	}
}

// unsure says whether a deadline passed behind the loop's back: long enough ago to
// matter, and since sockets were looked at last.
func (l *Loop) unsure(at stats.Offset) bool { return l.now-at > l.pace.tick && at > l.sight.upTo }

// hasty says whether a timer would end what may have been in time.
func (l *Loop) hasty(t timer) bool {
	switch t.kind {
	case taskDeadline:
		k := l.tasks.at(t.index)
		return l.unsure(k.deadline) && k.armed == t.at && (k.state == asked || k.state == dialing)
	case connectTimeout:
		return l.unsure(t.at) && l.connectsUntil(l.conns.at(t.index), t)
	}
	return false
}

// cameLate says whether the kernel received the end of an answer after its deadline.
// Where it does not say when it did, the moment given is now, and the answer counts:
// it may have been the loop that was late.
func (l *Loop) cameLate(t *task, at stats.Offset) bool { return at > t.deadline && at < l.now }
