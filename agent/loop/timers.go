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
)

// timers is a heap with four children a node: half as deep as a binary one, and
// a node's children share a cache line.
type timers []timer

func (t *timers) add(x timer) {
	*t = append(*t, x)
	h := *t
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if h[parent].at <= x.at {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = x
}

// next takes the first timer that is due.
func (t *timers) next(now stats.Offset) (timer, bool) {
	h := *t
	if len(h) == 0 || h[0].at > now {
		return timer{}, false
	}
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*t = h
	if len(h) > 0 {
		h.sink(last)
	}
	return first, true
}

// sink puts x where the root was and moves it down.
func (t timers) sink(x timer) {
	i := 0
	for {
		child := 4*i + 1
		if child >= len(t) {
			break
		}
		end := min(child+4, len(t))
		for c := child + 1; c < end; c++ {
			if t[c].at < t[child].at {
				child = c
			}
		}
		if t[child].at >= x.at {
			break
		}
		t[i] = t[child]
		i = child
	}
	t[i] = x
}

// due is when the first timer fires.
func (t timers) due() stats.Offset {
	if len(t) == 0 {
		return never
	}
	return t[0].at
}
