package capacity

import (
	"fmt"
	"math"
	"time"
)

const (
	bearable   = 3 // times the precision asked: an interval as wide as that is still an answer
	fewRefines = 3 // trials near the limit, without which none is
)

// needs is the time that is missing: the width falls as the root of the time near the limit.
func (s *Search) needs(e estimate) (missing time.Duration) {
	spent := s.spent(refine) + s.spent(confirm) + s.spent(anchor)
	if e.half() > s.c.Precision && spent > 0 {
		more := math.Pow(e.half()/s.c.Precision, 2) - 1
		missing = time.Duration(min(more*float64(spent), 1e18))
	}
	if left := leastRefines - s.count(refine); left > 0 {
		missing = max(missing, time.Duration(left)*s.cost(s.c.Refine))
	}
	if load, _ := s.confirmation(); load == 0 {
		missing += s.cost(s.c.Confirm)
	}
	return missing
}

func (s *Search) outcome(e estimate) (Outcome, string) {
	confirmed, _ := s.confirmation()
	switch {
	case s.ended != "":
		return s.ended, s.why
	case !s.over:
		return Unfinished, "the search is not at its end"
	case !s.edge(e) && e.known && e.median > math.Log(s.top()):
		return AtLeast, fmt.Sprintf("what would break it lies beyond %s, which is the most that may be asked", s.say(s.top()))
	case s.drift(e) != "":
		return Unstable, s.drift(e)
	case s.confirms >= mostConfirms && confirmed == 0:
		return Unstable, "long trials broke the SLO at loads that short ones hold"
	case !s.good(e):
		return Unfinished, s.short(e)
	case confirmed == 0:
		return Unfinished, "the budget was spent before a longer trial confirmed it"
	}
	return Found, ""
}

func (s *Search) short(e estimate) string {
	if !e.known || s.edge(e) || !s.anyBroke() {
		return "the budget was spent before the limit was found"
	}
	if n := s.count(refine); n < fewRefines {
		return fmt.Sprintf("the budget was spent after %d of at least %d trials near the limit", n, fewRefines)
	}
	return fmt.Sprintf("the budget was spent at ±%.1f %%, not ±%.1f %%", 100*e.half(), 100*s.c.Precision)
}

// good says whether the interval is an answer, if not as narrow a one as was asked for.
func (s *Search) good(e estimate) bool {
	if s.edge(e) {
		return s.low > 0 && s.high > 0 && (s.high/s.low <= 1+bearable*s.c.Precision || s.closed())
	}
	return e.known && e.half() <= bearable*s.c.Precision && s.count(refine) >= fewRefines && s.anyBroke()
}

func (s *Search) anyBroke() bool { return s.lowestBroke() > 0 }

// wideFound says of a capacity that was found how much wider than asked its interval is.
func (s *Search) wideFound(r *Result) string {
	if r.Outcome != Found || s.c.Whole && r.High-r.Low <= 1 {
		return ""
	}
	if r.Confidence == 0 {
		if s.closed() {
			return ""
		}
		return fmt.Sprintf("what held and what broke are %.1f %% apart, more than the %.3g %% asked", 100*(r.High/r.Low-1), 100*s.c.Precision)
	}
	half := math.Log(r.High/r.Low) / 2
	if half <= s.c.Precision {
		return ""
	}
	text := fmt.Sprintf("±%.1f %%, wider than the ±%.3g %% asked", 100*half, 100*s.c.Precision)
	if r.Needs > 0 {
		text += ": it would take " + Longer(r.Needs)
	}
	return text
}

// Longer is a time that is likely to be missing, in words. What it is worked out from is too
// rough to tell one hour from three.
func Longer(d time.Duration) string {
	switch minutes := int(math.Ceil(d.Minutes())); {
	case d > time.Hour:
		return "more than an hour longer"
	case minutes <= 1:
		return "about a minute longer"
	default:
		return fmt.Sprintf("about %d minutes longer", minutes)
	}
}
