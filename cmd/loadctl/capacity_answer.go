package main

import (
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/curve"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/saturation"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/usl"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/stats"
)

// A capacityAnswer is what a search found, and what its trials show beside: result.json. Of a frontier
// the capacity is that with the most connections of which one is known.
type capacityAnswer struct {
	Schema string `json:"schema"`
	capacity.Result
	ExitCode   int               `json:"exit_code"`
	Target     string            `json:"target"`
	Arrivals   string            `json:"arrivals"`
	Held       int               `json:"connections,omitempty"` // held meanwhile
	Frontier   *frontier.Result  `json:"frontier,omitempty"`
	Saturation saturation.Answer `json:"saturation"`
	Curve      []curve.Point     `json:"curve,omitempty"` // of goodput
	Knee       *curve.Knee       `json:"knee,omitempty"`
	Headroom   *curve.Headroom   `json:"headroom,omitempty"` // above --peak
	Scaling    usl.Fit           `json:"usl"`
	Points     []usl.Point       `json:"usl_points,omitempty"`
}

// answer is what is known by now.
func (f capacityFinder) answer(p *capacityPlan) *capacityAnswer {
	a := &capacityAnswer{Schema: "loadctl.capacity/v1", Target: p.Target, Arrivals: p.Arrivals}
	if f.grid != nil {
		a.ofGrid(f.grid.Result())
	} else {
		a.Result = f.one.Result()
	}
	a.meanwhile(p)
	a.Flags = append(a.Flags, p.Flags...)
	a.beside(p)
	a.ExitCode = a.Result.ExitCode()
	return a
}

func (a *capacityAnswer) ofGrid(r frontier.Result) {
	a.Frontier = &r
	a.Result = capacity.Result{Limiting: -1, Axis: capacity.Rate}
	var all []capacity.Tried
	for i := range r.Levels {
		l := &r.Levels[i]
		all = append(all, l.Lost...)
		if l.Rate == nil {
			continue
		}
		all = append(all, l.Rate.Trials...)
		if l.Rate.Capacity > 0 || a.Result.Capacity == 0 {
			a.Result, a.Held = *l.Rate, l.Connections
		}
	}
	a.Outcome, a.Why, a.Took, a.Trials = r.Outcome, r.Why, r.Took, byNumber(all)
}

// meanwhile says what was held or asked for beside, of which results of an earlier loadctl do not tell.
func (a *capacityAnswer) meanwhile(p *capacityPlan) {
	switch {
	case a.Frontier != nil:
		a.Beside = trial.Load{Connections: a.Held}
	case p.Config.Axis == capacity.Connections:
		a.Beside = trial.Load{Rate: p.Config.Rate}
	default:
		a.Beside = trial.Load{Connections: p.Config.Connections}
	}
	a.Held = a.Beside.Connections
}

// beside works out what the trials show that is no capacity.
func (a *capacityAnswer) beside(p *capacityPlan) {
	var told []trial.Told
	var loaded []saturation.Loaded
	for i := range a.Trials {
		t := &a.Trials[i]
		if a.Frontier != nil && t.Connections != a.Held {
			continue // each level has a capacity of its own
		}
		load := t.Rate
		if a.Axis == capacity.Connections {
			load = float64(t.Connections)
		}
		if t.Broken == "" && t.Validity != stats.Invalid {
			told = append(told, t.Told)
		}
		if t.Used { // a cold target is at bounds of its own
			loaded = append(loaded, saturation.Loaded{Load: load, Told: t.Told})
		}
	}
	switch {
	case a.Outcome == capacity.Nothing:
		a.Saturation = saturation.Across(loaded, 0, 0)
	case a.Capacity > 0:
		a.Saturation = saturation.Across(loaded, a.Low, a.High)
	}
	if a.Axis != capacity.Rate {
		return
	}
	a.Curve, a.Points = curve.Points(told), usl.Points(told)
	knee := curve.KneeOf(a.Curve)
	a.Knee, a.Scaling = &knee, usl.New(a.Points, 1)
	if h, known := curve.At(p.Peak, a.Capacity, a.Low, a.High); known {
		h.Confidence = a.Confidence
		a.Headroom = &h
	}
}

// shown is the answer as reports take it.
func (a *capacityAnswer) shown() answers.Capacity {
	c := answers.Capacity{Result: a.Result, Saturation: a.Saturation}
	if a.Frontier != nil {
		c.Result.Trials = slices.DeleteFunc(slices.Clone(a.Trials), func(t capacity.Tried) bool { return t.Connections != a.Held })
		for i := range a.Frontier.Levels {
			if l := &a.Frontier.Levels[i]; l.Rate != nil {
				c.Frontier = append(c.Frontier, answers.Corner{Connections: l.Connections, Result: *l.Rate})
			}
		}
	}
	if a.Axis == capacity.Rate && len(a.Points) > 0 {
		c.Scaling = a.scaling()
	}
	return c
}

func (a *capacityAnswer) scaling() *answers.Scaling {
	f := &a.Scaling
	s := &answers.Scaling{Trustworthy: f.Trustworthy, Why: strings.TrimPrefix(f.Why, "fit not trustworthy: "), Gamma: f.Gamma.Value, Alpha: f.Alpha.Value, Beta: f.Beta.Value,
		Peak: f.Peak.Value, PeakLow: f.Peak.Low, PeakHigh: f.Peak.High}
	for _, d := range f.Curve {
		s.Users, s.Fit = append(s.Users, d.N), append(s.Fit, d.X.Value)
		s.FitLow, s.FitTop = append(s.FitLow, d.X.Low), append(s.FitTop, d.X.High)
	}
	for _, p := range a.Points {
		s.SeenUsers, s.SeenThroughput = append(s.SeenUsers, p.N), append(s.SeenThroughput, p.X)
	}
	return s
}

// remarks are what is said beside the answer.
func (a *capacityAnswer) remarks() (all []string) {
	if a.Frontier != nil {
		all = append(all, a.Frontier.Sentences()...)
	}
	if a.Headroom != nil {
		all = append(all, a.Headroom.String())
	}
	if a.Saturation.Text != "" {
		all = append(all, a.Saturation.Text)
	}
	if a.Knee != nil && a.Knee.Load > 0 {
		all = append(all, kneeWords(a.Knee))
	}
	for i, text := range all {
		all[i] = strings.TrimSuffix(text, ".") + "."
	}
	return all
}
