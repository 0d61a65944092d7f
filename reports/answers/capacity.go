package answers

import (
	"fmt"
	"math"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/saturation"
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
	// Saturation is what its trials above the capacity have at its bound, and those below have not.
	Saturation saturation.Answer
}

// OfCapacity is the report of a search for the highest load that holds.
func OfCapacity(c Capacity, i Info) *brief.Brief {
	a := &capacityWords{c.Result, c.Saturation}
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
	}{{"connections", float64(r.Beside.Connections)}, {"rate", r.Beside.Rate}, {"capacity", r.Capacity}, {"low", r.Low}, {"high", r.High}} {
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
type capacityWords struct {
	capacity.Result
	bounds saturation.Answer
}

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

func (a *capacityWords) notes() []brief.Note {
	notes := warnings(a.Flags)
	if n := a.invalid(); n > 0 {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: many(n, "trial was", "trials were") + " invalid, as the load generator was measured and not the target: that counts in no figure."})
	}
	if a.Needs > 0 && a.Outcome != capacity.Found {
		notes = append(notes, brief.Note{Text: "The precision that was asked for is likely to take " + capacity.Longer(a.Needs) + "."})
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
		all = append(all, brief.Figure{Label: a.intervalLabel(), Value: figure(a.Low) + " – " + figure(a.High), Unit: a.unit(),
			Meaning: a.intervalMeaning()})
	}
	if a.Verified > 0 {
		all = append(all, brief.Figure{Label: "confirmed", Value: figure(a.Verified), Unit: a.unit(), Tone: brief.Good, Meaning: fmt.Sprintf("held by every limit in trial %d", a.VerifiedBy)})
	}
	if c, ok := a.limiting(); ok {
		all = append(all, brief.Figure{Label: "breaks first", Value: c.Expr, Meaning: share(c.Allowed) + " of requests may be bad"})
	}
	if s := a.bounds; len(s.Limits) > 0 {
		all = append(all, brief.Figure{Label: "at its bound", Value: s.Limits[0].Part, Meaning: fmt.Sprintf("in %d of %s above the capacity, %d of %d below", s.Limits[0].Above, many(s.Above, "trial", "trials"), s.Limits[0].Below, s.Below)})
	}
	if a.Elasticity > 0 {
		all = append(all, brief.Figure{Label: "elasticity", Value: figure(a.Elasticity), Meaning: "1 % more load: " + steepness(a.Elasticity) + " bad requests"})
	}
	if t, ok := a.nearest(); ok {
		all = append(all, brief.Figure{Label: "response p99 there", Value: millis(t.P99, t.Requests), Unit: "ms", Meaning: fmt.Sprintf("from the intended start, trial %d at %s", t.Number, a.amount(a.load(t.Load)))})
	}
	return append(all, brief.Figure{Label: "trials", Value: fmt.Sprint(len(a.Trials)), Meaning: "in " + span(a.Took)})
}

func (a *capacityWords) intervalLabel() string {
	if a.Confidence <= 0 {
		return "bounds"
	}
	return "interval"
}

func (a *capacityWords) intervalMeaning() string {
	if a.Confidence <= 0 {
		return "of single trials: one held, the other broke"
	}
	return fmt.Sprintf("%s confidence, ±%s", confidence(a.Confidence), strings.TrimPrefix(signed((a.High-a.Low)/2/a.Capacity), "+"))
}

func (a *capacityWords) main() brief.Figure {
	f := brief.Figure{Label: "capacity", Value: figure(a.Capacity), Unit: a.unit(), Meaning: "the most that holds every limit" + a.meanwhile(), Tone: a.verdict().Tone}
	switch {
	case a.Outcome == capacity.AtLeast:
		f.Value, f.Meaning = "≥ "+figure(max(a.Verified, a.Low)), "more could not be asked"+a.meanwhile()
	case a.Outcome == capacity.Nothing:
		f.Value, f.Unit, f.Meaning = "none", "", "no load that is worth the name holds the SLO"+a.meanwhile()
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
