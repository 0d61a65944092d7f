package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/agent"
	"github.com/loadctl/loadctl/agent/host"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
)

// newHost is the process that a coordinator starts on each machine.
func newHost() *cobra.Command {
	var left diagnostics
	c := &cobra.Command{
		Use:    "host",
		Short:  "Run agents on this machine for a coordinator (started by `loadctl run`)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return cannot(err, "")
			}
			cfg := host.Config{Version: buildID(), Profiles: left.pprof, Logger: warnings(c), AgentCommand: func() *exec.Cmd {
				return exec.Command(exe, left.command("agent")...)
			}}
			if err := cfg.Bootstrap(os.NewFile(local.Lifeline, "lifeline")); err != nil {
				return cannot(err, "")
			}
			return couldNot(host.Run(c.Context(), cfg))
		},
	}
	left.flags(c.Flags())
	return c
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
