package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/hosts/placed"
	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/stack"
	"github.com/loadctl/loadctl/target/topology"
)

const upLong = `Starts what the file says, each part once the one before is well: database, cache, upstream, nodes,
balancer. A part that dies is started again; the logs are gathered; INT or TERM ends all in reverse order,
and a second one at once. Nothing is left behind, no process and no file, even when this one is killed.
Prints a row for each part, and ` + "`READY URL pid=PID`" + ` once all are well. docs/topology.md says more.

With --fleet linode each part gets a machine of its own at Linode, in one private network; INT or TERM gives all of
them back. It says what that costs and asks first, unless --yes or linode.max_cost_usd is there.`

func newTargetUp() *cobra.Command {
	var cfg target.UpConfig
	var lifeline int
	var o awayOptions
	c := &cobra.Command{
		Use:     "up FILE",
		Short:   "Start a whole service by one file: database, replicas, cache, upstream, nodes, balancer",
		Long:    upLong,
		Example: "  loadctl target up scenarios/topologies/small.yaml       # needs nothing installed\n  loadctl target up scenarios/topologies/items.yaml --logs logs\n  loadctl target up scenarios/topologies/items.yaml --fleet linode --for scenarios/service.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			away, err := o.away()
			switch {
			case err != nil:
				return err
			case away:
				return upAway(c, o, args[0])
			case o.keep || o.yes:
				return usage(errors.New("--keep and --yes are for machines that are rented: say --fleet linode"), "")
			}
			if cfg.Topology, err = readTopology(args[0]); err != nil {
				return err
			}
			return up(c, cfg, lifeline)
		},
	}
	c.Flags().StringVar(&cfg.Logs, "logs", "", "`folder` in which the logs of all parts stay; without it they are gone at the end")
	o.flags(c.Flags())
	lifelineFlag(c.Flags(), &lifeline)
	return c
}

// newTargetSeat is the one part of a topology that a rented machine is, by the order in a file, which is gone once it was
// read, as passwords are in it.
func newTargetSeat() *cobra.Command {
	var cfg target.UpConfig
	var ask string
	c := &cobra.Command{
		Use:    "seat ORDER",
		Hidden: true,
		Args:   cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if ask != "" {
				return answered(c, ask)
			}
			text, err := os.ReadFile(strings.Join(args, ""))
			if err != nil {
				return cannot(err, "")
			}
			if cfg.Topology, cfg.Order, err = target.ReadOrder(text); err != nil {
				return usage(err, "")
			}
			if err := os.Remove(args[0]); err != nil {
				return cannot(err, "")
			}
			return up(c, cfg, 0)
		},
	}
	c.Flags().StringVar(&cfg.Logs, "logs", "", "`folder` of the log")
	c.Flags().StringVar(&ask, "ask", "", "`URL` to ask until it is well")
	return c
}

// answered asks a service how it is until it is well.
func answered(c *cobra.Command, url string) error {
	if err := placed.Answers(c.Context(), url); err != nil {
		return cannot(err, "")
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), "WELL", url)
	return err
}

// up runs a topology, or the part of it that is here, until a signal ends it.
func up(c *cobra.Command, cfg target.UpConfig, lifeline int) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	cfg.Signals, cfg.Places = signals, placesFolder()
	cfg.Parent = parent(c, lifeline)
	if err := target.Up(c.Context(), cfg); err != nil {
		return cannot(fmt.Errorf("target: %w", err), "")
	}
	return nil
}

func readTopology(file string) (*topology.Topology, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(err, "")
	}
	t, err := target.ReadTopology(file, src)
	if err != nil {
		return nil, usage(err, "docs/topology.md has the grammar")
	}
	return t, nil
}

// newTargetPart is a part of a topology that this program is.
func newTargetPart() *cobra.Command {
	var lifeline int
	c := &cobra.Command{
		Use:    "part",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			signals := make(chan os.Signal, 64)
			signal.Notify(signals, syscall.SIGHUP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
			p := parent(c, lifeline)
			p.Log = logger(c, slog.LevelInfo) // which goes to a file
			if err := target.ServePart(c.Context(), os.Getenv(target.PartEnv), signals, p); err != nil {
				return cannot(fmt.Errorf("target: %w", err), "")
			}
			return nil
		},
	}
	lifelineFlag(c.Flags(), &lifeline)
	return c
}

// newTargetKeep holds the lifeline of a program that has none, or of the folder of a stack.
func newTargetKeep() *cobra.Command {
	var dir, user string
	var stop int
	var grace time.Duration
	var group bool
	c := &cobra.Command{
		Use:    "keep",
		Hidden: true,
		RunE: func(_ *cobra.Command, argv []string) error {
			lifeline, presence := os.NewFile(3, "lifeline"), os.NewFile(4, "presence")
			signals := make(chan os.Signal, 4)
			signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			if len(argv) == 0 {
				if err := stack.Sweep(lifeline, presence, dir); err != nil {
					return cannot(err, "")
				}
				return nil
			}
			as, err := credential(user)
			if err != nil {
				return usage(err, "")
			}
			code, err := stack.Keep(stack.Kept{Lifeline: lifeline, Presence: presence, Signals: signals,
				Stop: syscall.Signal(stop), Grace: grace, Group: group, User: as, Argv: argv})
			if err != nil {
				return cannot(err, "")
			}
			return ended(code)
		},
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", "", "folder that goes with the stack")
	f.StringVar(&user, "user", "", "UID:GID of the program")
	f.IntVar(&stop, "stop", 0, "signal that asks it to end")
	f.DurationVar(&grace, "grace", 0, "that it may take to end")
	f.BoolVar(&group, "group", false, "its whole group is asked")
	return c
}

func credential(text string) (*syscall.Credential, error) {
	if text == "" {
		return nil, nil
	}
	uid, gid, _ := strings.Cut(text, ":")
	u, err := strconv.ParseUint(uid, 10, 32)
	g, errs := strconv.ParseUint(gid, 10, 32)
	return &syscall.Credential{Uid: uint32(u), Gid: uint32(g)}, errors.Join(err, errs)
}
