package answers

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/stats"
)

// OfGate is the report of a comparison.
func OfGate(r gate.Result, i Info) *brief.Brief {
	g := &gateWords{r}
	b := &brief.Brief{
		Kind: "gate report", Title: i.title(), Meta: i.meta(r.Took, len(r.Trials)), Exit: i.Exit, Tool: i.Tool,
		Verdict: brief.Verdict{Tone: gateTone(r.Verdict), Word: strings.ToUpper(string(r.Verdict)), Line: g.headline()},
		Lead:    g.lead(), Notes: g.notes(), Figures: g.figures(), Result: GateResult(r, i),
	}
	if len(r.Metrics) > 0 {
		b.Sections = append(b.Sections, g.metrics())
	}
	if r.Hold != nil {
		b.Sections = append(b.Sections, g.hold())
	}
	b.Sections = append(b.Sections, g.power(), g.trials(), g.method(), i.reproduce(r.Seed))
	return b
}

// GateResult is the line that programs look for.
func GateResult(r gate.Result, i Info) string {
	line := fmt.Sprintf("RESULT %s exit=%d", r.Verdict, i.Exit)
	if r.Detectable > 0 {
		line += fmt.Sprintf(" detectable=%.1f%%", r.Detectable*100)
	}
	return line + runWord(i)
}

func gateTone(v gate.Verdict) brief.Tone {
	switch v {
	case gate.Pass:
		return brief.Good
	case gate.Regression:
		return brief.Bad
	}
	return brief.Warn
}

// gateWords says what a result means.
type gateWords struct{ gate.Result }

// headline is the verdict in one line.
func (g *gateWords) headline() string {
	words := map[gate.Verdict]string{
		gate.Pass:         "The candidate is not worse than its baseline by more than the margins",
		gate.Regression:   "The candidate is worse than its baseline",
		gate.Inconclusive: "There is not enough evidence either way",
		gate.Invalid:      "The comparison may not be believed",
	}[g.Verdict]
	if words == "" {
		words = "No verdict"
	}
	return words + because(g.Why)
}

func (g *gateWords) lead() string {
	return join(g.worst(), g.held(), g.detects())
}

// worst is the metric that changed most of those that count.
func (g *gateWords) worst() string {
	worst := -1
	for i, m := range g.Metrics {
		if m.Primary && m.Margin > 0 && (worst < 0 || spent(m) > spent(g.Metrics[worst])) {
			worst = i
		}
	}
	if worst < 0 {
		return ""
	}
	m := g.Metrics[worst]
	how := "Nearest to its margin was"
	if spent(m) > 1 {
		how = "Furthest beyond its margin was"
	}
	return fmt.Sprintf("%s %s: %s with a %s interval of %s, where %s is allowed.", how, metricName(m), change(m, m.Change), sure(m), changes(m), margin(m))
}

// spent is how much of its margin a change takes up.
func spent(m gate.Metric) float64 { return worse(m, m.Change) / m.Margin }

// worse turns a change so that more is worse: less throughput is.
func worse(m gate.Metric, f float64) float64 {
	if m.Name == "throughput" {
		return -f
	}
	return f
}

func (g *gateWords) held() string {
	if g.Hold == nil {
		return ""
	}
	h := g.Hold
	if g.Unpaired {
		return fmt.Sprintf("At %s, %s below the capacity of the baseline, the candidate held the SLO in %s.", rate(h.Rate), share(h.Margin), of(h.Candidate))
	}
	return fmt.Sprintf("At %s, %s below the capacity of the baseline, the baseline held the SLO in %s and the candidate in %s.",
		rate(h.Rate), share(h.Margin), of(h.Base), of(h.Candidate))
}

func of(l gate.Lead) string { return fmt.Sprintf("%d of %d trials", l.Held, l.Held+l.Broke) }

// detects is what silence would have been worth.
func (g *gateWords) detects() string {
	if g.Detectable <= 0 {
		return "How small a change would have been found is not known."
	}
	return fmt.Sprintf("With the noise that was seen, a change of %s or more would have been found a regression nine times in ten%s.", share(g.Detectable), g.finder())
}

// finder is what would have found it.
func (g *gateWords) finder() string {
	switch {
	case g.DetectedBy == gate.ByHold:
		return ", by the capacity hold"
	case g.DetectedBy == gate.ByPairs && g.Unpaired:
		return ", by the response times"
	case g.DetectedBy == gate.ByPairs:
		return ", by the response times of pairs"
	}
	return ""
}

// sure is how sure the interval of a metric is, rounded down: 95 %, or what few pairs leave of it.
func sure(m gate.Metric) string { return fmt.Sprintf("%.0f %%", math.Floor(100*m.Confidence+1e-6)) }

func (g *gateWords) notes() []brief.Note {
	notes := warnings(g.Flags)
	if g.Unpaired {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: "Unpaired: the baseline is stored runs, not a target beside the candidate, so that what changed in the machine or the network in between counts as a change too."})
	}
	if n := g.invalid(); n > 0 {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: many(n, "trial was", "trials were") + " invalid, as the load generator was measured and not the target: that counts in no figure."})
	}
	return notes
}

func (g *gateWords) invalid() (n int) {
	for _, t := range g.Trials {
		if t.Validity == stats.Invalid {
			n++
		}
	}
	return n
}

func (g *gateWords) figures() (all []brief.Figure) {
	for _, m := range g.Metrics {
		if m.Primary && len(all) < 4 {
			all = append(all, brief.Figure{Label: metricName(m), Value: change(m, m.Change), Tone: figureTone(m.Verdict), Meaning: fmt.Sprintf("%s interval %s; %s allowed", sure(m), changes(m), margin(m))})
		}
	}
	if h := g.Hold; h != nil {
		all = append(all, brief.Figure{Label: "capacity hold", Value: of(h.Candidate), Tone: figureTone(h.Verdict), Meaning: "held by the candidate at " + rate(h.Rate)})
	}
	d := brief.Figure{Label: "could detect", Value: "–", Meaning: "not known"}
	if g.Detectable > 0 {
		d.Value, d.Meaning = "≥ "+share(g.Detectable), "with this noise, nine times in ten"+g.finder()
	}
	return append(all, d, brief.Figure{Label: "trials", Value: whole(len(g.Trials)), Meaning: "in " + span(g.Took)})
}

// figureTone is quiet about what is well.
func figureTone(v gate.Verdict) brief.Tone {
	if v == "" {
		return brief.Plain
	}
	return gateTone(v)
}

// metricName says which clock and population a figure is of.
func metricName(m gate.Metric) string {
	switch m.Name {
	case "failed":
		return "failed requests"
	case "cpu":
		return "CPU of the target"
	case "throughput":
		return "throughput"
	}
	if strings.HasPrefix(m.Name, "p") {
		return "response time " + m.Name
	}
	return m.Name
}

// isShare tells figures that are compared by their difference.
func isShare(m gate.Metric) bool { return m.Unit == "" }

func change(m gate.Metric, f float64) string {
	if isShare(m) {
		return points(f) + " points"
	}
	return signed(f)
}

func changes(m gate.Metric) string {
	if isShare(m) {
		return "[" + points(m.Low) + ", " + points(m.High) + "] points"
	}
	return between(m.Low, m.High)
}

// estimate is a change with its interval, where there is little room.
func estimate(m gate.Metric) string {
	return change(m, m.Change) + " " + strings.TrimSuffix(strings.TrimSuffix(changes(m), " points"), " %")
}

func margin(m gate.Metric) string {
	if m.Margin == 0 {
		return "nothing"
	}
	return change(m, worse(m, m.Margin))
}

// points is a difference of shares in percentage points.
func points(f float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(math.Abs(f)*100, 'f', 2, 64), ".00")
	switch {
	case s == "0":
		return "±0"
	case f < 0:
		return "−" + s
	}
	return "+" + s
}

// value is a side's figure. A percentile that failed requests reached into has none.
func value(m gate.Metric, f float64, failed bool) string {
	if failed {
		return "failed"
	}
	switch m.Unit {
	case "s":
		return seconds(f)
	case "/s":
		return rate(f)
	case "":
		return share(f)
	}
	return figure(f) + " " + m.Unit
}
