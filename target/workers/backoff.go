package workers

import "time"

// Times between the death of a worker and its replacement.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
	settled    = 2 * time.Second // one that lived so long was no failed start
)

// A backoff spaces restarts out: the first at once, each later one twice as far
// from the death before it, until a worker lives long enough.
type backoff struct{ deaths int }

// died returns how long to wait after a worker that lived for the given time.
func (b *backoff) died(lived time.Duration) time.Duration {
	if lived >= settled {
		b.deaths = 0
	}
	b.deaths++
	if b.deaths == 1 {
		return 0
	}
	return min(lastPause, firstPause<<min(b.deaths-2, 10))
}
