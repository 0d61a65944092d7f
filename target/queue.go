package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/loadctl/loadctl/target/queue"
	"github.com/loadctl/loadctl/target/truth"
	"github.com/loadctl/loadctl/target/workers"
)

// QueueConfig is `loadctl target queue`.
type QueueConfig struct {
	Listen    string         // host:port; "" = 127.0.0.1:0, a free port
	Queue     queue.Settings // see there; a law has no default
	FreezeAt  time.Duration  // from the first request that is no probe
	FreezeFor time.Duration  // 0 = never freezes
	AuthToken string         // answer of /.well-known/loadctl; "" = 404
	Drain     time.Duration  // 0 = DefaultDrain

	Parent
}

// Validate reports everything that is wrong with a configuration.
func (c QueueConfig) Validate() error {
	err := c.Queue.Validate()
	if c.FreezeAt < 0 || c.FreezeFor < 0 {
		err = errors.Join(err, fmt.Errorf("freeze: must not be negative, got at %s for %s", c.FreezeAt, c.FreezeFor))
	}
	return err
}

// Queue serves a queue whose truth is known until ctx ends (it answers what has
// arrived and returns nil) or its lifeline does (it returns nil at once).
func Queue(ctx context.Context, cfg QueueConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	s, err := truth.New(truth.Config{Queue: cfg.Queue, FreezeAt: cfg.FreezeAt, FreezeFor: cfg.FreezeFor, AuthToken: cfg.AuthToken})
	if err != nil {
		return err
	}
	defer s.Close()
	ln, err := listenOne(ctx, &net.ListenConfig{}, cmp.Or(cfg.Listen, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	if err = cfg.ready(ln.Addr()); err == nil {
		<-ctx.Done()
	}
	_ = ln.Close()
	if !errors.Is(context.Cause(ctx), workers.ErrAtOnce) {
		s.Drain(cmp.Or(cfg.Drain, DefaultDrain))
	}
	return errors.Join(err, <-served)
}
