package price

import (
	"errors"
	"fmt"
)

// A Sizing is how many machines of a plan a load needs.
type Sizing struct {
	Plan     Plan
	Region   string
	Machines int
	By       string  // the limit that decides; "" = one machine is enough for all, or Setup.Least decides
	Limits   []Limit // all that were looked at
	Unknown  []string
	Warnings []string
	Hourly   Amount // of all machines
	Egress   int64  // bytes a second that each sends to the target at most; 0 also where Unknown tells of network out
}

// A Limit is one thing that a machine has only so much of.
type Limit struct {
	Name     string  // CPU, memory, network out, network in, ports, files
	Need     float64 // of the load, in cores, connections, Mbit/s
	Have     float64 // of one machine, head room taken off
	Machines int     // that are enough for it
	Sum      string  // the arithmetic, for people
}

// mostMachines: a load that takes more is not meant, or its figures are wrong.
const mostMachines = 10_000

// Size says how many machines of a plan hold a load, which is shared evenly. It fails where no number of them does, or more
// than 10,000, and tells all the reasons.
func Size(l Load, s Setup, p Plan, region string) (Sizing, error) {
	if err := errors.Join(l.Validate(), s.Validate()); err != nil {
		return Sizing{}, err
	}
	s = s.withDefaults(p)
	z := Sizing{Plan: p, Region: region, Machines: s.Least}
	var errs []error
	for _, limit := range []func(Load, Setup, Plan) (Limit, error){cpu, memory, networkOut, networkInOf, ports, files} {
		found, err := limit(l, s, p)
		errs = append(errs, z.take(found, err))
	}
	if err := errors.Join(errs...); err != nil {
		return Sizing{}, err
	}
	z.Egress = l.egressOf(z.Machines)
	if each := p.In(region).Hourly; each.Known {
		z.Hourly = Exactly(each.USD.Times(z.Machines))
	}
	if p.Shared() {
		z.Warnings = append(z.Warnings, p.ID+" shares its cores with other customers, whose work shows in what is measured: a dedicated or premium plan is steadier")
	}
	return z, nil
}

// An unknown is a limit that cannot be judged, and why.
type unknown struct{ name, why string }

func (u unknown) Error() string { return u.name + ": not judged, " + u.why }

// take has a limit count. What is not known is noted; what no number of machines can do is an error.
func (z *Sizing) take(l Limit, err error) error {
	if u, is := errors.AsType[unknown](err); is {
		z.Unknown = append(z.Unknown, u.Error())
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", z.Plan.ID, err)
	case l.Name == "":
		return nil
	case l.Machines > mostMachines:
		return fmt.Errorf("%s: %s would take %s machines, and more than %s are not meant: %s",
			z.Plan.ID, l.Name, thousands(int64(l.Machines)), thousands(mostMachines), l.Sum)
	}
	z.Limits = append(z.Limits, l)
	if l.Machines > z.Machines {
		z.Machines, z.By = l.Machines, l.Name
	}
	return nil
}

// rounding is how far a quotient of floats may be off.
const rounding = 1e-9
