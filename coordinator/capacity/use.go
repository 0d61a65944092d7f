package capacity

import "fmt"

// Unusable says why a capacity is none to take loads from; "" where it is. A wide interval is no reason: who takes
// the lower end of it asks for less.
func (r *Result) Unusable() string {
	why := r.Why
	if why == "" {
		why = string(r.Outcome)
	}
	switch {
	case r.Outcome == Found && r.Low > 0, r.Outcome == Unfinished && r.Low > 0:
		return ""
	case r.Outcome == AtLeast:
		return fmt.Sprintf("the generator, not the service, was the limit at %.4g/s: give a lower one with --capacity, or add agents", r.Capacity)
	}
	return why
}

// Clump is how bad requests of the limiting clause clump at loads within a tenth of the capacity: the largest of
// them, as a Count has it; 0 = not known.
func (r *Result) Clump() (clump float64) {
	for i := range r.Trials {
		t := &r.Trials[i]
		if r.Limiting < 0 || r.Limiting >= len(t.Counts) || t.Rate < 0.9*r.Capacity || t.Rate > 1.1*r.Capacity {
			continue
		}
		clump = max(clump, t.Counts[r.Limiting].Clump)
	}
	return clump
}
