package store

import (
	"sync"
	"time"
)

// A breaker keeps calls from piling up at a database that cannot be reached: after a
// failure one call at a time tries again, and not more often than every pause; the
// others have the last failure at once.
type breaker struct {
	mu     sync.Mutex
	last   error
	trying bool
	next   time.Time
	tell   func(error) // of each change between reachable (nil) and not; may be nil
}

// pause between two tries is how long a database that is back may go unnoticed.
const pause = 200 * time.Millisecond

// do connects, or fails without trying.
func (b *breaker) do(connect func() error) error {
	b.mu.Lock()
	if b.last != nil && (b.trying || time.Now().Before(b.next)) {
		defer b.mu.Unlock()
		return b.last
	}
	b.trying = true
	b.mu.Unlock()
	err := connect()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tell != nil && (err == nil) != (b.last == nil) {
		b.tell(err)
	}
	b.trying, b.last = false, err
	b.next = time.Now().Add(pause)
	return err
}
