package main

import (
	"cmp"
	"context"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
)

const upstreamLong = `Answers GET /items/{id}, /main/{id} and /related/{id} with a small item after a delay drawn
from --delay; request n of a --seed always has the same delay and the same luck.

  fixed:5ms                               the same every time; 5ms is the same
  exponential:mean=5ms                    or exponential:5ms
  lognormal:p50=3ms,p99=20ms
  pareto:min=2ms,alpha=2.5                or pareto:p50=3ms,p99=20ms
  queue:servers=8,service=LAW             requests wait for the first free of 8 servers
  queue:servers=8,capacity=20,service=LAW 503 to those that find 20 inside

GET /-/upstream tells settings, POST /-/upstream changes them while it runs, by the names
of the flags, from --delay to --freeze-for; GET /-/stats counts. Docs: docs/target.md.
Prints ` + "`READY URL pid=PID`" + ` once it accepts connections, and serves until it is interrupted.`

const upstreamExample = `  loadctl target upstream --delay lognormal:p50=3ms,p99=20ms --error-rate 0.01
  loadctl target upstream --delay queue:servers=8,service=exponential:5ms
  loadctl target upstream --rate-limit 100 --rate-burst 20           # 429 with Retry-After beyond
  curl -d delay=50ms -d reset-rate=0.02 http://127.0.0.1:8082/-/upstream   # from now on
  curl -d freeze-for=2s http://127.0.0.1:8082/-/upstream             # now, for two seconds`

func newTargetUpstream() *cobra.Command {
	var cfg target.UpstreamConfig
	var lifeline int
	c := &cobra.Command{
		Use:     "upstream",
		Short:   "Simulate the upstream of the service: seeded delays, a queue, errors, resets, limits, slow bytes, a freeze",
		Long:    upstreamLong,
		Example: upstreamExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.Validate(); err != nil {
				return usage(err, "")
			}
			cfg.AdminToken, cfg.Parent = secretOf(cfg.AdminToken, upstreamToken), parent(c, lifeline)
			return serveUntilSignal(c.Context(), func(ctx context.Context) error { return target.Upstream(ctx, cfg) })
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address, `host:port`; port 0 takes a free one")
	f.StringVar(&cfg.AdminToken, "admin-token", "", "by which settings are seen and changed: Authorization: Bearer `TOKEN`; better by "+upstreamToken+", as command lines are for everybody to read; without it from this machine only")
	f.DurationVar(&cfg.Drain, "drain", target.DefaultDrain, "how long requests may take to finish at the end")
	simulatorFlags(f, &cfg, "")
	lifelineFlag(f, &lifeline)
	return c
}

// Environment variables of tokens that flags have too.
const (
	upstreamToken = "LOADCTL_UPSTREAM_TOKEN"
	balancerToken = "LOADCTL_BALANCER_TOKEN"
)

// secretOf is what a flag says, or else the environment. It is no default of the flag:
// --help would tell it.
func secretOf(flag, env string) string { return cmp.Or(flag, os.Getenv(env)) }

func simulatorFlags(f *pflag.FlagSet, cfg *target.UpstreamConfig, delay string) {
	f.StringVar(&cfg.Delay, "delay", delay, "`law` of the upstream's delay: fixed:2ms, exponential:3ms, lognormal:p50=3ms,p99=15ms, pareto:min=2ms,alpha=2.5, queue:servers=8,service=LAW")
	f.Uint64Var(&cfg.Seed, "seed", 1, "of delays, errors and resets")
	f.Float64Var(&cfg.ErrorRate, "error-rate", 0, "share of items answered 500, from 0 to 1")
	f.Float64Var(&cfg.ResetRate, "reset-rate", 0, "share of items whose connection is reset in place of an answer, from 0 to 1")
	f.Float64Var(&cfg.RateLimit, "rate-limit", 0, "items a second, beyond which they are answered 429; 0 means no limit")
	f.IntVar(&cfg.RateBurst, "rate-burst", 0, "of these, at once (default those of a second)")
	f.IntVar(&cfg.SlowBytes, "slow-bytes", 0, "of an item's body, that leave in a second; 0 means all at once")
	f.IntVar(&cfg.BodyBytes, "body-bytes", 0, "size of an item's body (default about 100)")
	f.DurationVar(&cfg.FreezeAt, "freeze-at", 0, "when it freezes, from its first request")
	f.DurationVar(&cfg.FreezeFor, "freeze-for", 0, "how long it stays frozen; 0 means it never freezes")
}
