package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/scenarios"
)

// A wanted is the fleet that a scenario's load is to come from.
type wanted struct {
	scenario *scenarios.Scenario
	file     string
	wish     plan.Wish
	to       []netip.AddrPort // the target's: nothing else is let through
	planned  time.Duration    // of the load; 0 = the fleet lives for its TTL
	ceiling  *plan.Ceiling    // of a null run of these requests here; nil = there was none
	sized    plan.Sized       // what fills in what the file leaves open
}

// fleetOverhead is what a fleet lives beside its load: machines boot for a minute or two, get the program, and are deleted.
const fleetOverhead = 5 * time.Minute

// size fills in what the file leaves open: the plan, and how many machines.
func (w *wanted) size(c price.Catalogue) (err error) {
	if w.scenario.Fleet == nil {
		return usage(fmt.Errorf("%s does not say what a fleet is to be: it has no fleet: block", w.file), "docs/fleet.md shows one, docs/scenario.md has its keys")
	}
	if w.sized, err = plan.FleetFor(plan.Demand{Scenario: w.scenario, Wish: w.wish, To: w.to, Ceiling: w.ceiling}, *w.scenario.Fleet, c); err != nil {
		return usage(fmt.Errorf("%s: %w", w.file, err), "docs/fleet.md says what a fleet needs")
	}
	return nil
}

// spec is what is to be rented, once it is sized.
func (w *wanted) spec() (s rented.Spec, err error) {
	f := w.sized.Fleet
	s = rented.Spec{For: w.file, TTL: f.TTL, Private: f.Private, From: f.From, MaxCost: f.MaxCost}
	if w.planned > 0 {
		s.Planned = w.planned + fleetOverhead
	}
	if s.Planned > s.TTL {
		return s, usage(fmt.Errorf("%s: fleet.ttl: %s is over before %s of load and %s around it are", w.file, spanOf(s.TTL), spanOf(w.planned), spanOf(fleetOverhead)),
			"a fleet whose time is over may be given back by anybody: say a longer one")
	}
	for _, r := range f.Regions {
		s.Machines = append(s.Machines, rented.Machines{Role: rented.Agent, Region: r.Region, Type: f.Type, Image: f.Image, Count: r.Count,
			Reach: rental.ToInstall, Sent: w.sent(), Out: outTo(w.to), Sysctl: f.Sysctl})
	}
	return s, nil
}

// sent is what each machine sends a second to public addresses, as far as it is known: those of a private network cost
// nothing.
func (w *wanted) sent() int64 {
	if len(w.to) == 0 || plan.KindOf(w.to[0].Addr()) != plan.Public {
		return 0
	}
	machines := 0
	for _, r := range w.sized.Fleet.Regions {
		machines += r.Count
	}
	return int64(float64(w.sized.Load.Up) * w.sized.Load.Rate / float64(max(machines, 1)))
}

// outTo lets through to the target alone: one rule for each of its ports, of which there is mostly one.
func outTo(to []netip.AddrPort) (rules []linode.Rule) {
	by := map[uint16][]netip.Prefix{}
	for _, a := range to {
		by[a.Port()] = append(by[a.Port()], netip.PrefixFrom(a.Addr(), a.Addr().BitLen()))
	}
	for _, port := range slices.Sorted(maps.Keys(by)) {
		text := strconv.Itoa(int(port))
		rules = append(rules, linode.Rule{Label: "target-" + text, Protocol: "TCP", Ports: text, Addresses: by[port]})
	}
	return rules
}

// lets says whether rules let through to all addresses.
func lets(rules []linode.Rule, to []netip.AddrPort) bool {
	return !slices.ContainsFunc(to, func(a netip.AddrPort) bool {
		return !slices.ContainsFunc(rules, func(r linode.Rule) bool {
			return r.Protocol == "TCP" && r.Ports == strconv.Itoa(int(a.Port())) && slices.ContainsFunc(r.Addresses, func(p netip.Prefix) bool { return p.Contains(a.Addr()) })
		})
	})
}

// warnings are what is to be known of machines that make the load; private says that they have addresses in a network of theirs.
func (w *wanted) warnings(private bool) (all []string) {
	all = slices.Clone(w.sized.Warnings)
	for _, a := range w.to {
		if a.Addr().IsLoopback() {
			return append(all, fmt.Sprintf("the target %s is on loopback, which is another on each machine: each loads its own", a))
		}
	}
	if len(w.to) > 0 && plan.KindOf(w.to[0].Addr()) == plan.Private && !private {
		all = append(all, fmt.Sprintf("the target %s is on a private network, and the machines have public addresses alone: network: private would give them others", w.to[0]))
	}
	if w.scenario.Target.ResolveEvery > 0 {
		all = append(all, "the target's name is asked for again while it is loaded, and the machines are let reach the addresses that it has now alone")
	}
	return all
}

// differences are in what a fleet is otherwise than a file says, so that its figures would not be of the fleet that is read there.
// How many machines there are, and until when, is the fleet's matter.
func (w *wanted) differences(has rented.Spec) (all []error) {
	is := func(what, has, wants string) {
		err := fmt.Errorf("%s: it has %s, and the file says %s", what, has, wants)
		if has != wants && !slices.ContainsFunc(all, func(e error) bool { return e.Error() == err.Error() }) {
			all = append(all, err)
		}
	}
	for _, m := range has.Machines {
		if m.Role != rented.Agent {
			continue
		}
		if !lets(m.Out, w.to) {
			all = append(all, fmt.Errorf("target: its machines in %s are not let reach %v", m.Region, w.to))
		}
		if f := w.scenario.Fleet; f != nil {
			if f.Type != "" {
				is("type", m.Type, f.Type)
			}
			is("image", m.Image, f.Image)
			is("network", networkWord(has.Private), networkWord(f.Private))
			is("sysctl", fmt.Sprint(m.Sysctl), fmt.Sprint(f.Sysctl))
		}
	}
	return all
}

func networkWord(private bool) string {
	if private {
		return "private"
	}
	return "public"
}
