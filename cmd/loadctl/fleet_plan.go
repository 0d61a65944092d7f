package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/reports/text"
)

// planFleet says what a run on the machines of the file's fleet: block would be, and cost.
func planFleet(ctx context.Context, out, errw io.Writer, file string, o planningOptions) error {
	s, err := o.scenario(file)
	if err != nil {
		return err
	}
	warn(errw, file, s.Warnings)
	w := &wanted{scenario: s, file: file, wish: o.wish(), planned: s.PlannedDuration(), ceiling: measuredHere(errw, s, o.wish())}
	if w.to, err = farTarget(ctx, s, s.Target.BaseURL, nil); err != nil {
		fmt.Fprintf(errw, "%s: warning: %v\n", file, err)
	}
	fleets, err := fleetsOf(nil)
	if err != nil {
		return err
	}
	c := (&renting{fleets: fleets, errw: errw}).catalogue(ctx)
	p, err := pricedBy(c, w)
	if err != nil {
		return err
	}
	outline, err := plan.OutlineOf(plan.Demand{Scenario: s, Wish: o.wish(), To: w.to}, machinesIn(p.spec, c))
	if err != nil {
		return cannot(err, "say more machines, or larger ones; without type and counts they are chosen by what the load needs")
	}
	if o.json {
		return p.refused(text.Document(out, fleetOutline{outline, p.document()}), true)
	}
	return p.refused(tellFleetPlan(out, w, outline, p), false)
}

// A fleetOutline is the outline of a run on a fleet, for programs.
type fleetOutline struct {
	plan.Outline
	Fleet priceDocument `json:"fleet"`
}

func tellFleetPlan(out io.Writer, w *wanted, o plan.Outline, p *priced) error {
	if err := text.Outline(out, o); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nthe fleet, by what the load needs:\n")
	for line := range strings.Lines(w.sized.String()) {
		fmt.Fprint(out, "  ", line)
	}
	fmt.Fprintln(out)
	return p.write(out)
}

// Facts of a rented machine: the most files that sshd of its image lets a process of root have, and what Linux has where
// the file sets nothing else.
const (
	rentedFiles = 524_288
	usualReuse  = 2 // net.ipv4.tcp_tw_reuse: on loopback alone
)

// machinesIn are the machines of a fleet, as far as the catalogue knows them.
func machinesIn(s rented.Spec, c price.Catalogue) (all []plan.Machine) {
	for _, m := range s.Machines {
		p, _ := c.Plan(m.Type)
		one := plan.Machine{OS: "linux", Cores: p.VCPUs, MaxFiles: rentedFiles, MemoryBytes: uint64(p.Memory) << 20, PortLow: 32_768, PortHigh: 60_999, TwReuse: plan.Exactly(usualReuse)}
		if n, _ := fmt.Sscan(m.Sysctl["net.ipv4.ip_local_port_range"], &one.PortLow, &one.PortHigh); n == 1 {
			one.PortLow, one.PortHigh = 0, 0 // not known
		}
		if strings.TrimSpace(m.Sysctl["net.ipv4.tcp_tw_reuse"]) == "1" {
			one.TwReuse = plan.Exactly(1)
		}
		for i := range m.Count {
			one.Name = fmt.Sprintf("%s-%d", m.Region, i+1)
			all = append(all, one)
		}
	}
	return all
}
