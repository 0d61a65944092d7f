package view

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Lens looks at one growing run again and again. It keeps what cannot change
// any more (the points, trends and heat of closed windows), so that a look costs the
// same after an hour as after a minute. The zero value is ready; it belongs to
// one goroutine.
type Lens struct {
	points []Point
	trends map[string][]time.Duration // by request name, a window each
	heat   heatmap
	sure   Sure
	sureAt int // windows that sure is of
	seen   int
	marks  int      // see stats.Run.Marks
	said   []string // of the end, which does not change
}

// Look computes what is going on, over the last seconds windows; 0 means the
// whole run. The slices of the result are not written by later looks.
func (l *Lens) Look(r *stats.Run, seconds int) Live {
	v := Live{
		RunID: r.Info.RunID, Scenario: r.Info.Scenario, File: r.Info.File, Target: r.Info.Target,
		Model: r.Info.Model, Arrivals: r.Info.Arrivals,
		Planned: r.Info.Planned, Timeout: r.Info.Timeout, Validity: r.Validity, ConnAsked: r.Info.Asked,
		PacerLagLimit: r.Info.LagLimit(), Events: slices.Clip(r.Events),
	}
	l.lookAtEnd(r, &v)
	if r.Layout == nil {
		return v
	}
	v.Closed, v.Said = r.Layout.ClosedOnly(), l.sayAtEnd(r)
	v.Phases = livePhases(r)
	v.Phase, v.PhaseNumber = current(v.Phases)
	l.catchUp(r)
	v.Points, v.Heat, v.Sure = slices.Clip(l.points), l.heat.grid(), l.sure
	l.lookAtWindow(r, &v, lastWindows(r.Windows, seconds))
	v.Thresholds = thresholds(r)
	for _, t := range v.Thresholds {
		switch {
		case t.NoData && r.Result == nil:
			v.Waiting++
		case t.Held:
			v.Held++
		default:
			v.Broken++
		}
	}
	v.Errors = errorRows(r, everything)
	v.Accounting, v.Warmup = r.Accounting(true), r.Accounting(false)
	v.Censored = v.Accounting.Classes[stats.Censored] + v.Warmup.Classes[stats.Censored]
	return v
}

// Look is one look at a run through a new lens.
func Look(r *stats.Run, seconds int) Live { return new(Lens).Look(r, seconds) }

func (l *Lens) lookAtEnd(r *stats.Run, v *Live) {
	v.State = r.State
	if v.State == "" {
		v.State = "starting"
	}
	if n := len(r.Windows); n > 0 {
		v.Elapsed = time.Duration(r.Windows[n-1].Index+1) * time.Second
	}
	if r.Result != nil {
		v.State, v.Elapsed = "done", r.Result.Ended
		v.Verdict, v.ExitCode, v.Reason = r.Result.Verdict, r.Result.ExitCode, r.Result.Reason
	}
}

// sayAtEnd judges once what a run that is over has to say beside its validity.
func (l *Lens) sayAtEnd(r *stats.Run) []string {
	if r.Result == nil || l.said != nil {
		return l.said
	}
	l.said = []string{}
	s := stats.JudgeSteadiness(r)
	for _, said := range []string{limitedBy(r, s).Sentence, unsustained(r, s)} {
		if said != "" {
			l.said = append(l.said, said)
		}
	}
	return l.said
}

// catchUp adds the windows closed since the last look.
func (l *Lens) catchUp(r *stats.Run) {
	if l.seen > len(r.Windows) {
		*l = Lens{}
	}
	for ; l.seen < len(r.Windows); l.seen++ {
		w := r.Windows[l.seen : l.seen+1]
		l.points = append(l.points, PointOf(r, w))
		l.heat.add(r.Layout, w)
		l.addTrends(r, w)
	}
	if l.marks != r.Marks() {
		l.markAgain(r)
	}
	l.beSure(r)
}

// markAgain marks the points of seconds that came to be left out, or no longer are.
func (l *Lens) markAgain(r *stats.Run) {
	l.marks, l.sureAt = r.Marks(), -1
	l.points = slices.Clone(l.points)
	for i := range l.points {
		l.points[i].Excluded = r.Windows[i].Excluded()
	}
}

// beSure asks for intervals anew. That walks every bin of every row, the more the longer
// the run, and a second changes little: so it is done once in five, and at the end.
func (l *Lens) beSure(r *stats.Run) {
	const every = 5
	fresh := l.seen - l.sureAt
	if l.sureAt < 0 || fresh >= every || fresh > 0 && r.Result != nil {
		l.sure, l.sureAt = sureOf(r, recorded), l.seen
	}
}

func (l *Lens) addTrends(r *stats.Run, w []stats.Window) {
	if l.trends == nil {
		l.trends = map[string][]time.Duration{}
	}
	for _, p := range piles(r.Layout, cellsOf(w), requests) {
		l.trends[p.name] = append(l.trends[p.name], p.p99())
	}
}

func lastWindows(all []stats.Window, seconds int) []stats.Window {
	if seconds > 0 && seconds < len(all) {
		return all[len(all)-seconds:]
	}
	return all
}

func (l *Lens) lookAtWindow(r *stats.Run, v *Live, w []stats.Window) {
	v.Window = len(w)
	if len(w) == 0 {
		return
	}
	sound := soundOf(w)
	v.Excluded = len(w) - len(sound)
	seconds := float64(max(len(sound), 1))
	cells, phases := cellsOf(sound), phasesOf(w)
	if len(w) == len(r.Windows) {
		cells = [][]stats.CellStats{r.Sound().Cells}
	}
	rows := piles(r.Layout, cells, requests)
	all := sum(rows)
	v.Offered, v.Achieved = float64(all.Intended)/seconds, float64(all.answers())/seconds
	v.ErrorRate = share(all.Bad(), all.Ended())
	v.TX, v.RX = float64(all.BytesOut)/seconds, float64(all.BytesIn)/seconds
	v.NotSent = all.Classes[stats.NotSent]
	v.InFlight, v.Queued, v.VUs = phases.InFlight, phases.Queued, phases.VUs
	v.ConnOpen, v.ConnHeld = phases.ConnOpen, phases.ConnHeld
	v.ConnOpenRate = float64(phases.ConnOpened) / float64(len(w))
	v.PacerLag = lagOf(r, sound).Percentile(99)
	for i := range r.Total().Phases {
		p := &r.Total().Phases[i]
		v.ConnDropped += p.ConnDropped
		v.ConnFailed += p.ConnFailed
		v.Heartbeats += p.HeartbeatsSent
		v.HeartbeatsMissing += p.HeartbeatsSent - min(p.HeartbeatsAnswered, p.HeartbeatsSent)
	}
	v.All = liveRow(all, seconds, all.Ended())
	v.All.Connect = TimesOf(phases.Connect, 0)
	v.All.Trend = l.trendOfAll()
	for _, p := range rows {
		row := liveRow(p, seconds, all.Ended())
		row.Trend = newest(l.trends[p.name])
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b LiveRow) int { return cmp.Compare(b.Ended, a.Ended) })
	v.Agents = liveAgents(r, w)
	for _, a := range v.Agents {
		if a.State == "ok" {
			v.AgentsOK++
		}
	}
}

// soundOf leaves excluded windows out.
func soundOf(w []stats.Window) []stats.Window {
	if !slices.ContainsFunc(w, func(one stats.Window) bool { return one.Excluded() }) {
		return w
	}
	return slices.DeleteFunc(slices.Clone(w), func(one stats.Window) bool { return one.Excluded() })
}

func liveRow(p *pile, seconds float64, ended uint64) LiveRow {
	return LiveRow{
		Name: p.name, PerSecond: float64(p.Ended()) / seconds, Share: share(p.Ended(), ended),
		ErrorRate: share(p.Bad(), p.Ended()), Ended: p.Ended(), Failed: p.Bad(),
		RX:       float64(p.BytesIn) / seconds,
		Response: p.response(), Service: TimesOf(p.Service, 0), FirstByte: TimesOf(p.FirstByte, 0),
	}
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// newest cuts a trend to its last seconds.
func newest(trend []time.Duration) []time.Duration {
	return slices.Clip(trend[max(0, len(trend)-TrendLength):])
}

// trendOfAll is the response p99 of all requests in each of the last seconds.
func (l *Lens) trendOfAll() (p99 []time.Duration) {
	for _, p := range l.points[max(0, len(l.points)-TrendLength):] {
		p99 = append(p99, p.Response.P99.Value)
	}
	return p99
}

func (p *pile) p99() time.Duration { return QuantileOf(p.Response, p.Bad(), 99).Value }

func livePhases(r *stats.Run) []LivePhase {
	phases, now := make([]LivePhase, len(r.Layout.Phases)), r.Now()
	for i, key := range r.Layout.Phases {
		p := LivePhase{Name: key.Name, Recorded: key.Recorded, Closed: key.Closed, Holds: key.Holds, Begin: stats.Never, End: stats.Never}
		if i < len(r.Spans) {
			s := r.Spans[i]
			p.Begin, p.End = s.Begin, s.End
			p.Ended = s.End != stats.Never && s.End <= now // a span may say its end in advance
			p.Running = s.Begin != stats.Never && s.Begin <= now && !p.Ended
		}
		phases[i] = p
	}
	return phases
}

// current names the phases that issue load now.
func current(phases []LivePhase) (names string, number int) {
	var running []string
	for i, p := range phases {
		if p.Running {
			running, number = append(running, p.Name), i+1
		}
	}
	return strings.Join(running, " + "), number
}
