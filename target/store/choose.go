package store

import (
	"slices"
	"time"

	"github.com/loadctl/loadctl/target/knobs"
)

// A standing is what is known of a replica.
type standing struct {
	seen   bool   // the monitor has asked it at least once
	fault  string // why it cannot be read, as the monitor found; "" = it can
	lag    time.Duration
	until  time.Time // a read failed: it is left until then
	failed int       // reads in a row
}

// The time a replica is left after a read of it has failed doubles up to a bound.
const (
	firstLeave = time.Second
	mostLeave  = 8 * time.Second
)

// after is the standing once a read ended.
func (s standing) after(ok bool, now time.Time) standing {
	if ok {
		s.until, s.failed = time.Time{}, 0
		return s
	}
	s.until = now.Add(min(firstLeave<<min(s.failed, 8), mostLeave))
	s.failed++
	return s
}

// readable says whether a replica may be read now. One whose lag is not known yet is
// as far behind as any.
func (s standing) readable(most time.Duration, now time.Time) bool {
	return s.fault == "" && !now.Before(s.until) && (most == 0 || s.seen && s.lag <= most)
}

// choose are the replicas to read, the best first; none means the primary. Of replicas
// that are equally good each has its turn.
func choose(set knobs.Settings, all []standing, now time.Time, turn uint64) (order []int) {
	if set.ReplicaPolicy == "primary" {
		return nil
	}
	for i := range all {
		at := (i + int(turn%uint64(len(all)))) % len(all)
		if all[at].readable(set.ReplicaMaxLag, now) {
			order = append(order, at)
		}
	}
	if set.ReplicaPolicy == "least_lag" {
		slices.SortStableFunc(order, func(a, b int) int { return int(all[a].lag - all[b].lag) })
	}
	return order
}
