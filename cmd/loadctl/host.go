package main

import (
	"context"
	"encoding/json"
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
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
)

// newHost is the process that a coordinator starts on each machine.
func newHost() *cobra.Command {
	var left diagnostics
	var told, selfCheck bool
	var spooled string
	c := &cobra.Command{
		Use:    "host",
		Short:  "Run agents on this machine for a coordinator (started by `loadctl run`)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if selfCheck {
				return couldNot(json.NewEncoder(c.OutOrStdout()).Encode(checkSelf()))
			}
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
				return couldNot(runTold(c.Context(), cfg, c.InOrStdin(), c.OutOrStdout()))
			}
			lifeline := os.NewFile(local.Lifeline, "lifeline")
			if err := cfg.Bootstrap(lifeline, lifeline); err != nil {
				return cannot(err, "")
			}
			return couldNot(host.Run(c.Context(), cfg))
		},
	}
	left.flags(c.Flags())
	c.Flags().BoolVar(&told, "told", false, "be told by standard input where to dial, ask for a certificate by standard output, and outlive the end of both")
	c.Flags().BoolVar(&selfCheck, "selfcheck", false, "say what this program and its machine are, and end")
	c.Flags().StringVar(&spooled, "spooled", "", "tell what is in a `file` that a host left behind, and end")
	return c
}

// checkSelf is what a coordinator wants to know of a machine that it has put this program on.
func checkSelf() rented.SelfCheck {
	limits := machine.Read()
	return rented.SelfCheck{Version: buildID(), Architecture: limits.Arch, Kernel: limits.Kernel, Files: limits.MaxFiles, Clock: time.Now().UTC()}
}

// toldWithin bounds how long a host on another machine waits to be told where to dial: until then nothing else ends it.
const toldWithin = 12 * time.Second

// runTold runs a host that was started by another machine. The end of its input is the end of a connection, not that of
// the coordinator: a signal ends the host, or the coordinator's silence.
func runTold(ctx context.Context, cfg host.Config, in io.Reader, out io.Writer) error {
	_, _ = unix.Setsid() // of its own, by which it is ended with all that it starts; one it may have
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	told := make(chan error, 1)
	go func() { told <- cfg.Bootstrap(in, out) }() // left to the end of the process, which is near when nothing comes
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
