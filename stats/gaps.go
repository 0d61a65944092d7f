package stats

import "time"

// A Gap is some time in which the load was not what the scenario asks for. Seconds
// that lack an agent, and those that the generator's own lateness has spoilt, are left
// out of times, rates and shares; counts have them. A
// pause is left out of the time that rates are taken over, and of nothing else: what
// ended in it was asked for before.
type Gap struct {
	From, Until Offset
	Paused      bool // by a person
	Late        bool // the generator was; if neither, an agent's report is missing
}

// Excluded says whether the window is left out of times, rates and shares.
func (w *Window) Excluded() bool { return w.Partial || w.leftOut }

// Gaps lists the seconds that lack an agent, those that the generator has spoilt if they
// are left out, and the seconds with a pause in them, joined where they touch.
func (r *Run) Gaps() (gaps []Gap) {
	for i := range r.Windows {
		w := &r.Windows[i]
		if w.Partial {
			gaps = addGap(gaps, Gap{From: w.Begin(), Until: w.End()})
		}
		if w.leftOut {
			gaps = addGap(gaps, Gap{From: w.Begin(), Until: w.End(), Late: true})
		}
		if w.Paused > 0 {
			gaps = addGap(gaps, Gap{From: w.Begin(), Until: w.End(), Paused: true})
		}
	}
	return gaps
}

func addGap(gaps []Gap, g Gap) []Gap {
	for i := range gaps {
		if gaps[i].Until == g.From && gaps[i].Paused == g.Paused && gaps[i].Late == g.Late {
			gaps[i].Until = g.Until
			return gaps
		}
	}
	return append(gaps, g)
}

// Why says why, and what comes of it.
func (g Gap) Why() string {
	switch {
	case g.Paused:
		return "paused (left out of the time that rates are taken over)"
	case g.Late:
		return "the generator was late (left out of times, rates and shares)"
	}
	return "an agent did not report (left out of times, rates and shares)"
}

// String says when and why.
func (g Gap) String() string { return short(g.From) + " to " + short(g.Until) + ": " + g.Why() }

// Total is everything counted and timed so far: all windows, and the counters
// that lost agents never reported. Gauges are those of the last window. It is
// the run's own: read it, do not change it.
func (r *Run) Total() *Snapshot { return &r.total }

// Sound is what times, rates and shares are taken of: the windows that are not
// excluded. It is the run's own: read it, do not change it.
func (r *Run) Sound() *Snapshot { return &r.sound }

// LoadTime is how long recorded phases issued requests, excluded seconds and pauses
// left out.
// Phases that only hold connections do not count, unless there is nothing else.
func (r *Run) LoadTime() time.Duration {
	phases := r.phases(func(p *PhaseKey) bool { return p.Recorded && p.Holds == 0 })
	if len(phases) == 0 {
		phases = r.phases(func(p *PhaseKey) bool { return p.Recorded })
	}
	return r.Issuing(phases...)
}

// Issuing is for how long at least one of the phases issued load so far, excluded
// seconds and pauses left out. Without spans it is the length of the windows.
func (r *Run) Issuing(phases ...int) (sum time.Duration) {
	covered := r.covered(phases)
	if covered == nil {
		covered = spell{{0, r.Now()}}
	}
	for _, c := range covered {
		sum += c.until - c.from
	}
	for i := range r.Windows {
		w := &r.Windows[i]
		if within := covered.within(w.Begin(), w.End()); w.Excluded() {
			sum -= within
		} else {
			sum -= min(w.Paused, within)
		}
	}
	return sum
}
