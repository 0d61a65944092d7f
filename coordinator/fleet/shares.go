package fleet

import "github.com/loadctl/loadctl/scenarios/arrival"

// Redistribute gives the shares of lost agents to those that are left: every
// slot is split among all of them, so the whole stays partitioned exactly,
// whoever is lost in whatever order. It gives the agents whose share grew, in
// fleet order; none when nobody is left. The shares of the lost become empty,
// so that they are never given away twice.
func (f *Fleet) Redistribute(lost ...string) (grown []*Agent) {
	live := f.Live()
	if len(live) == 0 {
		return nil
	}
	got := false
	for _, name := range lost {
		a := f.Agent(name)
		if a == nil || a.State != Lost {
			continue
		}
		for i, part := range a.Share.Split(len(live)) {
			live[i].Share = live[i].Share.Join(part)
			got = got || len(part) > 0
		}
		a.Share = arrival.Share{}
	}
	if !got {
		return nil
	}
	return live
}
