package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"

	"github.com/loadctl/loadctl/coordinator/apply"
	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/tuning"
)

// nodeRole is the role of machines that are rented for the values of a parameter.
const nodeRole = "node"

// rentedNodes are the machines of a tuning, each a fleet of one. Which there are is told by the fleets' own journals: they
// are for the folder of the tuning's journal, and begun before anything is asked for.
type rentedNodes struct {
	fleets rented.Config
	whose  string       // what the fleets are for
	reach  rental.Reach // how far a machine is to come
	fleet  *rented.Fleet
	errw   io.Writer
}

// nodes are those of the tuning whose journal is in a folder; nil where its file rents nothing.
func (t *tuner) nodes(dir string) (apply.Nodes, error) {
	fleets, err := theCloud(sayer(t.errw))
	if err != nil {
		return nil, err
	}
	return &rentedNodes{fleets: fleets, whose: "the tuning in " + dir, reach: rental.ToInstall, errw: t.errw}, nil
}

// mayRent refuses to rent for somebody who has not said so.
func (t *tuner) mayRent() error {
	n := t.tuning.Node()
	if n == nil || t.yes || t.dry || n.MaxCost > 0 {
		return nil
	}
	return usage(errors.New("linode-plan rents a machine each time that another plan is tried, and each is billed for an hour at least"),
		"say --yes, or max_cost_usd in the file, which no machine is rented beyond")
}

// Fresh gives back the machine that there is, and rents one.
func (n *rentedNodes) Fresh(ctx context.Context, of tuning.Node, size string) (apply.Node, error) {
	if err := n.GiveBack(ctx); err != nil {
		return apply.Node{}, err
	}
	spec := n.spec(of, size)
	offer, err := rented.Preflight(ctx, n.fleets, spec)
	if err != nil {
		return apply.Node{}, err
	}
	if n.fleet, err = rented.Up(ctx, n.fleets, "", spec, offer); err != nil {
		return apply.Node{}, err
	}
	all := n.fleet.Machines(nodeRole)
	if len(all) != 1 {
		return apply.Node{}, fmt.Errorf("%d machines are ready, and one was rented", len(all))
	}
	m := all[0]
	fmt.Fprintf(n.errw, "loadctl: %s is a %s in %s, %s\n", m.Label, size, of.Region, m.Public)
	return apply.Node{Address: m.Public.String(), User: m.SSH.User, Identity: m.SSH.Identity, KnownHosts: m.SSH.KnownHosts}, nil
}

// spec is one machine, which who makes the load may reach at its port. Out it may fetch what its setup installs.
func (n *rentedNodes) spec(of tuning.Node, size string) rented.Spec {
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	return rented.Spec{
		For: n.whose, TTL: of.TTL, MaxCost: of.MaxCost,
		Machines: []rented.Machines{{
			Role: nodeRole, Region: of.Region, Type: size, Image: of.Image, Count: 1, Reach: n.reach,
			In:  []linode.Rule{{Label: "service", Protocol: "TCP", Ports: strconv.Itoa(of.Port), Addresses: of.From}},
			Out: []linode.Rule{{Label: "packages", Protocol: "TCP", Ports: "80, 443", Addresses: everybody}},
		}},
	}
}

// GiveBack gives back the machine of this process, and all that others have left.
func (n *rentedNodes) GiveBack(ctx context.Context) error {
	var errs []error
	if f := n.fleet; f != nil {
		n.fleet = nil
		_, err := f.Down(ctx)
		errs = append(errs, err)
	}
	all, err := rented.List(ctx, n.fleets)
	if err != nil { // what could be read is given back
		errs = append(errs, fmt.Errorf("listing what was rented: %w", err))
	}
	for _, s := range all {
		if s.For == n.whose && s.Ended.IsZero() && !s.Busy {
			_, err := rented.Down(ctx, n.fleets, s.ID)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// tryThere makes a trial where the service is: on the machine that was rented, which nobody has to vouch for, or where
// the file says.
func (t *tuner) tryThere(ctx context.Context, a trial.Ask) (trial.Told, error) {
	at := t.applier.Service()
	if at == "" {
		return t.trials.try(ctx, a)
	}
	target, err := plan.TargetOf(at)
	if err != nil {
		return trial.Told{}, usage(err, "")
	}
	there, job := *t.trials, *t.trials.job
	job.vouched = target.Host
	there.job = &job
	return there.at(ctx, a, at)
}

// tellNodes says what renting comes to.
func (t *tuner) tellNodes() {
	n := t.tuning.Node()
	if n == nil {
		return
	}
	dearest := price.USD(0)
	for _, size := range t.tuning.Params[0].Values {
		if p, is := price.Builtin().Plan(size); is {
			dearest = max(dearest, p.In(n.Region).Hourly.USD)
		}
	}
	fmt.Fprintf(t.out, "each time that another plan is tried a machine is rented in %s, and billed for an hour at least: up to %s (%s)\n", n.Region, dearest.PerHour(), price.Builtin())
}
