package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
)

func newTarget() *cobra.Command {
	c := &cobra.Command{
		Use:   "target",
		Short: "Run the bundled reference service, the simulator of its upstream, a queue whose truth is known, or nothing",
	}
<<<<<<< HEAD
	c.AddCommand(newTargetServe(), newTargetUpstream(), newTargetQueue(), newTargetNull(), newTargetWorker(),
		newTargetSet(), newTargetGet(), newTargetReload(), newTargetStats(), newTargetList())
=======
	c.AddCommand(newTargetServe(), newTargetUpstream(), newTargetQueue(), newTargetNull(), newTargetBalancer(), newTargetGuard(), newTargetWorker())
>>>>>>> main
	return c
}

func newTargetServe() *cobra.Command {
	var cfg target.ServeConfig
	var lifeline int
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve /items/{id} and /health by several worker processes on one port",
		Long: "Serves until it is interrupted. HUP replaces the workers one by one without losing a request.\n" +
			"Prints `READY URL pid=PID` once every worker accepts connections.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.Validate(); err != nil {
				return usage(err, "")
			}
			replace := make(chan os.Signal, 1)
			signal.Notify(replace, syscall.SIGHUP)
			cfg.Replace = replace
			cfg.Parent = parent(c, lifeline)
			return serveUntilSignal(c.Context(), func(ctx context.Context) error { return target.Serve(ctx, cfg) })
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address, one `host:port` for all workers; port 0 takes a free one")
	f.IntVar(&cfg.Workers, "workers", 0, "worker processes; 0 means one for each core, at least 2")
	f.IntVar(&cfg.Procs, "procs", 1, "cores one worker may use")
	f.StringVar(&cfg.Service.Upstream, "upstream", "", "base `URL` of the upstream; without it a simulator is started")
	f.DurationVar(&cfg.Service.Timeout, "upstream-timeout", 0, "time-out of the upstream calls of a request (default 5s)")
	f.IntVar(&cfg.Service.MaxConns, "upstream-max-conns", 0, "upstream connections of a worker at once (default 512)")
	f.IntVar(&cfg.Service.MaxIdle, "upstream-max-idle", 0, "of these, kept while idle (default all)")
	f.DurationVar(&cfg.Service.IdleTimeout, "upstream-idle-timeout", 0, "after which an idle one is closed (default 90s)")
	f.StringVar(&cfg.Service.AuthToken, "auth-token", "", "answer of /.well-known/loadctl, by which the service agrees to be loaded")
	f.DurationVar(&cfg.Drain, "drain", target.DefaultDrain, "how long requests may take to finish at the end")
	simulatorFlags(f, &cfg.Simulator, target.DefaultDelay)
	f.StringVar(&cfg.Simulator.AdminToken, "upstream-admin-token", "", "`token` by which the simulator's settings are changed")
	lifelineFlag(f, &lifeline)
	return c
}

func newTargetWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGTERM)
			defer stop()
			cfg := target.WorkerConfig{Order: os.Getenv(target.WorkerEnv), Log: warnings(c)}
			if err := target.ServeWorker(ctx, cfg); err != nil {
				return cannot(err, "")
			}
			return nil
		},
	}
}

func lifelineFlag(f *pflag.FlagSet, fd *int) {
	f.IntVar(fd, "lifeline", 0, "file descriptor of a pipe: end of file ends everything at once")
	_ = f.MarkHidden("lifeline")
}

func parent(c *cobra.Command, lifeline int) target.Parent {
	p := target.Parent{Out: c.OutOrStdout(), Log: warnings(c)}
	if lifeline > 0 {
		p.Lifeline = os.NewFile(uintptr(lifeline), "lifeline")
	}
	return p
}

// warnings logs what a person should know of a process that has no other voice.
func warnings(c *cobra.Command) *slog.Logger {
	return slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// serveUntilSignal runs something that serves until INT or TERM.
func serveUntilSignal(ctx context.Context, run func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		return cannot(fmt.Errorf("target: %w", err), "")
	}
	return nil
}
