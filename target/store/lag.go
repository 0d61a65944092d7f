package store

import "time"

// A history is how far the log of a primary had come, and when that was seen: positions
// as PostgreSQL counts bytes of it. How far behind a replica is in time follows from
// positions alone. The time of the last transaction that a replica replayed
// (pg_last_xact_replay_timestamp) grows old on an idle primary, and that it replayed all
// it received (pg_last_wal_receive_lsn) says nothing when it receives nothing.
type history struct {
	marks []mark // both rise
}

type mark struct {
	at       time.Time
	position int64
}

// remembered bounds the history. A replica further behind is at least as far behind.
const remembered = time.Hour

// add appends what was seen now.
func (h *history) add(at time.Time, position int64) {
	if n := len(h.marks); n > 0 && h.marks[n-1].position == position {
		return // nothing was written since: whoever has that has all
	} else if n > 0 && h.marks[n-1].position > position {
		h.marks = nil // the log of another server at the same place, or of one that was restored
	}
	for len(h.marks) > 1 && at.Sub(h.marks[0].at) > remembered {
		h.marks = h.marks[1:]
	}
	h.marks = append(h.marks, mark{at, position})
}

// lag is how long ago the oldest thing was seen that a replica at this position has not
// replayed; 0 when it has all. First says that it lacked something already when the
// history began, so that the lag may be more.
func (h *history) lag(now time.Time, position int64) (lag time.Duration, first bool) {
	for i, m := range h.marks {
		if m.position > position {
			return now.Sub(m.at), i == 0
		}
	}
	return 0, false
}
