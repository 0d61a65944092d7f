package answers

import (
	"fmt"
	"math"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/brief"
)

func (a *capacityWords) verdict() brief.Verdict {
	v := brief.Verdict{Tone: brief.Good, Word: strings.ToUpper(string(a.Outcome)), Line: a.headline()}
	switch a.Outcome {
	case capacity.Found:
	case capacity.AtLeast, capacity.Unstable, capacity.Unfinished:
		v.Tone = brief.Warn
	case capacity.Nothing:
		v.Tone, v.Word = brief.Bad, "NOTHING HOLDS"
	default:
		v.Tone = brief.Bad
	}
	return v
}

// headline is the answer in one sentence.
func (a *capacityWords) headline() string {
	switch a.Outcome {
	case capacity.Found:
		return fmt.Sprintf("Capacity %s%s, %s.", a.amount(a.Capacity), a.meanwhile(), a.spread())
	case capacity.AtLeast:
		return fmt.Sprintf("Capacity ≥ %s%s: all that could be asked held.", a.amount(max(a.Verified, a.Low)), a.meanwhile())
	case capacity.Nothing:
		return fmt.Sprintf("No load that is worth the name holds the SLO%s.", a.meanwhile())
	case capacity.Unstable:
		return fmt.Sprintf("The target was not the same all the time: there is no one capacity%s.", a.meanwhile())
	case capacity.Unfinished:
		if a.Capacity > 0 {
			return fmt.Sprintf("Not finished: capacity about %s%s so far, %s.", a.amount(a.Capacity), a.meanwhile(), a.spread())
		}
		return fmt.Sprintf("Not finished: no capacity%s is known yet.", a.meanwhile())
	}
	return "Trials could not be made."
}

// meanwhile is what was asked for beside, behind a figure.
func (a *capacityWords) meanwhile() string {
	switch b := a.Beside; {
	case b.Connections > 0:
		return " with " + many(b.Connections, "connection", "connections") + " held"
	case b.Rate > 0:
		return " at " + rate(b.Rate)
	}
	return ""
}

// beside begins a sentence with what was asked for beside.
func (a *capacityWords) beside(text, comma string) string {
	m := strings.TrimSpace(a.meanwhile())
	if m == "" || text == "" {
		return text
	}
	return strings.ToUpper(m[:1]) + m[1:] + comma + " " + text
}

// spread is the interval with its confidence.
func (a *capacityWords) spread() string {
	if a.Low <= 0 || a.High <= 0 {
		return "without an interval"
	}
	if a.Confidence <= 0 {
		return fmt.Sprintf("%s held and %s broke, in single trials", figure(a.Low), figure(a.High))
	}
	return fmt.Sprintf("%s %s to %s", a.interval(), figure(a.Low), figure(a.High))
}

// interval is what the two ends are: where nothing was fitted, no confidence can be told.
func (a *capacityWords) interval() string {
	if a.Confidence <= 0 {
		return "bounds of single trials"
	}
	return confidence(a.Confidence) + " interval"
}

func (a *capacityWords) lead() string {
	switch a.Outcome {
	case capacity.Found, capacity.Unfinished, capacity.Unstable:
		if a.Capacity > 0 {
			return join(a.opening(), a.breaks(), a.firstSaturated(), a.confirmed(), a.steepness())
		}
	case capacity.AtLeast:
		held := fmt.Sprintf("every limit held at %s, and more could not be asked, so the capacity is at least that", a.amount(max(a.Verified, a.Low)))
		return join(sentence(a.beside(held, ",")), sentence(a.Why), a.firstSaturated())
	}
	return join(sentence(a.beside(a.Why, ":")), a.breaks(), a.firstSaturated())
}

func (a *capacityWords) opening() string {
	text := fmt.Sprintf("at most %s hold every limit", a.amount(a.Capacity))
	if a.Axis != "connections" {
		text = fmt.Sprintf("at most %s iterations a second hold every limit", figure(a.Capacity))
	}
	text = opened(a.beside(text, ","))
	switch {
	case a.Low <= 0 || a.High <= 0:
	case a.Confidence <= 0:
		text += fmt.Sprintf(": %s held and %s broke, each in single trials, of which no confidence can be told", figure(a.Low), figure(a.High))
	default:
		text += fmt.Sprintf(": with %s confidence the true value lies between %s and %s", confidence(a.Confidence), figure(a.Low), figure(a.High))
	}
	switch a.Outcome {
	case capacity.Unfinished:
		return text + ". The search did not come to its end" + because(a.Why)
	case capacity.Unstable:
		return text + ", if there is one: the target was not the same all the time" + because(a.Why)
	}
	return text + "."
}

func because(why string) string {
	if why == "" {
		return "."
	}
	return ": " + strings.TrimSuffix(why, ".") + "."
}

func (a *capacityWords) limiting() (trial.Clause, bool) {
	if a.Limiting < 0 || a.Limiting >= len(a.Clauses) {
		return trial.Clause{}, false
	}
	return a.Clauses[a.Limiting], true
}

func (a *capacityWords) breaks() string {
	if c, ok := a.limiting(); ok {
		return fmt.Sprintf("The first limit to break is %s.", c.Expr)
	}
	for _, t := range a.Trials {
		if len(t.Broke) > 0 {
			return "The first limit to break is none that is counted in requests: " + strings.Join(t.Broke, "; ") + "."
		}
	}
	return ""
}

func (a *capacityWords) firstSaturated() string {
	if len(a.bounds.Limits) == 0 {
		return ""
	}
	p := &a.bounds.Limits[0]
	text := fmt.Sprintf("What was at its bound above it: %s, in %d of %s", partName(p.Part), p.Above, many(a.bounds.Above, "trial", "trials"))
	if a.bounds.Below > 0 {
		text += fmt.Sprintf(", and in %d of %d below it", p.Below, a.bounds.Below)
	}
	return fmt.Sprintf("%s (%s).", text, p.What)
}

func (a *capacityWords) confirmed() string {
	if a.Verified <= 0 {
		return "No trial confirmed it."
	}
	for _, t := range a.Trials {
		if t.Number == a.VerifiedBy {
			return fmt.Sprintf("A trial of %s at %s (number %d) confirmed that this load holds.", span(t.Measured), a.amount(a.Verified), t.Number)
		}
	}
	return fmt.Sprintf("A trial at %s confirmed that this load holds.", a.amount(a.Verified))
}

// steepness is what an elasticity means: bad requests grow with its power of the load.
func steepness(b float64) string {
	times := math.Pow(1.01, b)
	if times < 1.995 {
		return share(math.Round((times-1)*100)/100) + " more"
	}
	return figure(times) + " times as many"
}

func (a *capacityWords) steepness() string {
	if a.Elasticity <= 0 {
		return ""
	}
	edge := "The edge is sharp"
	if a.Elasticity < 20 {
		edge = "The edge is soft"
	}
	return fmt.Sprintf("%s: 1 %% more load makes %s bad requests (elasticity %s).", edge, steepness(a.Elasticity), figure(a.Elasticity))
}
