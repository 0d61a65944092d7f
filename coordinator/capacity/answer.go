package capacity

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// Result is what is known by now.
func (s *Search) Result() Result {
	r := Result{Axis: s.c.Axis, Confidence: s.c.Confidence, Took: s.took, Clauses: slices.Clone(s.c.Clauses),
		Limiting: -1, Trials: slices.Clone(s.tried), Flags: slices.Clone(s.flags)}
	e := s.estimate()
	r.Fits = s.fitted()
	r.Verified, r.VerifiedBy = s.confirmation()
	switch {
	case s.ended == AtLeast:
		s.atLeastOf(&r, e)
	case s.ended == Nothing:
		r.High, r.Confidence = s.high, 0
	case s.edge(e):
		s.edgeOf(&r)
	case e.known:
		s.estimated(&r, e)
	default:
		r.Confidence = 0
		r.Low, r.High = s.low, s.high
		if s.low > 0 && s.high > 0 {
			r.Capacity = math.Sqrt(s.low * s.high)
		}
	}
	r.Beside = s.c.beside()
	r.Outcome, r.Why = s.outcome(e)
	if text := s.wideFound(&r); text != "" {
		r.Flags = append(r.Flags, text)
	}
	if r.Outcome == AtLeast && s.ended != AtLeast {
		s.atLeastOf(&r, e)
	}
	r.Flags = append(r.Flags, s.degraded()...)
	return r
}

// atLeastOf claims what held, and no more; where something broke already, no more than
// the lower end either.
func (s *Search) atLeastOf(r *Result, e estimate) {
	held := s.highestHeld()
	if e.known {
		held = min(held, math.Exp(e.low))
	}
	r.Capacity, r.Low, r.High, r.Confidence = held, held, 0, 0
	r.Limiting, r.Elasticity = -1, 0
}

func (s *Search) highestHeld() (load float64) {
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Held {
			load = max(load, s.load(t.Ask))
		}
	}
	return load
}

// edgeOf is the answer where a limit that is not counted comes first.
func (s *Search) edgeOf(r *Result) {
	r.Low, r.High, r.Capacity, r.Confidence = s.low, s.high, s.low, 0
	if !s.brokeLong() {
		r.Flags = append(r.Flags, fmt.Sprintf("%s broke for no longer than a short trial takes", s.say(s.uncounted)))
	}
	for i := range s.tried {
		if t := &s.tried[i]; s.load(t.Ask) == s.uncounted && !t.Held && t.Used {
			r.Flags = append(r.Flags, "what breaks first has no share that could be fitted: "+s.reason(&t.Told))
			return
		}
	}
}

func (s *Search) estimated(r *Result, e estimate) {
	r.Capacity, r.Low, r.High = math.Exp(e.median), math.Exp(e.low), math.Exp(e.high)
	r.Limiting, r.Elasticity = e.clause, e.b
	r.Needs = s.needs(e)
}

func (s *Search) fitted() []Fit {
	all := make([]Fit, len(s.fits))
	tail := (1 - s.c.Confidence) / 2
	for j := range s.fits {
		p := &s.fits[j]
		if p.cells == 0 {
			continue
		}
		low, high, widen := p.quantile(tail)-p.median, p.quantile(1-tail)-p.median, s.c.Widen*p.misfit
		all[j] = Fit{Capacity: math.Exp(p.median), Low: math.Exp(p.median + widen*low), High: math.Exp(p.median + widen*high), Elasticity: p.b, Known: true}
	}
	return all
}

// degraded tells of trials whose validity was so, by name of one that stands for a confirmation.
func (s *Search) degraded() (flags []string) {
	n := 0
	for i := range s.tried {
		if t := &s.tried[i]; t.Used && t.Validity == stats.Degraded {
			n++
		}
	}
	if n > 0 {
		flags = append(flags, fmt.Sprintf("%d of %d trials are of degraded validity", n, len(s.tried)))
	}
	if text := s.weakWords(); text != "" {
		flags = append(flags, text)
	}
	return flags
}

// say is a load in words.
func (s *Search) say(load float64) string {
	if s.c.Axis == Connections {
		return fmt.Sprintf("%.0f connections", load)
	}
	return fmt.Sprintf("%.4g/s", load)
}

// reason is what a trial broke.
func (s *Search) reason(t *trial.Told) string {
	all := slices.Clone(t.Broke)
	for j, c := range s.c.Clauses {
		if p := pointOf(t, j, 0); p.k > c.Allowed*p.n {
			all = append(all, fmt.Sprintf("%s: %.3g %% of requests are bad, %.3g %% may be", c.Expr, 100*p.k/p.n, 100*c.Allowed))
		}
	}
	if t.Growing {
		all = append(all, "requests in the target became more and more")
	}
	return strings.Join(all, "; ")
}
