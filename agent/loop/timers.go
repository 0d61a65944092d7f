package loop

import "github.com/loadctl/loadctl/stats"

// A timer is a moment and what it is for. Timers are never taken back: one whose
// stamp no longer matches that of its record is ignored when it fires.
type timer struct {
	at    stats.Offset
	index int32 // of the task, connection, or held place
	stamp uint16
	kind  timerKind
}

type timerKind uint8

const (
	wakeTask       timerKind = iota // a pause of a user is over
	taskDeadline                    // a request may have timed out
	connectTimeout                  // of a connection
	heartbeat                       // of a connection
	reopen                          // a held place; stamp is its phase
	bodyWait                        // a connection's body waits no longer for 100 Continue
	lastWait                        // for the target to close a connection, as it said
	readOn                          // of a slow connection
	writeOn                         // the same
)

// timers is a heap with four children a node: half as deep as a binary one, and
// a node's children share a cache line. It grows by pages: a slice that grows leaves
// copies of itself behind, and tens of thousands of connections have a timer each.
type timers struct {
	pages []*[timerPage]timer
	n     int
}

const timerPage = 512

func (t *timers) at(i int) *timer { return &t.pages[uint(i)/timerPage][uint(i)%timerPage] }

func (t *timers) add(x timer) {
	if t.n == len(t.pages)*timerPage {
		t.pages = append(t.pages, new([timerPage]timer))
	}
	i := t.n
	t.n++
	for i > 0 {
		parent := t.at((i - 1) / 4)
		if parent.at <= x.at {
			break
		}
		*t.at(i) = *parent
		i = (i - 1) / 4
	}
	*t.at(i) = x
}

// next takes the first timer that is due.
func (t *timers) next(now stats.Offset) (timer, bool) {
	if t.n == 0 || t.at(0).at > now {
		return timer{}, false
	}
	first := *t.at(0)
	t.n--
	if t.n > 0 {
		t.sink(*t.at(t.n))
	}
	return first, true
}

// sink puts x where the root was and moves it down.
func (t *timers) sink(x timer) {
	i := 0
	for {
		child := 4*i + 1
		if child >= t.n {
			break
		}
		for c, end := child+1, min(child+4, t.n); c < end; c++ {
			if t.at(c).at < t.at(child).at {
				child = c
			}
		}
		if t.at(child).at >= x.at {
			break
		}
		*t.at(i) = *t.at(child)
		i = child
	}
	*t.at(i) = x
}

// due is when the first timer fires.
func (t *timers) due() stats.Offset {
	if t.n == 0 {
		return never
	}
	return t.at(0).at
}
