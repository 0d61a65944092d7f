package ssh

import (
	"context"
	"fmt"
	"time"
)

// How long one attempt to make a connection again may take, and to be connected at all: the coordinator waits 8 s for a
// host, and a line that is there again is to be found soon.
const (
	restoreWithin = 5 * time.Second
	knockWithin   = 1500 * time.Millisecond
)

// A line is a connection by which a host is followed.
type line struct {
	conn *conn
	talk *talk
}

// Reconnects is how often a broken connection was made again.
func (h *Host) Reconnects() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.restored
}

// again makes a broken connection anew, until it is no use any more.
func (h *Host) again() (line, error) {
	broke := time.Now()
	for try := 0; ; try++ {
		l, err := h.restore()
		if err == nil {
			return l, nil
		}
		wait, use := whenNext(time.Since(broke), try, err, h.cfg.GiveUp)
		if !use {
			return line{}, err
		}
		select {
		case <-time.After(wait):
		case <-h.life.Done():
			return line{}, err
		}
	}
}

// restore connects once more: the port that the host knows leads to us again, and its end is waited for anew.
func (h *Host) restore() (line, error) {
	ctx, cancel := context.WithTimeout(h.life, restoreWithin)
	defer cancel()
	c, err := dial(ctx, h.at, h.cfg.Who, knockWithin)
	if err != nil {
		return line{}, err
	}
	c.expect(runPatience)
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	t, err := h.takeOver(ctx, c)
	if err != nil {
		c.leave()
		return line{}, err
	}
	return line{c, t}, nil
}

// takeOver takes the port from the processes that served us before.
func (h *Host) takeOver(ctx context.Context, c *conn) (*talk, error) {
	before := h.sessions
	h.sessions = append(before, c.session)
	if _, err := c.run(ctx, release, before...); err != nil {
		return nil, err
	}
	h.sessions = []string{c.session}
	if err := h.leadAgain(c); err != nil {
		return nil, err
	}
	t, err := c.talkTo(await, h.pid, h.dir)
	if err != nil {
		return nil, err
	}
	closing(t.input)
	h.mu.Lock()
	h.conn = c
	h.restored++
	h.mu.Unlock()
	return t, nil
}

// leadAgain has the port that the host knows us by lead to us. One that dials us itself needs none.
func (h *Host) leadAgain(c *conn) error {
	if h.cfg.Direct {
		return nil
	}
	if _, err := c.forward(h.port, h.address); err != nil {
		return fmt.Errorf("port %d of its loopback, which the host knows us by: %w", h.port, err)
	}
	return nil
}
