package rented

import (
	"sync"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A mailbox holds events until the driver takes them: who brings one never waits, as the driver may be waiting for them.
type mailbox struct {
	mu    sync.Mutex
	all   []rental.Event
	comes chan struct{} // holds one while there are some
}

func newMailbox() *mailbox { return &mailbox{comes: make(chan struct{}, 1)} }

func (m *mailbox) put(e rental.Event) {
	m.mu.Lock()
	m.all = append(m.all, e)
	m.mu.Unlock()
	select {
	case m.comes <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() []rental.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.all
	m.all = nil
	return all
}
