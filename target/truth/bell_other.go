//go:build !linux

package truth

import "time"

// A bell is waited at by one goroutine, and rung by any.
type bell struct{ rung chan struct{} }

func newBell() (*bell, error) { return &bell{make(chan struct{}, 1)}, nil }

// punctual does nothing: timers are as late as the runtime makes them.
func punctual() {}

// ring ends a wait, or the next one.
func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// wait waits so long or until the bell rings.
func (b *bell) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-b.rung:
	}
}

func (b *bell) close() {}
