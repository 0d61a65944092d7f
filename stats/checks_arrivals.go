package stats

import (
	"fmt"
	"iter"
	"math"
)

// Limits of how an agent keeps to its schedule in a window.
const (
	issuedSlight = 0.999 // of the arrivals due, that are to be taken up in time
	issuedGrave  = 0.99
	// Chances of arrivals such as were seen, or less likely ones. Two seconds are enough
	// to degrade a run of up to 199: at 1e-3 one clean run in a hundred would be.
	lawSlight = 5e-4
	lawGrave  = 1e-6
	lawHolds  = 0.01 // what is shown as in keeping with the law
)

// recorded gives the tests of recorded phases.
func (w *AgentWindow) recorded(l *Layout) iter.Seq[*ArrivalTest] {
	return func(yield func(*ArrivalTest) bool) {
		for i := range w.Arrivals {
			t := &w.Arrivals[i]
			if l != nil && t.Phase >= 0 && t.Phase < len(l.Phases) && l.Phases[t.Phase].Recorded && !yield(t) {
				return
			}
		}
	}
}

func hasArrivals(r *Run, w *Window) bool {
	for i := range w.Agents {
		for range w.Agents[i].recorded(r.Layout) {
			return true
		}
	}
	return false
}

// issuedOfWindow holds what was taken up against what was due. One arrival is no share.
func issuedOfWindow(r *Run, _ *Window, a *AgentWindow) finding {
	var due, overdue uint64
	for t := range a.recorded(r.Layout) {
		due, overdue = due+t.Due, overdue+t.Overdue
	}
	if overdue < 2 {
		return finding{}
	}
	missed := float64(overdue) / float64(max(due, overdue))
	f := finding{size: missed, text: fmt.Sprintf("%d of the %d arrivals due in a second had waited for the generator longer than %s at its end",
		overdue, due, short(Grace(r.Info.LagLimit())))}
	switch issued := 1 - missed; {
	case issued < issuedGrave:
		f.grade = Grave
	case issued < issuedSlight:
		f.grade = Slight
	}
	return f
}

// lawOfWindow gives the gravest of an agent's phases.
func lawOfWindow(r *Run, w *Window, a *AgentWindow) finding {
	var worst finding
	tests := w.lawTests(r.Layout)
	for t := range a.recorded(r.Layout) {
		f := t.evenly(r)
		if t.N > 0 {
			f = t.poisson(r, tests)
		}
		if f.grade > worst.grade || f.grade == worst.grade && f.size > worst.size {
			worst = f
		}
	}
	return worst
}

// lawTests is how many tests of the law there are in a window: by chance one of a
// thousand agents looks like one in a thousand, so that each chance is taken that many
// times (Bonferroni).
func (w *Window) lawTests(l *Layout) (n int) {
	for i := range w.Agents {
		for t := range w.Agents[i].recorded(l) {
			if t.N > 0 {
				n++
			}
		}
	}
	return n
}

// poisson forgives lateness as lag does: once its limit for slight, and lagFactor times
// for grave.
func (a *ArrivalTest) poisson(r *Run, tests int) finding {
	slack := r.Info.lawSlack()
	p := float64(tests) * a.chance(slack)
	f := finding{size: -math.Log10(max(p, 1e-300)), text: "its arrivals were not spread as the schedule says",
		figures: fmt.Sprintf("%s, distance %.2f, dispersion %.1f", chanceText(p), a.D, a.Dispersion)}
	switch {
	case float64(tests)*a.chance(lagFactor*slack) < lawGrave:
		f.grade = Grave
	case p < lawSlight:
		f.grade = Slight
	}
	return f
}

func chanceText(p float64) string {
	if p < 1e-12 {
		return "p < 1e-12"
	}
	return fmt.Sprintf("p = %.0e", p)
}

// evenly looks at the longest gap alone: arrivals that are evenly spaced have no law. In
// gaps far longer than meant lag shows too, so that this degrades a run at most.
func (a *ArrivalTest) evenly(r *Run) finding {
	if a.Gap == 0 || a.MaxGap <= a.Gap+lagFactor*r.Info.LagLimit() {
		return finding{}
	}
	return finding{grade: Slight, size: a.MaxGap.Seconds(), text: fmt.Sprintf(
		"%s without an arrival, where the schedule leaves %s at most", short(a.MaxGap), short(a.Gap))}
}

// A lawWatch follows how recorded arrivals kept to their schedule.
type lawWatch struct {
	Punctuality
	chi2, free float64
}

// Punctuality is how agents kept to the schedules of recorded open phases.
type Punctuality struct {
	// Due are the arrivals due in windows that were tested, Overdue those of them that
	// were not taken up in time, both as in ArrivalTest.
	Due, Overdue uint64
	// Tested are the seconds in which the law of Poisson arrivals was, Passed those in
	// which they kept to it at p > 0.01.
	Tested, Passed int
	// Dispersion is that of all their counts; 0 where it is not known.
	Dispersion float64
}

// Issued is which part of what was due was taken up in time; 1 where nothing was due.
func (p Punctuality) Issued() float64 {
	if p.Due == 0 {
		return 1
	}
	return 1 - float64(p.Overdue)/float64(p.Due)
}

// Punctuality sums up what agents told of seconds that are not excluded.
func (r *Run) Punctuality() Punctuality {
	p := r.law.Punctuality
	if r.law.free > 0 {
		p.Dispersion = r.law.chi2 / r.law.free
	}
	return p
}

// watch takes up a window. A second keeps to the law when the least likely of its tests
// does; only a tick of lateness is forgiven.
func (l *lawWatch) watch(r *Run, w *Window) {
	if w.Excluded() {
		return
	}
	tests, least := float64(w.lawTests(r.Layout)), 1.0
	for i := range w.Agents {
		for t := range w.Agents[i].recorded(r.Layout) {
			l.Due, l.Overdue = l.Due+t.Due, l.Overdue+t.Overdue
			if t.N == 0 {
				continue
			}
			least = min(least, tests*t.distanceP(r.Info.Tick))
			free := float64(max(t.Bins-1, 0))
			l.chi2, l.free = l.chi2+t.Dispersion*free, l.free+free
		}
	}
	if tests > 0 {
		l.Tested++
		if least > lawHolds {
			l.Passed++
		}
	}
}
