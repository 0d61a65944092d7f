package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/loadctl/loadctl/target/upstream"
)

// UpstreamConfig is `loadctl target upstream`. The zero value answers at once. All but
// Listen, AdminToken and Drain can be changed while it runs, see upstream.Settings.
type UpstreamConfig struct {
	Listen     string        // host:port; "" = 127.0.0.1:0, a free port
	Delay      string        // see upstream.ParseDelay; "" = none
	Seed       uint64        // of delays, errors and resets
	ErrorRate  float64       // share of items answered 500, 0..1
	ResetRate  float64       // share of items whose connection is reset, 0..1
	RateLimit  float64       // items a second, beyond which they are answered 429; 0 = no limit
	RateBurst  int           // of these, at once; 0 = those of a second
	SlowBytes  int           // of an item's body, a second; 0 = at once
	BodyBytes  int           // size of an item's body; 0 = about 100
	FreezeAt   time.Duration // from the first request that is no probe
	FreezeFor  time.Duration // 0 = never freezes
	AdminToken string        // by which settings are seen and changed; "" = from this machine only
	Drain      time.Duration // 0 = DefaultDrain

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
	limit := func() time.Duration { return cmp.Or(drain, DefaultDrain) }
	if err := newServer(newListener(ln, s, room(0)), s).run(ctx, limit); err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	return nil
}

// parse turns what flags say into the simulator's configuration.
func (c UpstreamConfig) parse() (upstream.Config, error) {
	delay, err := upstream.ParseDelay(c.Delay)
	cfg := upstream.Config{
		Settings: upstream.Settings{Delay: delay, Seed: c.Seed, ErrorRate: c.ErrorRate, ResetRate: c.ResetRate,
			RateLimit: c.RateLimit, RateBurst: c.RateBurst, SlowBytes: c.SlowBytes, BodyBytes: c.BodyBytes},
		Freeze:     upstream.Freeze{At: c.FreezeAt, For: c.FreezeFor},
		AdminToken: c.AdminToken,
	}
	return cfg, errors.Join(err, cfg.Validate())
}
