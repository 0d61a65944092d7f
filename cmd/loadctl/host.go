package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent"
	"github.com/loadctl/loadctl/agent/host"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
)

// newHost is the process that a coordinator starts on each machine.
func newHost() *cobra.Command {
	var left diagnostics
	var told bool
	var spooled string
	c := &cobra.Command{
		Use:    "host",
		Short:  "Run agents on this machine for a coordinator (started by `loadctl run`)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if spooled != "" {
				return tellSpooled(c.OutOrStdout(), spooled)
			}
			exe, err := os.Executable()
			if err != nil {
				return cannot(err, "")
			}
			cfg := host.Config{Version: buildID(), Profiles: left.pprof, Logger: warnings(c), AgentCommand: func() *exec.Cmd {
				return exec.Command(exe, left.command("agent")...)
			}}
			if told {
				return couldNot(runTold(c.Context(), cfg, c.InOrStdin()))
			}
			if err := cfg.Bootstrap(os.NewFile(local.Lifeline, "lifeline")); err != nil {
				return cannot(err, "")
			}
			return couldNot(host.Run(c.Context(), cfg))
		},
	}
	left.flags(c.Flags())
	c.Flags().StringVar(&spooled, "spooled", "", "tell what is in a `file` that a host left behind, and end")
	c.Flags().BoolVar(&told, "told", false, "be told by standard input where to dial, and outlive its end")
	return c
}

// toldWithin bounds how long a host on another machine waits to be told where to dial: until then nothing else ends it.
const toldWithin = 12 * time.Second

// runTold runs a host that was started by another machine. The end of its input is the end of a connection, not that of
// the coordinator: a signal ends the host, or the coordinator's silence.
func runTold(ctx context.Context, cfg host.Config, in io.Reader) error {
	_, _ = unix.Setsid() // of its own, by which it is ended with all that it starts; one it may have
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	told := make(chan error, 1)
	go func() { told <- cfg.Bootstrap(in) }() // left to the end of the process, which is near when nothing comes
	select {
	case err := <-told:
		if err != nil {
			return err
		}
	case <-time.After(toldWithin):
		return fmt.Errorf("nobody said where to dial within %s", toldWithin)
	case <-ctx.Done():
		return ctx.Err()
	}
	cfg.Lifeline = nil
	return host.Run(ctx, cfg)
}

// newAgent is one agent process, started by its host.
func newAgent() *cobra.Command {
	var left diagnostics
	c := &cobra.Command{
		Use:    "agent",
		Short:  "Run one part of the load for a host (started by `loadctl host`)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conn, err := agent.Inherited(agentSocket)
			if err != nil {
				return cannot(err, "")
			}
			return couldNot(agent.Run(context.WithoutCancel(c.Context()), agent.Config{Conn: conn, Version: buildID(), Profiles: left.pprof, Taps: left.tap}))
		},
	}
	left.flags(c.Flags())
	return c
}

// agentSocket is the file descriptor on which an agent finds its host.
const agentSocket = 3

// hostCommand makes the host process of this machine.
func (j *job) hostCommand() *exec.Cmd { return exec.Command(j.exe, j.diagnostics.command("host")...) }

func couldNot(err error) error {
	if err == nil {
		return nil
	}
	return cannot(err, "")
}
