package saturation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A law says when a series of a monitor is at a bound. A name stands for itself, and for a
// family of series with labels: those are compared with the bound of the same labels.
type law struct {
	part string
	who  string   // in words; of a family the labels come behind
	of   []string // series whose values are added up; the first must be told, the others may be absent

	// The bound: another series, or else a number. A bound of 0 told by a series is none.
	bound string
	most  float64
	less  float64 // of the bound that is kept for others

	near  float64 // share of the bound from which it is reached; 0 = 1
	past  float64 // share from which it is something else; 0 = none
	grows bool    // the series is a total: what counts is that it grew

	beside string // a series that is then at its own bound, told by nobody: what was largest of it is that bound
	means  string // what it means to be there, behind the figures
	unit   string
}

// A watched is a monitor whose series are found by name.
type watched struct {
	*stats.Monitor
	at map[string]int
}

func watch(m *stats.Monitor) watched {
	w := watched{m, map[string]int{}}
	for i, s := range m.Series {
		w.at[s.Name] = i
	}
	return w
}

// value is that of one sample, NaN where it was not told.
func (w watched) value(name string, sample int) float64 {
	i, ok := w.at[name]
	if !ok {
		return math.NaN()
	}
	return w.Values[i][sample]
}

// suffixes are what stands behind the name of a family, for each series of it: "" for itself.
func (w watched) suffixes(name string) (all []string) {
	for _, s := range w.Series {
		if rest, ok := strings.CutPrefix(s.Name, name); ok && (rest == "" || rest[0] == '{') {
			all = append(all, rest)
		}
	}
	return all
}

// findings are the series of a law that are at their bounds: of a family any number.
func (l *law) findings(w watched, load span) (all []finding) {
	for _, suffix := range w.suffixes(l.of[0]) {
		if f, ok := l.find(w, suffix, load); ok {
			all = append(all, f)
		}
	}
	return all
}

func (l *law) find(w watched, suffix string, load span) (finding, bool) {
	var marks []mark
	var values, bounds []float64
	for i, at := range w.Times {
		v, bound, known := l.sample(w, suffix, i)
		if !known || !load.has(at) {
			continue
		}
		marks = append(marks, mark{at, l.reached(v, bound)})
		values, bounds = append(values, v), append(bounds, bound)
	}
	from, share, ok := forGood(marks)
	if !ok {
		return finding{}, false
	}
	all := ""
	if l.beside != "" {
		if _, _, most, n := w.Spread(w.at[l.beside], marks[from].at, load.end); n > 0 {
			all = fmt.Sprintf("all %s in use, ", number(most))
		}
	}
	what := l.say(suffix, all, values[from:], bounds[len(bounds)-1])
	return finding{trial.Saturated{Part: l.part, What: what, From: marks[from].at - load.begin, Share: share}, w.Every}, true
}

// sample is the value of a law's series and of its bound at one sample.
func (l *law) sample(w watched, suffix string, i int) (v, bound float64, known bool) {
	for k, name := range l.of {
		one := w.value(name+suffix, i)
		if k > 0 && math.IsNaN(one) {
			continue
		}
		if l.grows && i > 0 {
			one -= w.value(name+suffix, i-1)
		}
		v += one
	}
	if bound = l.most; l.bound != "" {
		bound = w.value(l.bound+suffix, i)
		known = bound > 0
		bound -= l.less
	} else {
		known = true
	}
	return v, bound, known && !math.IsNaN(v) && !math.IsInf(v, 0) && !(l.grows && i == 0)
}

// reached says whether a value is at its bound. That of what should be nothing is any.
func (l *law) reached(v, bound float64) bool {
	if bound <= 0 {
		return v > 0
	}
	near := l.near
	if near == 0 {
		near = 1
	}
	return v >= near*bound && (l.past == 0 || v <= l.past*bound)
}

// say tells the figures: the median, of the bound, or of what should be nothing the most.
func (l *law) say(suffix, all string, values []float64, bound float64) string {
	who, unit := l.who, l.unit
	if suffix != "" {
		who += " " + strings.Trim(suffix, "{}")
	}
	if unit != "" {
		unit = " " + unit
	}
	values = slices.Sorted(slices.Values(values))
	if bound <= 0 {
		return fmt.Sprintf("%s: %sup to %s%s %s", who, all, number(values[len(values)-1]), unit, l.means)
	}
	return fmt.Sprintf("%s: %s of %s%s %s", who, number(values[(len(values)-1)/2]), number(bound+l.less), unit, l.means)
}

// number is short for people: counts are whole, and large ones in thousands of millions.
func number(v float64) string {
	switch {
	case math.Abs(v) >= 1e7:
		return fmt.Sprintf("%.3g", v)
	case v == math.Trunc(v) || math.Abs(v) >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
