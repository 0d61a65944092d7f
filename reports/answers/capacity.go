package answers

import (
	"fmt"
	"math"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/stats"
)

// A Corner is the capacity at one number of connections.
type Corner struct {
	Connections int
	Result      capacity.Result
}

// A Scaling is the universal scalability law fitted to the trials, as context beside a
// capacity. Where it is not trustworthy, Why says so, and no peak is named.
type Scaling struct {
	Trustworthy                bool
	Why                        string
	Gamma, Alpha, Beta         float64 // of one user, contention, coherency
	Peak, PeakLow, PeakHigh    float64 // users at which throughput is highest; 0 = none
	Users, Fit, FitLow, FitTop []float64
	SeenUsers, SeenThroughput  []float64
}

// A Capacity is what a capacity report shows beside the search's own result.
type Capacity struct {
	Result   capacity.Result
	Frontier []Corner
	Scaling  *Scaling
}

// OfCapacity is the report of a search for the highest load that holds.
func OfCapacity(c Capacity, i Info) *brief.Brief {
	a := &capacityWords{c.Result}
	b := &brief.Brief{
		Kind: "capacity report", Title: i.title(), Meta: i.meta(c.Result.Took, len(c.Result.Trials)), Verdict: a.verdict(), Exit: i.Exit,
		Lead: a.lead(), Notes: a.notes(), Figures: a.figures(), Tool: i.Tool, Result: CapacityResult(c.Result, i),
	}
	b.Sections = append(b.Sections, a.limits(), a.service())
	if s, ok := a.saturated(); ok {
		b.Sections = append(b.Sections, s)
	}
	if len(c.Frontier) > 0 {
		b.Sections = append(b.Sections, frontier(c.Frontier))
	}
	if c.Scaling != nil {
		b.Sections = append(b.Sections, scaling(*c.Scaling))
	}
	b.Sections = append(b.Sections, a.trials(), capacityMethod(), i.reproduce(0))
	return b
}

// CapacityResult is the line that programs look for.
func CapacityResult(r capacity.Result, i Info) string {
	line := fmt.Sprintf("RESULT %s exit=%d", strings.ReplaceAll(string(r.Outcome), " ", "-"), i.Exit)
	for _, f := range []struct {
		name  string
		value float64
	}{{"capacity", r.Capacity}, {"low", r.Low}, {"high", r.High}} {
		if f.value > 0 {
			line += " " + f.name + "=" + bare(f.value)
		}
	}
	return line + runWord(i)
}

func runWord(i Info) string {
	if i.Dir == "" {
		return ""
	}
	return " run=" + i.Dir
}

// bare is a number for programs.
func bare(f float64) string {
	if math.Abs(f) >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.4g", f)
}

// capacityWords says what a result means.
type capacityWords struct{ capacity.Result }

// amount is a load on the axis of the search.
func (a *capacityWords) amount(f float64) string {
	if a.Axis == "connections" {
		return many(int(math.Round(f)), "connection", "connections")
	}
	return rate(f)
}

// load is where a trial lies on the axis.
func (a *capacityWords) load(t trial.Load) float64 {
	if a.Axis == "connections" {
		return float64(t.Connections)
	}
	return t.Rate
}

func (a *capacityWords) unit() string {
	if a.Axis == "connections" {
		return "connections"
	}
	return "iterations/s"
}

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
		return fmt.Sprintf("Capacity %s, %s.", a.amount(a.Capacity), a.spread())
	case capacity.AtLeast:
		return fmt.Sprintf("Capacity ≥ %s: all that could be asked held.", a.amount(max(a.Verified, a.Low)))
	case capacity.Nothing:
		return "No load that is worth the name holds the SLO."
	case capacity.Unstable:
		return "The target was not the same all the time: there is no one capacity."
	case capacity.Unfinished:
		if a.Capacity > 0 {
			return fmt.Sprintf("Not finished: capacity about %s so far, %s.", a.amount(a.Capacity), a.spread())
		}
		return "Not finished: no capacity is known yet."
	}
	return "Trials could not be made."
}

// spread is the interval with its confidence.
func (a *capacityWords) spread() string {
	if a.Low <= 0 || a.High <= 0 {
		return "without an interval"
	}
	return fmt.Sprintf("%s interval %s to %s", confidence(a.Confidence), figure(a.Low), figure(a.High))
}

func (a *capacityWords) lead() string {
	switch a.Outcome {
	case capacity.Found, capacity.Unfinished, capacity.Unstable:
		if a.Capacity > 0 {
			return join(a.opening(), a.breaks(), a.firstSaturated(), a.confirmed(), a.steepness())
		}
	case capacity.AtLeast:
		return join(fmt.Sprintf("Every limit held at %s, and more could not be asked, so the capacity is at least that.", a.amount(max(a.Verified, a.Low))), sentence(a.Why), a.firstSaturated())
	}
	return join(sentence(a.Why), a.breaks(), a.firstSaturated())
}

func (a *capacityWords) opening() string {
	text := fmt.Sprintf("At most %s hold every limit", a.amount(a.Capacity))
	if a.Axis != "connections" {
		text = fmt.Sprintf("At most %s iterations a second hold every limit", figure(a.Capacity))
	}
	if a.Low > 0 && a.High > 0 {
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
	all := a.saturations()
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("What was at its bound first: %s, from %s on (%s).", partName(all[0].part), a.amount(all[0].from), all[0].what)
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

func (a *capacityWords) notes() []brief.Note {
	notes := warnings(a.Flags)
	if n := a.invalid(); n > 0 {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: many(n, "trial was", "trials were") + " invalid, as the load generator was measured and not the target: that counts in no figure."})
	}
	if a.Needs > 0 && a.Outcome != capacity.Found {
		notes = append(notes, brief.Note{Text: "The precision that was asked for is likely to take about " + span(a.Needs) + " more."})
	}
	return notes
}

func (a *capacityWords) invalid() (n int) {
	for _, t := range a.Trials {
		if t.Validity == stats.Invalid {
			n++
		}
	}
	return n
}

func (a *capacityWords) figures() (all []brief.Figure) {
	all = append(all, a.main())
	if a.Low > 0 && a.High > 0 && a.Capacity > 0 {
		all = append(all, brief.Figure{Label: "interval", Value: figure(a.Low) + " – " + figure(a.High), Unit: a.unit(),
			Meaning: fmt.Sprintf("%s confidence, ±%s", confidence(a.Confidence), strings.TrimPrefix(signed((a.High-a.Low)/2/a.Capacity), "+"))})
	}
	if a.Verified > 0 {
		all = append(all, brief.Figure{Label: "confirmed", Value: figure(a.Verified), Unit: a.unit(), Tone: brief.Good, Meaning: fmt.Sprintf("held by every limit in trial %d", a.VerifiedBy)})
	}
	if c, ok := a.limiting(); ok {
		all = append(all, brief.Figure{Label: "breaks first", Value: c.Expr, Meaning: share(c.Allowed) + " of requests may be bad"})
	}
	if s := a.saturations(); len(s) > 0 {
		all = append(all, brief.Figure{Label: "at its bound first", Value: s[0].part, Meaning: "from " + a.amount(s[0].from) + " on"})
	}
	if a.Elasticity > 0 {
		all = append(all, brief.Figure{Label: "elasticity", Value: figure(a.Elasticity), Meaning: "1 % more load: " + steepness(a.Elasticity) + " bad requests"})
	}
	if t, ok := a.nearest(); ok {
		all = append(all, brief.Figure{Label: "response p99 there", Value: millis(t.P99, t.Requests), Unit: "ms", Meaning: fmt.Sprintf("from the intended start, trial %d at %s", t.Number, a.amount(a.load(t.Load)))})
	}
	return append(all, brief.Figure{Label: "trials", Value: fmt.Sprint(len(a.Trials)), Meaning: "in " + span(a.Took)})
}

func (a *capacityWords) main() brief.Figure {
	f := brief.Figure{Label: "capacity", Value: figure(a.Capacity), Unit: a.unit(), Meaning: "the most that holds every limit", Tone: a.verdict().Tone}
	switch {
	case a.Outcome == capacity.AtLeast:
		f.Value, f.Meaning = "≥ "+figure(max(a.Verified, a.Low)), "more could not be asked"
	case a.Outcome == capacity.Nothing:
		f.Value, f.Unit, f.Meaning = "none", "", "no load that is worth the name holds the SLO"
	case a.Capacity <= 0:
		f.Value, f.Unit, f.Meaning = "–", "", "not known"
	case a.Outcome == capacity.Unfinished:
		f.Meaning = "so far: the search did not come to its end"
	case a.Outcome == capacity.Unstable:
		f.Meaning = "in the mean: the target changed meanwhile"
	}
	return f
}

// nearest is the trial that held nearest to the capacity.
func (a *capacityWords) nearest() (near capacity.Tried, ok bool) {
	for _, t := range a.Trials {
		if t.Held && t.Broken == "" && t.Validity != stats.Invalid && t.Requests > 0 && (!ok || a.load(t.Load) > a.load(near.Load)) && (a.High <= 0 || a.load(t.Load) <= a.High) {
			near, ok = t, true
		}
	}
	return near, ok
}
