package tui

import (
	"sync"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A feed carries updates from the coordinator to the goroutine that draws. It
// holds whatever has not been drawn yet, so a slow terminal never slows a run.
type feed struct {
	mu      sync.Mutex
	pending []stats.Update
	wake    chan struct{} // holds one token while there is something pending
	done    chan struct{} // closed when nobody will read any more
	closed  bool
}

func newFeed() *feed {
	return &feed{wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (f *feed) send(u stats.Update) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.pending = append(f.pending, u)
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// next takes all updates there are. It waits for the first, but not for longer
// than a second, so that silence is noticed as well; ok is false once closed.
func (f *feed) next() (all []stats.Update, ok bool) {
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case <-f.wake:
	case <-patience.C:
	case <-f.done:
		return nil, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all, f.pending = f.pending, nil
	return all, true
}

// close lets go of whoever waits in next.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		f.pending = nil
		close(f.done)
	}
}
