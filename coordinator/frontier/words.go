package frontier

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// Sentences are the frontier in words: one for each level, and what the connections cost.
func (r *Result) Sentences() (all []string) {
	for i := range r.Levels {
		all = append(all, r.Levels[i].String())
	}
	if text := r.cost(); text != "" {
		all = append(all, text)
	}
	return all
}

// String is a level in words.
func (l *Level) String() string {
	with := fmt.Sprintf("%d connections: ", l.Connections)
	if l.Connections == 1 {
		with = "1 connection: "
	}
	switch r := l.Rate; {
	case l.Skipped != "":
		return with + l.Skipped
	case r == nil:
		return with + "not tried yet"
	case r.Outcome == capacity.Nothing || r.Outcome == capacity.Broken || known(r) == 0:
		return with + because("no rate is known to hold", r.Why)
	case r.Outcome == capacity.AtLeast:
		return with + because(fmt.Sprintf("at least %s/s", number(known(r))), r.Why)
	default:
		return with + rate(r)
	}
}

// rate tells a rate with its interval, how it was confirmed, and what breaks above it.
func rate(r *capacity.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/s", number(r.Capacity))
	switch {
	case r.High > 0 && r.Confidence <= 0:
		fmt.Fprintf(&b, " (%s held, %s broke)", number(r.Low), number(r.High))
	case r.High > 0:
		fmt.Fprintf(&b, " (%s to %s with %.0f %% confidence)", number(r.Low), number(r.High), 100*r.Confidence)
	}
	if r.Verified > 0 {
		fmt.Fprintf(&b, ", confirmed at %s/s by trial %d", number(r.Verified), r.VerifiedBy)
	}
	if r.Limiting >= 0 && r.Limiting < len(r.Clauses) {
		fmt.Fprintf(&b, "; beyond it %s breaks first", r.Clauses[r.Limiting].Expr)
	}
	if r.Outcome != capacity.Found {
		return because(b.String()+"; "+string(r.Outcome), r.Why)
	}
	return b.String()
}

func because(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// cost compares the fewest and the most connections whose rates are known with an interval.
func (r *Result) cost() string {
	var ends []*Level
	for i := range r.Levels {
		if l := &r.Levels[i]; l.Holds() > 0 && l.Rate.High > 0 {
			ends = append(ends, l)
		}
	}
	if len(ends) < 2 {
		return ""
	}
	few, many := ends[0], ends[len(ends)-1]
	from := fmt.Sprintf("from %d to %d connections", few.Connections, many.Connections)
	switch change := many.Rate.Capacity/few.Rate.Capacity - 1; {
	case few.Rate.Low <= many.Rate.High && many.Rate.Low <= few.Rate.High:
		return from + " the rate does not change by more than the intervals are wide"
	case change < 0:
		return fmt.Sprintf("%s the rate falls by %.0f %%", from, -100*change)
	default:
		return fmt.Sprintf("%s the rate rises by %.0f %%", from, 100*change)
	}
}

// number is short for people.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
