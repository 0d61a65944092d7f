package saturation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A Part is how often one part of the system was at its bound in the trials of a search.
type Part struct {
	Part   string        `json:"part"`
	What   string        `json:"what"`  // as the trial next above the capacity had it, or else the one next below
	Above  int           `json:"above"` // trials above the capacity in which it was
	Below  int           `json:"below"`
	Firsts int           `json:"firsts"`  // trials above in which nothing was before it
	From   time.Duration `json:"from_ns"` // in the median of those above
}

// An Answer is what limits a target, by its trials above the capacity and those below.
type Answer struct {
	Above  int    `json:"above"` // trials that were looked at
	Below  int    `json:"below"`
	Limits []Part `json:"limits,omitempty"` // at their bounds above and not below, the likeliest first
	Always []Part `json:"always,omitempty"` // at their bounds on either side, so that they say nothing of it
	Text   string `json:"text"`             // for people
}

// often is the share of trials from which on something is so above, and seldom that up to which it
// is not below: of three trials one may be another.
const (
	often  = 2.0 / 3
	seldom = 1.0 / 3
)

// A Loaded is a trial and its load, on the axis that was searched.
type Loaded struct {
	Load float64
	trial.Told
}

// Across says which parts are at their bounds in trials above a capacity and not in those
// below. Trials between the ends of its interval are on no side. high 0 = it has no end:
// nothing was above. A capacity of 0 has all trials above.
func Across(trials []Loaded, low, high float64) Answer {
	above, below := sides(trials, low, high)
	a := Answer{Above: len(above), Below: len(below)}
	for _, p := range parts(above, below) {
		up, down := float64(p.Above) >= often*float64(len(above)) && p.Above > 0, float64(p.Below) <= seldom*float64(len(below))
		switch {
		case up && down:
			a.Limits = append(a.Limits, p)
		case up:
			a.Always = append(a.Always, p)
		}
	}
	slices.SortStableFunc(a.Limits, func(p, q Part) int {
		return cmp.Or(cmp.Compare(q.Firsts, p.Firsts), cmp.Compare(p.From, q.From), cmp.Compare(depth(p.Part), depth(q.Part)))
	})
	a.Text = a.text()
	return a
}

// sides are the trials that show the target, those next to the capacity first.
func sides(trials []Loaded, low, high float64) (above, below []Loaded) {
	for _, t := range trials {
		switch {
		case t.Broken != "" || t.Validity == stats.Invalid:
		case high > 0 && t.Load > high || low <= 0 && high <= 0:
			above = append(above, t)
		case t.Load < low:
			below = append(below, t)
		}
	}
	slices.SortStableFunc(above, func(a, b Loaded) int { return cmp.Compare(a.Load, b.Load) })
	slices.SortStableFunc(below, func(a, b Loaded) int { return cmp.Compare(b.Load, a.Load) })
	return above, below
}

// parts counts each part once a trial.
func parts(above, below []Loaded) (all []Part) {
	from := map[string][]time.Duration{}
	count := func(trials []Loaded, see func(p *Part, first bool)) {
		for _, t := range trials {
			var seen []string
			for i, s := range t.Saturated {
				if slices.Contains(seen, s.Part) {
					continue
				}
				seen = append(seen, s.Part)
				at := slices.IndexFunc(all, func(p Part) bool { return p.Part == s.Part })
				if at < 0 {
					at, all = len(all), append(all, Part{Part: s.Part, What: s.What})
				}
				see(&all[at], i == 0)
				from[s.Part] = append(from[s.Part], s.From)
			}
		}
	}
	count(above, func(p *Part, first bool) {
		p.Above++
		if first {
			p.Firsts++
		}
	})
	for i := range all {
		times := slices.Sorted(slices.Values(from[all[i].Part]))
		all[i].From = times[(len(times)-1)/2]
	}
	count(below, func(p *Part, _ bool) { p.Below++ })
	return all
}

func (a *Answer) text() string {
	if a.Above == 0 {
		return "no trial was above the capacity: what limits the target there was not seen"
	}
	if len(a.Limits) == 0 && len(a.Always) == 0 {
		return fmt.Sprintf("nothing that is watched was at its bound in the %s above the capacity: watch more of the target, its database and its machine by target.monitor", trials(a.Above))
	}
	if len(a.Limits) == 0 {
		return fmt.Sprintf("nothing that is watched was at its bound above the capacity alone; %s", a.always())
	}
	p := &a.Limits[0]
	who, figures := parted(p.What)
	text := fmt.Sprintf("%s: at its bound in %d of the %s above the capacity", who, p.Above, trials(a.Above))
	if a.Below > 0 {
		text += fmt.Sprintf(", and in %d of the %s below", p.Below, trials(a.Below))
	}
	if figures != "" {
		text += fmt.Sprintf(" (%s, from %s on)", figures, second(p.From))
	}
	for i := range a.Limits[1:] {
		who, _ := parted(a.Limits[i+1].What)
		text += fmt.Sprintf("; then %s, in %d", who, a.Limits[i+1].Above)
	}
	if len(a.Always) > 0 {
		text += "; " + a.always()
	}
	return text
}

func (a *Answer) always() string {
	var names []string
	for i := range a.Always {
		who, _ := parted(a.Always[i].What)
		names = append(names, who)
	}
	return strings.Join(names, ", ") + " at the bound below it too, which is not what the capacity comes from alone"
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}
