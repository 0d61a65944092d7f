package coordinator

import (
	"context"
	"fmt"
	"time"
)

// startHost brings a host up with a certificate of its own, and waits for its
// process in the background.
func (d *driver) startHost(ctx context.Context, l *link, ca *authority, address string) error {
	name := l.host.Name()
	if err := l.host.Start(ctx, address, d.cfg.RunID, ca.pem(), ca.admission(name)); err != nil {
		return fmt.Errorf("start it: %w", err)
	}
	l.started = true
	go func() { d.exits <- exit{l, l.host.Wait()} }()
	return nil
}

// How long hosts may take to leave once the run is over.
const (
	leaveWithin = 5 * time.Second
	killWithin  = 8 * time.Second // a host may take a few seconds to end its agents
)

// dismiss ends every stream and sees every host's process off, once.
func (d *driver) dismiss(door *server) {
	if d.dismissed {
		return
	}
	d.dismissed = true
	for _, l := range d.links {
		l.drop()
	}
	if !d.awaitExits(door, leaveWithin) {
		for _, l := range d.links {
			if l.started && !l.exited {
				d.log.Warn("host did not leave, killing it", "host", l.host.Name())
				l.host.Kill()
			}
		}
		d.awaitExits(door, killWithin)
	}
	door.stop()
}

// awaitExits waits until every started host has ended, false if it took too
// long. Mail that still comes is read, so that nobody blocks on it.
func (d *driver) awaitExits(door *server, within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for d.present() {
		select {
		case e := <-d.exits:
			e.link.exited = true
		case m := <-door.inbox:
			if m.message.GetHello() != nil {
				d.refuse(m.session, "the run is over")
			}
		case <-timer.C:
			return false
		}
	}
	return true
}

func (d *driver) present() bool {
	for _, l := range d.links {
		if l.started && !l.exited {
			return true
		}
	}
	return false
}
