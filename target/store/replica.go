package store

import (
	"sync"
	"time"
)

// A replica is a database that is read only, and what is known of it.
type replica struct {
	*database

	mu    sync.Mutex
	stand standing
}

func (r *replica) standing() standing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stand
}

// read notes how a read of it ended.
func (r *replica) read(ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok || r.stand.failed > 0 {
		r.stand = r.stand.after(ok, time.Now())
	}
}

// looked notes what the monitor saw. A replica that answers again is read again at once.
func (r *replica) looked(lag time.Duration, fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fault == "" && r.stand.fault != "" {
		r.stand.until, r.stand.failed = time.Time{}, 0
	}
	r.stand.seen, r.stand.fault = true, fault
	if fault == "" {
		r.stand.lag = lag
	}
}
