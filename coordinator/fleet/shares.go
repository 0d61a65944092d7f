package fleet

import (
	"slices"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// Redistribute gives the shares of lost agents to those that still work: every
// slot is split among all of them, so the whole stays partitioned exactly,
// whoever is lost in whatever order. It gives the agents whose share grew, in
// fleet order; none when nobody is left. The shares of the lost become empty,
// so that they are never given away twice.
func (f *Fleet) Redistribute(lost ...string) (grown []*Agent) {
	heirs := f.working()
	if len(heirs) == 0 {
		return nil
	}
	for _, name := range lost {
		a := f.Agent(name)
		if a == nil || a.State != Lost {
			continue
		}
		for i, part := range a.Share.Split(len(heirs)) {
			if len(part) == 0 {
				continue
			}
			heirs[i].Share = heirs[i].Share.Join(part)
			if !slices.Contains(grown, heirs[i]) {
				grown = append(grown, heirs[i])
			}
		}
		a.Share = arrival.Share{}
	}
	return grown
}

// working gives the agents that can run more than they do: who has handed in
// everything is not lost, but starts nothing either.
func (f *Fleet) working() []*Agent {
	return slices.DeleteFunc(f.Live(), func(a *Agent) bool { return a.State == Finished })
}
