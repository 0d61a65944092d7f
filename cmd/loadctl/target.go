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
		Short: "Run the bundled reference service and what stands around it, a queue whose truth is known, or nothing",
	}
	c.AddCommand(newTargetServe(), newTargetUpstream(), newTargetBalancer(), newTargetQueue(), newTargetNull())
	c.AddCommand(newTargetSet(), newTargetGet(), newTargetReload(), newTargetStats(), newTargetList())
	c.AddCommand(newTargetUp(), newTargetPlan())
	c.AddCommand(newTargetWorker(), newTargetGuard(), newTargetPart(), newTargetKeep(), newTargetSeat()) // hidden: processes of these
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
func warnings(c *cobra.Command) *slog.Logger { return logger(c, slog.LevelWarn) }

func logger(c *cobra.Command, from slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: from}))
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
