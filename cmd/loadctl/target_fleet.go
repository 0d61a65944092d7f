package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator/hosts/placed"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/target/topology"
)

// placeOptions say where a topology is to be, and which load is to come to it.
type placeOptions struct {
	fleet string // linode; "" = this machine
	load  string // file of a scenario
}

func (o *placeOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.fleet, "fleet", "", "`linode`: on machines that are rented there, as the file's linode: block says")
	f.StringVar(&o.load, "for", "", "`scenario` whose load is to come: limits of a NodeBalancer are held against it")
}

// away says whether machines are to be rented.
func (o *placeOptions) away() (bool, error) {
	switch {
	case o.fleet != "" && o.fleet != scenarios.FleetLinode:
		return false, usage(fmt.Errorf("--fleet %s: want linode", o.fleet), "")
	case o.fleet == "" && o.load != "":
		return false, usage(errors.New("--for means nothing without --fleet linode"), "")
	}
	return o.fleet != "", nil
}

// plan reads a topology as it would be rented, and holds the load against it.
func (o *placeOptions) plan(ctx context.Context, errw io.Writer, file string, c price.Catalogue) (p placed.Plan, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return p, usage(err, "")
	}
	t, err := readTopology(file)
	if err != nil {
		return p, err
	}
	elsewhere, err := lookedUp(ctx, placed.Elsewhere(t))
	if err != nil {
		return p, cannot(fmt.Errorf("%s: %w", file, err), "nodes are let reach nothing but what the file names, so that it must be known where that is")
	}
	if p, err = placed.PlanOf(t, file, text, elsewhere); err != nil {
		return p, usage(err, "docs/topology.md says what machines at Linode need")
	}
	return p, o.carries(errw, &p, c)
}

// lookedUp are the addresses of hosts with ports.
func lookedUp(ctx context.Context, all []string) (at []netip.AddrPort, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	for _, one := range all {
		host, port, _ := net.SplitHostPort(one)
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one, err)
		}
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, fmt.Errorf("the addresses of %s: %w", host, err)
		}
		for _, a := range found {
			at = append(at, netip.AddrPortFrom(a.Unmap(), uint16(n)))
		}
	}
	return at, nil
}

// carries holds the load of --for against a NodeBalancer.
func (o *placeOptions) carries(errw io.Writer, p *placed.Plan, c price.Catalogue) error {
	if o.load == "" {
		return nil
	}
	opt, err := variables(nil, os.Environ())
	if err != nil {
		return err
	}
	s, _, err := load(o.load, opt)
	if err != nil {
		return err
	}
	warn(errw, o.load, s.Warnings)
	if p.Class == "" {
		p.Notes = append(p.Notes, "--for: there is no NodeBalancer whose limits could be held against "+o.load)
		return nil
	}
	wants := plan.LoadOf(plan.Demand{Scenario: s}, nil).Load
	nodes := slices.DeleteFunc(slices.Clone(p.Seats), func(s topology.Seat) bool { return s.Role != "service" })
	notes, err := c.Carries(price.Crowd{Class: p.Class, Region: p.Topology.Linode.Region, Connections: wants.Connections, Opened: wants.Opened, Backends: len(nodes)})
	if err != nil {
		return cannot(fmt.Errorf("%s does not fit through the NodeBalancer of %s: %w", o.load, p.File, err), "linode.types.balancer names its class")
	}
	p.Notes = append(p.Notes, notes...)
	return nil
}

// awayOptions are those of `target up --fleet linode`.
type awayOptions struct {
	placeOptions
	keep, yes bool
}

func (o *awayOptions) flags(f *pflag.FlagSet) {
	o.placeOptions.flags(f)
	f.BoolVar(&o.keep, "keep", false, "with --fleet: leave it up when the command ends, until `loadctl fleet down`")
	f.BoolVarP(&o.yes, "yes", "y", false, "with --fleet: rent without asking")
}

// An away is one `loadctl target up --fleet linode`.
type away struct {
	awayOptions
	renting
	in    io.Reader
	out   io.Writer
	plan  placed.Plan
	begun time.Time
}

func upAway(c *cobra.Command, o awayOptions, file string) error {
	controls := newControls(c.Context())
	defer controls.close()
	controls.untilUnread()
	a := &away{awayOptions: o, in: c.InOrStdin(), out: c.OutOrStdout(), begun: time.Now()}
	a.controls, a.errw = controls, c.ErrOrStderr()
	return a.do(controls.early, file)
}

func (a *away) do(ctx context.Context, file string) (err error) {
	if a.fleets, err = fleetsOf(sayer(a.errw)); err != nil {
		return err
	}
	if a.plan, err = a.placeOptions.plan(ctx, a.errw, file, price.Builtin()); err != nil {
		return err
	}
	if a.fleets.Cloud == nil {
		_, err = theCloud(nil)
		return err
	}
	offer, err := rented.Preflight(ctx, a.fleets, a.plan.Spec)
	if err != nil {
		return refusedFleet(err)
	}
	offer.Warnings = append(offer.Warnings, a.plan.Notes...)
	tellOffer(a.errw, a.plan.Spec, offer)
	if err := agreed(ctx, a.in, a.errw, a.plan.Spec, a.yes); err != nil {
		return err
	}
	f, err := a.up(ctx, "", a.plan.Spec, offer)
	if err != nil {
		return err
	}
	return a.on(ctx, f)
}

// on starts the parts on a fleet, and stays with them.
func (a *away) on(ctx context.Context, f *rented.Fleet) error {
	id := f.ID()
	s, err := a.start(ctx, f)
	if err == nil {
		defer s.Close()
		err = a.tell(id, s)
	}
	if err == nil && a.keep {
		return a.leave(id, f)
	}
	if err == nil {
		err = a.stay(ctx, f, s)
	}
	return a.failed(ctx, err, a.down(id, f.Down))
}

// leave keeps the fleet up, for whoever ends it.
func (a *away) leave(id string, f *rented.Fleet) error {
	if err := f.Close(); err != nil {
		return cannot(fmt.Errorf("fleet %s is up, and could not be left so: %w", id, err), "give it back with: loadctl fleet down "+id)
	}
	return nil
}

// failed is how it ends: by what went wrong with the parts and with giving the machines back.
func (a *away) failed(ctx context.Context, err, left error) error {
	switch {
	case err == nil || left != nil && ctx.Err() != nil:
		return left
	case ctx.Err() != nil:
		return &failure{exitInterrupted, errors.New("interrupted; what was rented was given back"), ""}
	case left != nil:
		printError(a.errw, left)
	}
	return cannot(fmt.Errorf("target: %w", err), "")
}

func (a *away) start(ctx context.Context, f *rented.Fleet) (*placed.Service, error) {
	width := len("part")
	for _, s := range a.plan.Seats {
		width = max(width, len(s.Part))
	}
	fmt.Fprintf(a.out, "%-*s  %6s  %-24s  address\n", width, "part", "ready", "machine")
	c := placed.Config{Plan: a.plan, Login: func(ctx context.Context, to ssh.Address) (placed.Machine, error) {
		return ssh.Login(ctx, ssh.Config{Executable: a.fleets.Executable}, to)
	}, Told: func(p placed.Part) {
		fmt.Fprintf(a.out, "%-*s  %5.1fs  %-24s  %s\n", width, p.Name, p.Took.Seconds(), p.Label, p.Address)
	}}
	return placed.Start(ctx, c, f)
}

// tell says where it is loaded, and how it ends. READY is the line that programs wait for.
func (a *away) tell(id string, s *placed.Service) error {
	private := ""
	if s.Private != "" {
		private = " private=" + s.Private
	}
	if _, err := fmt.Fprintf(a.out, "READY %s pid=%d fleet=%s%s\n", s.URL, os.Getpid(), id, private); err != nil {
		return fmt.Errorf("saying that the target is ready: %w", err)
	}
	expires, now := a.begun.Add(a.plan.Topology.Linode.TTL), time.Now()
	if a.keep {
		fmt.Fprintf(a.errw, "loadctl: it stays up, and costs, until: loadctl fleet down %s\n", id)
	}
	fmt.Fprintf(a.errw, "loadctl: after %s anybody may give it back\n", clockOf(expires, now))
	return nil
}

// stay waits until somebody, the TTL, or a part that ended for good ends it.
func (a *away) stay(ctx context.Context, f *rented.Fleet, s *placed.Service) error {
	over := a.begun.Add(a.plan.Topology.Linode.TTL)
	ctx, cancel := context.WithDeadline(ctx, over)
	defer cancel()
	say := sayer(a.errw)
	go func() { // ends with the fleet
		for c := range f.Changes() {
			say(fmt.Sprintf("machine %s: %s", c.Label, c.What))
		}
	}()
	err := s.Watch(ctx, say)
	if time.Now().After(over) {
		say("the time of the fleet is over")
	}
	return err
}

// planAway is `target plan --fleet linode`.
func planAway(c *cobra.Command, o placeOptions, file string) error {
	fleets, err := fleetsOf(nil)
	if err != nil {
		return err
	}
	prices := (&renting{fleets: fleets, errw: c.ErrOrStderr()}).catalogue(c.Context())
	p, err := o.plan(c.Context(), c.ErrOrStderr(), file, prices)
	if err != nil {
		return err
	}
	e, err := prices.Estimate(p.Spec.Order())
	if err != nil {
		return usage(err, "")
	}
	out := priced{spec: p.Spec, estimate: e, warnings: p.Notes}
	if p.MaxCost > 0 {
		out.budget = e.Within(p.MaxCost)
	}
	return out.tell(c.OutOrStdout(), false)
}
