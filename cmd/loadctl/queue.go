package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/queue"
)

const queueLong = `Answers every path when a simulated queue says: requests wait for the first free of
--servers, first come first served, and are served for a time drawn from --service.
No work is done, so the queue is exact at any speed of the machine, and what a tool
measures can be held against what each answer says of itself, in whole microseconds:

  Loadctl-Arrived-Us   when the request arrived, since 1970
  Loadctl-True-Us      how long its answer took by the queue: the true response time
  Loadctl-Late-Us      how much later than that this server wrote it

GET /-/queue tells settings and counts; POST /-/queue changes settings while it runs,
by the names of the flags, from --service to --freeze-for. Docs: docs/target.md.
Prints ` + "`READY URL pid=PID`" + ` once it accepts connections, and serves until it is interrupted.`

const queueExample = `  loadctl target queue --servers 8 --mean 10ms                     # M/M/8 under Poisson arrivals
  loadctl target queue --service const --mean 10ms                 # M/D/1
  loadctl target queue --service h2 --cv 2 --servers 8             # M/H2/8
  loadctl target queue --servers 0                                 # no queue: the response is the service
  loadctl target queue --servers 4 --capacity 12                   # M/M/4/12: 503 beyond 12
  loadctl target queue --servers 8 --pool 16 --workers 32           # a service to tune: at most 665/s, with 33 and 57
  loadctl target queue --service const --mean 1ms --servers 0 --freeze-at 30s --freeze-for 2s
  curl -d servers=4 -d mean=20ms http://127.0.0.1:8080/-/queue      # from now on
  curl -d freeze-for=2s http://127.0.0.1:8080/-/queue               # now, for two seconds`

func newTargetQueue() *cobra.Command {
	var cfg target.QueueConfig
	var lifeline int
	c := &cobra.Command{
		Use:     "queue",
		Short:   "Serve a queue whose every response time is known, to try measurements on",
		Long:    queueLong,
		Example: queueExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.Validate(); err != nil {
				return usage(err, "")
			}
			cfg.Parent = parent(c, lifeline)
			return serveUntilSignal(c.Context(), func(ctx context.Context) error { return target.Queue(ctx, cfg) })
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address, `host:port`; port 0 takes a free one")
	f.StringVar(&cfg.AuthToken, "auth-token", "", "answer of /.well-known/loadctl, by which the service agrees to be loaded")
	f.DurationVar(&cfg.Drain, "drain", target.DefaultDrain, "how long answers may take to leave at the end")
	queueFlags(f, &cfg)
	lifelineFlag(f, &lifeline)
	return c
}

func queueFlags(f *pflag.FlagSet, cfg *target.QueueConfig) {
	q := &cfg.Queue
	f.StringVar((*string)(&q.Law.Kind), "service", string(queue.Exp), "`law` of the service times: "+kinds())
	f.DurationVar(&q.Law.Mean, "mean", 10*time.Millisecond, "of the service times")
	f.Float64Var(&q.Law.CV, "cv", 0, "standard deviation over mean: h2 wants one above 1, lognormal one above 0")
	f.IntVar(&q.Servers, "servers", 1, "that serve at once; 0 means one for every request")
	f.IntVar(&q.Pools.Pool, "pool", 0, "connections of a made-up service's pool: with --workers they say what the servers make, in place of --mean")
	f.IntVar(&q.Pools.Workers, "workers", 0, "of the made-up service")
	f.IntVar(&q.Capacity, "capacity", 0, "most requests inside, served and waiting; those beyond get 503; 0 means any number")
	f.Float64Var(&q.Slow, "slow", 1, "`factor` of every service time; 0 is 1")
	f.Float64Var(&q.ErrorRate, "error-rate", 0, "share of requests answered 500 after their service, from 0 to 1")
	f.BoolVar(&q.BlackHole, "black-hole", false, "swallow requests: they are read and get no answer")
	f.Uint64Var(&q.Seed, "seed", 1, "of service times and errors")
	f.DurationVar(&cfg.FreezeAt, "freeze-at", 0, "when the queue freezes, from its first request")
	f.DurationVar(&cfg.FreezeFor, "freeze-for", 0, "how long it stays frozen; 0 means it never freezes")
}

func kinds() string {
	var names []string
	for _, k := range queue.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
