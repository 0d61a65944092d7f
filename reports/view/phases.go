package view

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// phasesView is a row a phase, in the order of the file.
func phasesView(r *stats.Run) (rows []Phase) {
	total := r.Total()
	for i, key := range r.Layout.Phases {
		p := Phase{Name: key.Name, Model: model(key), Recorded: key.Recorded, Closed: key.Closed, Holds: key.Holds,
			Begin: stats.Never, Connected: stats.Never, End: stats.Never, Finish: stats.Never}
		all := sum(rowsOf(r, inPhase(i)))
		p.Intended, p.Ended, p.ErrorRate, p.Response = all.whole.Intended, all.whole.Ended(), share(all.Bad(), all.Ended()), all.response()
		if i < len(r.Spans) {
			s := r.Spans[i]
			p.Begin, p.Connected, p.End, p.Finish = s.Begin, s.Connected, s.End, s.Finish
			if s.Begin != stats.Never {
				p.PerSecond = per(all.Ended(), r.Issuing(i).Seconds())
			}
		}
		if key.Recorded {
			p.Sure = sureOf(r, func(c stats.CellKey) bool { return c.Recorded && c.Phase == i })
		}
		if i < len(total.Phases) {
			p.ConnOpened = total.Phases[i].ConnOpened
		}
		rows = append(rows, p)
	}
	return rows
}

func model(k stats.PhaseKey) string {
	switch {
	case k.Holds > 0:
		return "hold"
	case k.Closed:
		return "closed"
	}
	return "open"
}

// endpoints is a row a request name, busiest first; past MaxEndpoints the rest
// is one row.
func endpoints(r *stats.Run, rows []*pile, seconds float64) (all []Endpoint) {
	slices.SortStableFunc(rows, func(a, b *pile) int { return cmp.Compare(b.whole.Ended(), a.whole.Ended()) })
	if len(rows) > MaxEndpoints {
		rest := sum(rows[MaxEndpoints-1:])
		rest.name = "(other)"
		rows = append(slices.Clip(rows[:MaxEndpoints-1]), rest)
	}
	for _, p := range rows {
		if p.whole.Intended == 0 && p.whole.Ended() == 0 {
			continue
		}
		all = append(all, Endpoint{
			Name: p.name, Method: p.method, Accounting: stats.Accounting{Intended: p.whole.Intended, Classes: p.whole.Classes}, Ended: p.whole.Ended(),
			PerSecond: per(p.Ended(), seconds), ErrorRate: share(p.Bad(), p.Ended()),
			Response: p.response(), Sure: sureOfName(r, p.name), Service: TimesOf(p.Service, 0), FirstByte: TimesOf(p.FirstByte, 0),
			BytesIn: p.whole.BytesIn, Checks: [2]uint64{p.whole.ChecksPassed, p.whole.ChecksFailed}, Redirects: p.whole.Redirects, Statuses: p.whole.Statuses,
			Trend: trendOf(r, p.name),
		})
	}
	return all
}

// trendPoints bounds the points of a sparkline.
const trendPoints = 60

// trendOf is the response p99 of one name over the run.
func trendOf(r *stats.Run, name string) (p99 []time.Duration) {
	step := max(1, (len(r.Windows)+trendPoints-1)/trendPoints)
	want := func(c stats.CellKey) bool { return c.Name == name && c.Recorded }
	for i := 0; i < len(r.Windows); i += step {
		p99 = append(p99, together(r.Layout, cellsOf(r.Windows[i:min(i+step, len(r.Windows))]), want).p99())
	}
	return p99
}
