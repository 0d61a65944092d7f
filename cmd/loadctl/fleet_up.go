package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/scenarios"
)

// A fleetWish says which fleet is meant: that of a file, with what flags say of it.
type fleetWish struct {
	vars       []string
	target     string
	authorised []string
	token      string
	count      int
	ttl        time.Duration

	given map[string]bool // flags
}

func (w *fleetWish) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&w.vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	f.StringVar(&w.target, "target", "", "base `URL` that the machines are let reach instead of the file's")
	f.StringArrayVar(&w.authorised, "i-am-authorised", nil, "vouch for a public `HOST` of the file's allow_hosts")
	f.IntVar(&w.count, "count", 0, "machines, in place of the file's count; of a fleet in one region")
	f.DurationVar(&w.ttl, "ttl", 0, "how long it may live, in place of the file's ttl")
}

// wanted reads the file, and looks up where its target is. Where machines are to be let there, it must be known, and allowed.
func (w *fleetWish) wanted(ctx context.Context, errw io.Writer, file string, aimed bool) (*wanted, error) {
	opt, err := variables(w.vars, os.Environ())
	if err != nil {
		return nil, err
	}
	opt.BaseURL = w.target
	s, files, err := load(file, opt)
	if err != nil {
		return nil, err
	}
	warn(errw, file, s.Warnings)
	if err := w.onto(s, file); err != nil {
		return nil, err
	}
	all := &wanted{scenario: s, file: file, ceiling: measuredHere(errw, s, plan.Wish{})}
	all.to, err = farTarget(ctx, s, s.Target.BaseURL, w.authorised)
	switch {
	case err != nil && !aimed:
		fmt.Fprintf(errw, "%s: warning: %v\n", file, err)
		return all, nil
	case err != nil || !aimed:
		return all, err
	}
	return all, mayLoad(ctx, coordinator.Config{Scenario: s, File: file, TLS: files, Addresses: all.to, Authorised: w.authorised, Token: w.token})
}

// mayLoad refuses, before anything is rented, a target that the run would refuse.
func mayLoad(ctx context.Context, c coordinator.Config) error {
	err := coordinator.MayLoad(ctx, c)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &failure{exitInterrupted, errors.New("interrupted; nothing was rented"), ""}
	}
	return refusedTarget(err)
}

// measuredHere is what a null run of this machine says of a file's requests; nil where there was none.
func measuredHere(errw io.Writer, s *scenarios.Scenario, w plan.Wish) *plan.Ceiling {
	if sh, ok := shelfOf(s, w, usualSetting()); ok {
		return sh.get(errw)
	}
	return nil
}

// onto puts the flags in place of what the file says.
func (w *fleetWish) onto(s *scenarios.Scenario, file string) error {
	if s.Fleet == nil {
		return (&wanted{scenario: s, file: file}).size(price.Catalogue{})
	}
	var wrong []error
	switch {
	case !w.given["count"]:
	case w.count < 1 || w.count > scenarios.MostMachines:
		wrong = append(wrong, fmt.Errorf("--count must be from 1 to %d, got %d", scenarios.MostMachines, w.count))
	case len(s.Fleet.Regions) > 1:
		wrong = append(wrong, fmt.Errorf("--count is of a fleet in one region, and that of %s is in %d: change regions there", file, len(s.Fleet.Regions)))
	default:
		s.Fleet.Regions[0].Count = w.count
	}
	if w.given["ttl"] {
		if s.Fleet.TTL = w.ttl; w.ttl < scenarios.LeastTTL || w.ttl > scenarios.MostTTL {
			wrong = append(wrong, fmt.Errorf("--ttl must be between %s and %s, got %s", spanOf(scenarios.LeastTTL), spanOf(scenarios.MostTTL), w.ttl))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "")
	}
	return nil
}

// farTarget are the addresses of a target for machines that are not here. The bundled one listens on loopback here.
func farTarget(ctx context.Context, s *scenarios.Scenario, baseURL string, authorised []string) ([]netip.AddrPort, error) {
	if baseURL == "" {
		return nil, bundledIsHere("--fleet")
	}
	target, err := plan.TargetOf(baseURL)
	if err != nil {
		return nil, usage(err, "")
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	addrs, err := coordinator.Lookup(ctx, target)
	if err != nil {
		return nil, cannot(fmt.Errorf("the addresses of %s: %w", target, err), "machines are let reach nothing but the target, so that it must be known where that is")
	}
	c, err := target.Clear(addrs, plan.Permission{AllowHosts: s.AllowHosts, Authorised: authorised})
	if err != nil {
		return nil, usage(err, "")
	}
	return c.Addresses, nil
}

const fleetUpLong = `Rents the machines that the fleet: block of a scenario asks for, and has this program lie on them. It first shows what
that costs: an hour, the minimum, as planned, and in the worst case. It asks before it rents, unless --yes is given
or the file has a max_cost_usd, which nothing is rented beyond.

With --keep the command ends when the machines are ready, and they stay until ` + "`fleet down`" + `. Without, it stays itself:
runs elsewhere use the fleet by --fleet ID, and Ctrl-C gives it back, as does the end of its ttl.

Ctrl-C while machines are made gives all of them back; another one leaves them, and says how to give them back.

Exit codes: 0 it was rented (and without --keep given back), 1 could not be done, 2 usage or invalid file, 130 interrupted.`

type fleetUpOptions struct {
	fleetWish
	keep, yes, json bool
	id              string
}

func newFleetUp() *cobra.Command {
	var o fleetUpOptions
	c := &cobra.Command{
		Use:     "up FILE",
		Short:   "Rent the machines of a scenario's fleet: block",
		Long:    fleetUpLong,
		Example: "  loadctl fleet up shop.yaml --keep\n  loadctl run shop.yaml --fleet abcd2345\n  loadctl fleet down abcd2345",
		Args:    fileFor("fleet up"),
		RunE: func(c *cobra.Command, args []string) error {
			controls := newControls(c.Context())
			defer controls.close()
			controls.untilUnread()
			o.given = givenFlags(c)
			u := &upping{fleetUpOptions: o, file: args[0], in: c.InOrStdin(), out: c.OutOrStdout()}
			u.controls, u.errw = controls, c.ErrOrStderr()
			return u.do(controls.early)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.token, "target-token", "", "what a public target must answer at /.well-known/loadctl")
	f.BoolVar(&o.keep, "keep", false, "leave it up when the command ends, for runs with --fleet ID")
	f.BoolVarP(&o.yes, "yes", "y", false, "rent without asking")
	f.BoolVar(&o.json, "json", false, "write JSON, for programs")
	f.StringVar(&o.id, "id", "", "`name` of the fleet, any text or an ID: one that is there is completed instead of rented again")
	return c
}

// An upping is one `loadctl fleet up`.
type upping struct {
	fleetUpOptions
	renting
	file string
	in   io.Reader
	out  io.Writer
}

func (u *upping) do(ctx context.Context) (err error) {
	w, err := u.wanted(ctx, u.errw, u.file, true)
	if err != nil {
		return err
	}
	if u.fleets, err = theCloud(sayer(u.errw)); err != nil {
		return err
	}
	if u.id != "" {
		u.id = rental.Run8(u.id)
	}
	f, err := u.rent(ctx, u.in, u.id, w, u.yes)
	if err != nil {
		return err
	}
	id, machines, expires := f.ID(), f.Machines(rented.Agent), f.Expires()
	if err := f.Close(); err != nil {
		return cannot(fmt.Errorf("fleet %s is up, and could not be left so: %w", id, err), "give it back with: loadctl fleet down "+id)
	}
	return u.stays(ctx, id, expires, u.tell(id, f.Spec().For, expires, machines))
}

// stays is what becomes of a fleet that is up and nobody's, so that runs can take it. One that nobody was told of stays only
// where that was asked for.
func (u *upping) stays(ctx context.Context, id string, expires time.Time, untold error) error {
	switch {
	case u.keep && untold != nil:
		return cannot(fmt.Errorf("fleet %s is up, and that could not be told: %w", id, untold), "give it back with: loadctl fleet down "+id)
	case u.keep:
		return nil
	case untold != nil:
		fmt.Fprintf(u.errw, "loadctl: fleet %s is up, and that could not be told: it is given back\n", id)
		return errors.Join(cannot(untold, ""), u.down(id, u.nobodys(id)))
	}
	return u.stay(ctx, id, expires)
}

// nobodys gives a fleet back that runs may use: once they have ended.
func (u *upping) nobodys(id string) func(context.Context) (rented.Account, error) {
	return func(ctx context.Context) (a rented.Account, err error) {
		for said := false; ; said = true {
			if a, err = rented.Down(ctx, u.fleets, id); !errors.Is(err, rented.ErrHeld) {
				return a, err
			}
			if !said {
				fmt.Fprintf(u.errw, "loadctl: it is given back once it is not used any more: %v\n", err)
			}
			select {
			case <-ctx.Done():
				return a, err
			case <-time.After(time.Second):
			}
		}
	}
}

// rent shows what would be rented, asks, and rents it.
func (r *renting) rent(ctx context.Context, in io.Reader, id string, w *wanted, yes bool) (*rented.Fleet, error) {
	if err := w.size(r.catalogue(ctx)); err != nil {
		return nil, err
	}
	s, err := w.spec()
	if err != nil {
		return nil, err
	}
	offer, err := rented.Preflight(ctx, r.fleets, s)
	switch {
	case ctx.Err() != nil:
		return nil, &failure{exitInterrupted, errors.New("interrupted; nothing was rented"), ""}
	case err != nil:
		return nil, refusedFleet(err)
	}
	offer.Warnings = slices.Concat(offer.Warnings, w.warnings(s.Private))
	tellOffer(r.errw, s, offer)
	if err := agreed(ctx, in, r.errw, s, yes); err != nil {
		return nil, err
	}
	return r.up(ctx, id, s, offer)
}

// refusedFleet is what stands in the way before anything is rented.
func refusedFleet(err error) error {
	return cannot(fmt.Errorf("nothing was rented: %w", err), "docs/fleet.md says what a fleet needs")
}

// stay waits until somebody, or the TTL, ends the fleet, and gives it back.
func (u *upping) stay(ctx context.Context, id string, expires time.Time) error {
	fmt.Fprintln(u.errw, "loadctl: it stays until Ctrl-C; with --keep it would stay beyond that")
	over := time.NewTimer(time.Until(expires))
	defer over.Stop()
	select {
	case <-ctx.Done():
	case <-over.C:
		fmt.Fprintf(u.errw, "loadctl: the time of fleet %s is over\n", id)
	}
	return u.down(id, u.nobodys(id))
}

// An upDocument is a fleet that is up, for programs.
type upDocument struct {
	Schema   string       `json:"schema"`
	ID       string       `json:"id"`
	For      string       `json:"for"`
	Expires  time.Time    `json:"expires"`
	Machines []machineRow `json:"machines"`
	Down     string       `json:"down"` // the command that gives it back
}

type machineRow struct {
	Label   string     `json:"label"`
	ID      int        `json:"id"`
	Region  string     `json:"region"`
	Type    string     `json:"type"`
	Public  netip.Addr `json:"public,omitzero"`
	Private netip.Addr `json:"private,omitzero"`
}

func rowsOf(machines []rented.Machine) (rows []machineRow) {
	for _, m := range machines {
		rows = append(rows, machineRow{m.Label, m.ID, m.Region, m.Type, m.Public, m.Private})
	}
	return rows
}

// tell says what is up, how to use it, and how it ends. The FLEET line is for programs.
func (u *upping) tell(id, isFor string, expires time.Time, machines []rented.Machine) error {
	now, down := time.Now(), "loadctl fleet down "+id
	expires = expires.UTC().Truncate(time.Second)
	if u.json {
		return text.Document(u.out, upDocument{"loadctl.fleet-up/v1", id, isFor, expires, rowsOf(machines), down})
	}
	_, err := fmt.Fprintf(u.out, "FLEET %s\n  %s, %s\n  use it:    loadctl run %s --fleet %s\n  expires:   %s; then `loadctl fleet reap` gives it back, and until then it is billed\n  give back: %s\n",
		id, countOf(len(machines), "machine is ready", "machines are ready"), someOf(machines), u.file, id, clockOf(expires, now), down)
	return err
}

// someOf names a few machines.
func someOf(machines []rented.Machine) (words string) {
	for i, m := range machines {
		if i == 3 {
			return words + ", …"
		}
		if i > 0 {
			words += ", "
		}
		words += fmt.Sprintf("%s (%s)", m.Label, m.Public)
	}
	return words
}
