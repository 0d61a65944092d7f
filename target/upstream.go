package target

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/loadctl/loadctl/target/upstream"
)

// UpstreamConfig is `loadctl target upstream`. The zero value answers at once.
type UpstreamConfig struct {
	Listen    string        // host:port; "" = 127.0.0.1:0, a free port
	Delay     string        // see upstream.ParseDelay; "" = none
	Seed      uint64        // of delays and errors
	FreezeAt  time.Duration // from the first request that is no probe
	FreezeFor time.Duration // 0 = never freezes
	ErrorRate float64       // share of items answered 500, 0..1
	Drain     time.Duration // 0 = DefaultDrain

	Parent `json:"-"`
}

// Validate reports everything that is wrong with a configuration.
func (c UpstreamConfig) Validate() error {
	_, err := c.parse()
	return err
}

// Upstream runs the simulator in this process until ctx ends (it drains and
// returns nil) or its lifeline does (it returns nil at once).
func Upstream(ctx context.Context, cfg UpstreamConfig) error {
	sim, err := cfg.parse()
	if err != nil {
		return err
	}
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	ln, err := listenOne(ctx, &net.ListenConfig{}, cmp.Or(cfg.Listen, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // again, after the server did
	if err := cfg.ready(ln.Addr()); err != nil {
		return err
	}
	return simulate(ctx, ln, sim, cfg.Drain)
}

// simulate serves the simulator on a listener.
func simulate(ctx context.Context, ln net.Listener, cfg upstream.Config, drain time.Duration) error {
	s := upstream.New(cfg)
	if err := serve(ctx, newListener(ln, s, room(0)), s, cmp.Or(drain, DefaultDrain)); err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	return nil
}
