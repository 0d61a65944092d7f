package stats

import "time"

// A Gap is some seconds in which the load was not what the scenario asks for. They
// are left out of times, rates and shares, and shown; counts have them.
type Gap struct {
	From, Until Offset
	Paused      bool // by a person; else an agent's report is missing
}

// Excluded says whether the window is left out of times, rates and shares.
func (w *Window) Excluded() bool { return w.Partial || w.Paused }

// Gaps lists the excluded seconds, joined where they touch.
func (r *Run) Gaps() (gaps []Gap) {
	for i := range r.Windows {
		w := &r.Windows[i]
		if !w.Excluded() {
			continue
		}
		g := Gap{w.Begin(), w.End(), !w.Partial}
		if n := len(gaps); n > 0 && gaps[n-1].Until == g.From && gaps[n-1].Paused == g.Paused {
			gaps[n-1].Until = g.Until
		} else {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// Why says why in a few words.
func (g Gap) Why() string {
	if g.Paused {
		return "paused"
	}
	return "an agent did not report"
}

// String says when and why, such as "12s to 15s: an agent did not report".
func (g Gap) String() string { return short(g.From) + " to " + short(g.Until) + ": " + g.Why() }

// Total is everything counted and timed so far: all windows, and the counters
// that lost agents never reported. Gauges are those of the last window. It is
// the run's own: read it, do not change it.
func (r *Run) Total() *Snapshot { return &r.total }

// Sound is what times, rates and shares are taken of: the windows that are not
// excluded. It is the run's own: read it, do not change it.
func (r *Run) Sound() *Snapshot { return &r.sound }

// LoadTime is how long recorded phases issued requests, excluded seconds left out.
// Phases that only hold connections do not count, unless there is nothing else.
func (r *Run) LoadTime() time.Duration {
	phases := r.phases(func(p *PhaseKey) bool { return p.Recorded && p.Holds == 0 })
	if len(phases) == 0 {
		phases = r.phases(func(p *PhaseKey) bool { return p.Recorded })
	}
	return r.Issuing(phases...)
}

// Issuing is for how long at least one of the phases issued load so far, excluded
// seconds left out. Without spans it is the length of the windows.
func (r *Run) Issuing(phases ...int) (sum time.Duration) {
	covered := r.covered(phases)
	if covered == nil {
		covered = spell{{0, r.Now()}}
	}
	for _, c := range covered {
		sum += c.until - c.from
	}
	for i := range r.Windows {
		if w := &r.Windows[i]; w.Excluded() {
			sum -= covered.within(w.Begin(), w.End())
		}
	}
	return sum
}
