package view

import (
	"fmt"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// atCaps says of each series that has a bound when it was there, as far as samples tell.
func atCaps(m *stats.Monitor) (full []string) {
	for i, s := range m.Series {
		bound := slices.IndexFunc(m.Series, func(o stats.MonitorSeries) bool { return o.Name == s.Cap })
		if s.Cap == "" || bound < 0 {
			continue
		}
		if t, at := atCap(m, i, bound); at {
			full = append(full, fmt.Sprintf("%s: %s of %s %s (%s)", s.Label, Number(m.Values[i][t.top]), Number(m.Values[bound][t.top]), s.AtCap, t.when(m)))
		}
	}
	return full
}

// there is the samples of a series at its bound: how many, the first and the last, and the
// one where the bound was highest.
type there struct{ n, first, last, top int }

func atCap(m *stats.Monitor, series, bound int) (t there, at bool) {
	for i := range m.Times {
		v, most := m.Values[series][i], m.Values[bound][i]
		if !(most > 0 && v >= most) { // one of them may not have been told
			continue
		}
		if t.n == 0 {
			t.first, t.top = i, i
		}
		if t.last = i; most > m.Values[bound][t.top] {
			t.top = i
		}
		t.n++
	}
	return t, t.n > 0
}

func (t there) when(m *stats.Monitor) string {
	if t.n == 1 {
		return "one sample, at " + Clock(m.Times[t.first])
	}
	return fmt.Sprintf("%d of %d samples, from %s to %s", t.n, len(m.Times), Clock(m.Times[t.first]), Clock(m.Times[t.last]))
}

// fullNotes name what was at its bound where everybody looks: it explains what requests met.
func fullNotes(all []Monitor) (n []string) {
	for _, m := range all {
		switch len(m.Full) {
		case 0:
		case 1:
			n = append(n, fmt.Sprintf("%s %s.", m.Name, m.Full[0]))
		default:
			n = append(n, fmt.Sprintf("%s %s; and %d more like it.", m.Name, m.Full[0], len(m.Full)-1))
		}
	}
	return n
}
