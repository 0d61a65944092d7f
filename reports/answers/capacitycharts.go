package answers

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/brief"
)

// shown is the clause whose bad share is drawn: that which breaks first, else the first.
func (a *capacityWords) shown() int {
	if a.Limiting >= 0 && a.Limiting < len(a.Clauses) {
		return a.Limiting
	}
	return 0
}

func (a *capacityWords) count(counts []trial.Count) (trial.Count, bool) {
	if i := a.shown(); i < len(counts) && counts[i].N > 0 {
		return counts[i], true
	}
	return trial.Count{}, false
}

func (a *capacityWords) badText(counts []trial.Count) string {
	c, ok := a.count(counts)
	if !ok {
		return "–"
	}
	return share(c.Share())
}

// badShare is the bad share of each trial against its load, with the fitted curve.
func (a *capacityWords) badShare() *brief.Plot {
	i := a.shown()
	if i >= len(a.Clauses) {
		return nil
	}
	clause := a.Clauses[i]
	clouds, low, high := a.badPoints(clause)
	if clouds == nil {
		return nil
	}
	p := &brief.Plot{Head: brief.Head{ID: "bad-share", Name: "Bad requests against load", Wide: true,
		About: fmt.Sprintf("The share of requests that %s calls bad, on a log scale. Each point is a trial with its own 95 %% interval; ▽ at the lower edge: none was bad.", clause.Expr)},
		X: brief.Linear(a.loadName(), low, high, 8, figure), Clouds: clouds}
	p.Y = brief.Logarithmic("bad requests", lowest(clause), 1, share)
	p.Rules = append(p.Rules, brief.Rule{At: clause.Allowed, Label: "allowed: " + share(clause.Allowed), Ink: brief.Red})
	if a.Low > 0 && a.High > 0 {
		p.Bands = append(p.Bands, brief.Band{Name: a.interval() + " of the capacity", Ink: brief.Blue, From: a.Low, To: a.High})
	}
	if a.Capacity > 0 {
		p.Rules = append(p.Rules, brief.Rule{Stands: true, At: a.Capacity, Label: a.amount(a.Capacity), Ink: brief.Blue})
	}
	if i < len(a.Fits) && a.Fits[i].Known {
		p.Lines = append(p.Lines, fitted(a.Fits[i], clause.Allowed, p.X, p.Y))
	}
	p.Words = p.About + " " + a.headline()
	return p
}

func (a *capacityWords) loadName() string {
	if a.Axis == "connections" {
		return "connections"
	}
	return "offered load, iterations a second"
}

// badPoints are the trials near enough to the limit to be shown, with the loads they span.
func (a *capacityWords) badPoints(clause trial.Clause) (clouds []brief.Cloud, low, high float64) {
	kinds := []brief.Cloud{{Name: "held", Ink: brief.Green}, {Name: "broke", Ink: brief.Red}, {Name: "not counted in the fit", Ink: brief.Grey, Hollow: true}}
	low, high = math.Inf(1), 0
	for _, t := range a.Trials {
		c, ok := a.count(t.Counts)
		load := a.load(t.Load)
		if !ok || !a.near(load) {
			continue
		}
		low, high = min(low, load), max(high, load)
		pt := brief.Point{X: load, Y: c.Share(), Edge: c.Bad == 0, Tip: fmt.Sprintf("trial %d, %s at %s: %s bad of %s, %s", t.Number, t.Kind, a.amount(load), share(c.Share()), many(int(c.N), "request", "requests"), badRange(c))}
		pt.Low, pt.High = interval(c)
		pt.Low = max(pt.Low, lowest(clause))
		k := 1
		if !t.Used {
			k = 2
		} else if t.Held {
			k = 0
		}
		kinds[k].Points = append(kinds[k].Points, pt)
	}
	for _, k := range kinds {
		if len(k.Points) > 0 {
			clouds = append(clouds, k)
		}
	}
	if high-low < 0.1*high { // one load, or nearly: it stands in the middle
		low, high = low-0.05*high, high*1.05
	}
	return clouds, low, high
}

// lowest is the least share that is drawn: what lies below is as good as nothing. A clause may allow none at all.
func lowest(c trial.Clause) float64 {
	if c.Allowed <= 0 {
		return 1e-5
	}
	return c.Allowed / 60
}

// near tells loads that are close enough to the answer to be drawn beside it.
func (a *capacityWords) near(load float64) bool {
	reach := max(0.12*a.Capacity, 2.5*(a.High-a.Low))
	return a.Capacity <= 0 || math.Abs(load-a.Capacity) <= reach
}

func badRange(c trial.Count) string {
	low, high := interval(c)
	return fmt.Sprintf("95 %% interval %s to %s", share(low), share(high))
}

// fitted is the law near the limit, as far as the axes go.
func fitted(f capacity.Fit, allowed float64, x, y brief.Axis) brief.Line {
	l := brief.Line{Name: "fitted to all trials", Ink: brief.Blue}
	const steps = 120
	for i := range steps + 1 {
		load := x.Low + (x.High-x.Low)*float64(i)/steps
		bad := allowed * math.Pow(load/f.Capacity, f.Elasticity)
		if load > 0 && bad >= y.Low && bad <= min(y.High, allowed*30) {
			l.Places = append(l.Places, brief.Place{X: load, Y: bad})
		}
	}
	return l
}

// service is what the target gave at each load.
func (a *capacityWords) service() brief.Section {
	s := brief.Section{ID: "service", Title: "What users got"}
	trials := a.measured()
	if len(trials) == 0 {
		s.Parts = append(s.Parts, brief.Text("No trial was measured."))
		return s
	}
	s.Parts = append(s.Parts, a.throughput(trials), a.times(trials))
	return s
}

// measured are the trials that show the target, by load.
func (a *capacityWords) measured() (all []capacity.Tried) {
	for _, t := range a.Trials {
		if validTrial(t.Validity, t.Broken) && t.Requests > 0 {
			all = append(all, t)
		}
	}
	return byLoad(all, func(t capacity.Tried) float64 { return a.load(t.Load) })
}

func (a *capacityWords) throughput(trials []capacity.Tried) *brief.Plot {
	p := &brief.Plot{Head: brief.Head{ID: "goodput", Name: "Throughput and goodput", About: "OK answers a second, and those of them that no limit calls bad. Past the capacity the target still answers, but too late."}}
	through, good := brief.Line{Name: "throughput: OK", Ink: brief.Orange, Dots: true}, brief.Line{Name: "goodput: OK and in time", Ink: brief.Green, Dots: true}
	most, top := 0.0, 0.0
	for _, t := range trials {
		x := a.load(t.Load)
		most, top = max(most, x), max(top, t.Throughput, t.Good)
		through.Places, good.Places = append(through.Places, brief.Place{X: x, Y: t.Throughput}), append(good.Places, brief.Place{X: x, Y: t.Good})
	}
	p.X, p.Y = brief.Linear(a.loadName(), 0, most, 6, figure), brief.Linear("answers a second", 0, top, 5, figure)
	p.Lines = []brief.Line{through, good}
	a.markCapacity(p)
	p.Words = fmt.Sprintf("%s Highest goodput %s.", p.About, rate(highest(good)))
	return p
}

func highest(l brief.Line) (top float64) {
	for _, p := range l.Places {
		top = max(top, p.Y)
	}
	return top
}

// markCapacity shows where the answer lies.
func (a *capacityWords) markCapacity(p *brief.Plot) {
	if a.Low > 0 && a.High > 0 {
		p.Bands = append(p.Bands, brief.Band{Name: "interval of the capacity", Ink: brief.Blue, From: a.Low, To: a.High})
	} else if a.Capacity > 0 {
		p.Rules = append(p.Rules, brief.Rule{Stands: true, At: a.Capacity, Label: "capacity", Ink: brief.Blue})
	}
}

func (a *capacityWords) times(trials []capacity.Tried) *brief.Plot {
	p := &brief.Plot{Head: brief.Head{ID: "times", Name: "Response time against load", About: "From the intended start; log scale. Trials whose percentile failed requests reach into have no point."}}
	low, high, most := math.Inf(1), 0.0, 0.0
	for _, q := range []struct {
		name string
		ink  brief.Ink
		of   func(trial.Told) time.Duration
	}{{"p50", brief.Blue, func(t trial.Told) time.Duration { return t.P50 }}, {"p90", brief.Sky, func(t trial.Told) time.Duration { return t.P90 }}, {"p99", brief.Red, func(t trial.Told) time.Duration { return t.P99 }}} {
		l := brief.Cloud{Name: q.name, Ink: q.ink}
		for _, t := range trials {
			most = max(most, a.load(t.Load))
			if d := q.of(t.Told).Seconds(); d > 0 {
				low, high = min(low, d), max(high, d)
				l.Points = append(l.Points, brief.Point{X: a.load(t.Load), Y: d, Tip: fmt.Sprintf("trial %d at %s: %s %s", t.Number, a.amount(a.load(t.Load)), q.name, seconds(d))})
			}
		}
		if len(l.Points) > 0 {
			p.Clouds = append(p.Clouds, l)
		}
	}
	p.X, p.Y = brief.Linear(a.loadName(), 0, most, 6, figure), brief.Logarithmic("response time", low*0.8, high*1.25, seconds)
	a.markCapacity(p)
	p.Words = p.About
	return p
}

func seconds(f float64) string { return span(time.Duration(f * float64(time.Second))) }

// timeline is which load was tried when.
func (a *capacityWords) timeline() *brief.Plot {
	kinds := []brief.Cloud{{Name: "held", Ink: brief.Green}, {Name: "broke", Ink: brief.Red}, {Name: "invalid, or no trial", Ink: brief.Grey, Hollow: true}}
	at, low, high := time.Duration(0), math.Inf(1), 0.0
	path := brief.Line{Ink: brief.Grey, Dotted: true}
	for _, t := range a.Trials {
		x, y := (at + t.Took/2).Minutes(), a.load(t.Load)
		at += t.Took
		if y <= 0 {
			continue
		}
		k := 1
		if !validTrial(t.Validity, t.Broken) {
			k = 2
		} else if t.Held {
			k = 0
		}
		low, high = min(low, y), max(high, y)
		path.Places = append(path.Places, brief.Place{X: x, Y: y})
		kinds[k].Points = append(kinds[k].Points, brief.Point{X: x, Y: y, Tip: fmt.Sprintf("trial %d, %s: %s", t.Number, t.Kind, a.amount(y))})
	}
	if high == 0 {
		return nil
	}
	p := &brief.Plot{Head: brief.Head{ID: "timeline", Name: "The search over time", About: "Each trial at its load, log scale. Most of the time is spent near the limit.", Wide: true},
		X: brief.Linear("minutes since the search began", 0, at.Minutes(), 10, minutes), Y: brief.Logarithmic("load", low*0.9, high*1.1, figure), Lines: []brief.Line{path}}
	for _, k := range kinds {
		if len(k.Points) > 0 {
			p.Clouds = append(p.Clouds, k)
		}
	}
	if a.Low > 0 && a.High > 0 {
		p.Bands = []brief.Band{{Name: "interval of the capacity", Ink: brief.Blue, Flat: true, From: a.Low, To: a.High}}
	}
	p.Words = fmt.Sprintf("%s %s.", p.About, many(len(a.Trials), "trial", "trials"))
	return p
}
