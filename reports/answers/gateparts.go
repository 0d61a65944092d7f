package answers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/reports/brief"
)

func (g *gateWords) metrics() brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Left("metric"), brief.Right("base"), brief.Right("candidate"), brief.Right("change [" + g.confidences() + "]"), brief.Right("margin"), brief.Right(g.counted()), brief.Left("verdict")}}
	for _, m := range g.Metrics {
		name := metricName(m)
		if !m.Primary {
			name += " (for information)"
		}
		t.Rows = append(t.Rows, brief.Row{Cells: []brief.Cell{{Text: name}, {Text: value(m, m.Base, m.BaseFailed)}, {Text: value(m, m.Candidate, m.CandidateFailed)},
			{Text: estimate(m)}, {Text: margin(m)}, {Text: whole(m.Pairs)}, {Text: string(m.Verdict), Tone: gateTone(m.Verdict)}}})
	}
	parts := []brief.Part{}
	if f := g.forest(); f != nil {
		parts = append(parts, f)
	}
	parts = append(parts, t, brief.Text("Times are response times from the intended start. "+g.compared()+" Shares of failed requests are compared by their difference, in percentage points."))
	return brief.Section{ID: "metrics", Title: "What changed", Parts: parts}
}

// compared is how the change of a metric was taken.
func (g *gateWords) compared() string {
	if g.Unpaired {
		return "Base is the geometric mean over stored runs, candidate that over its trials, and the change is of these means. What differs between days and machines is in it, and makes the interval wider."
	}
	return "Base and candidate are geometric means over trials; the change is the median over pairs of trials made one after the other, so that what drifts cancels out."
}

// counted is what a metric has a number of.
func (g *gateWords) counted() string {
	if g.Unpaired {
		return "trials"
	}
	return "pairs"
}

// confidences is how sure the intervals of all metrics are: from, to where they differ.
func (g *gateWords) confidences() string {
	least, most := g.Metrics[0], g.Metrics[0]
	for _, m := range g.Metrics {
		if m.Confidence < least.Confidence {
			least = m
		}
		if m.Confidence > most.Confidence {
			most = m
		}
	}
	if sure(least) == sure(most) {
		return sure(least) + " CI"
	}
	return strings.TrimSuffix(sure(least), " %") + " to " + sure(most) + " CI"
}

// forest is each metric's change with its interval and margin.
func (g *gateWords) forest() *brief.Forest {
	f := &brief.Forest{Head: brief.Head{ID: "forest", Name: "Change of the candidate against its baseline", Wide: true,
		About: "The point is the estimate, the bar its interval (" + g.confidences() + "), the tick what is allowed. Left of 0 is less than the baseline."}}
	low, high := -0.02, 0.02
	for _, m := range g.Metrics {
		if isShare(m) {
			continue // of another measure
		}
		limit := worse(m, m.Margin)
		f.Rows = append(f.Rows, brief.Stem{Name: metricName(m), Text: estimate(m), Tone: gateTone(m.Verdict), At: m.Change, Low: m.Low, High: m.High, Limit: limit, Limited: m.Primary && m.Margin != 0})
		low, high = min(low, m.Low, m.Change, limit), max(high, m.High, m.Change, limit)
		f.Words += fmt.Sprintf("%s %s %s: %s. ", metricName(m), change(m, m.Change), changes(m), m.Verdict)
	}
	if len(f.Rows) == 0 {
		return nil
	}
	low, high = max(low, -1), min(high, 2) // what is beyond lies on the edge
	pad := (high - low) * 0.06
	f.Axis = brief.Linear("change", low-pad, high+pad, 8, signedRound)
	return f
}

func signedRound(f float64) string {
	p := strconv.FormatFloat(math.Round(math.Abs(f)*1e4)/100, 'f', -1, 64)
	switch {
	case f < 0:
		return "−" + p + " %"
	case f > 0:
		return "+" + p + " %"
	}
	return "0"
}

func (g *gateWords) hold() brief.Section {
	h := g.Hold
	t := &brief.Table{Columns: []brief.Column{brief.Left("side"), brief.Right("held"), brief.Right("broke"), brief.Right("lead")}}
	for _, side := range []struct {
		name string
		l    gate.Lead
	}{{"base", h.Base}, {"candidate", h.Candidate}} {
		if g.Unpaired && side.name == "base" {
			continue
		}
		t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(side.name, whole(side.l.Held), whole(side.l.Broke), lead(side.l))})
	}
	asked, control := "Both sides were", "A side that leads by enough trials, held or broken, is decided. The baseline is the control: where it does not hold, the environment is at fault and nothing is said of the candidate."
	if g.Unpaired {
		asked, control = "The candidate was", "A candidate that leads by enough trials holds it. Stored runs are no control: where it does not hold, that may be the day or the machine, and nothing is said of the candidate."
	}
	return brief.Section{ID: "hold", Title: "Capacity hold", Parts: []brief.Part{
		brief.Text(fmt.Sprintf("%s asked for %s, which is %s below the capacity of the baseline (%s). %s", asked, rate(h.Rate), share(h.Margin), rate(h.Capacity), control)),
		t, brief.Notes{{Tone: gateTone(h.Verdict), Text: "Hold: " + string(h.Verdict) + "."}}}}
}

func lead(l gate.Lead) string {
	switch d := l.Held - l.Broke; {
	case d > 0:
		return fmt.Sprintf("+%d held", d)
	case d < 0:
		return fmt.Sprintf("+%d broke", -d)
	}
	return "even"
}

// power is what would have been found.
func (g *gateWords) power() brief.Section {
	s := brief.Section{ID: "power", Title: "What would have been found", Parts: []brief.Part{brief.Text(g.detects())}}
	if t := g.noise(); len(t.Rows) > 0 {
		s.Parts = append(s.Parts, t)
	}
	if len(g.Operating) < 2 {
		return s
	}
	line := brief.Line{Name: "chance of a regression by the hold", Ink: brief.Blue, Dots: true}
	t := &brief.Table{Columns: []brief.Column{brief.Right("service slower by"), brief.Right("found")}}
	words, most := "", 0.0
	for _, o := range g.Operating {
		line.Places = append(line.Places, brief.Place{X: o.Change, Y: o.Found})
		most = max(most, o.Change)
		t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(signed(o.Change), chance(o.Found))})
		words += fmt.Sprintf("%s: %s. ", signed(o.Change), chance(o.Found))
	}
	p := &brief.Plot{Head: brief.Head{ID: "operating", Name: "Operating curve of the capacity hold", About: "How likely a service that is slower by so much is found a regression. It follows from how steep the edge of the capacity is.", Words: words},
		X: brief.Linear("service slower by", 0, most, 6, signedRound), Y: brief.Linear("found", 0, 1, 5, share), Lines: []brief.Line{line},
		Rules: []brief.Rule{{At: 0.9, Label: "nine in ten", Ink: brief.Grey}}}
	s.Parts = append(s.Parts, p, t)
	return s
}

// noise is how much pairs differed by chance, and what that leaves to be seen.
func (g *gateWords) noise() *brief.Table {
	t := &brief.Table{Columns: []brief.Column{brief.Left("metric"), brief.Right("noise of a pair"), brief.Right("could detect")}}
	for _, m := range g.Metrics {
		if m.Detects > 0 && !isShare(m) {
			t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(metricName(m), "±"+share(m.Noise), "≥ "+share(m.Detects))})
		}
	}
	return t
}

// chance is a probability that nobody knows to a hundredth.
func chance(f float64) string {
	switch {
	case f > 0 && f < 0.01:
		return "< 1 %"
	case f > 0.99 && f < 1:
		return "> 99 %"
	}
	return fmt.Sprintf("%.0f %%", f*100)
}

func (g *gateWords) trials() brief.Section {
	t := &brief.Table{Long: true, Columns: []brief.Column{brief.Right("#"), brief.Right("pair"), brief.Left("side"), brief.Left("for"), brief.Right("load"), brief.Right("recorded"), brief.Right("requests"), brief.Right("failed"),
		brief.Right("p50 ms"), brief.Right("p99 ms"), brief.Left("verdict"), brief.Left("remarks")}}
	for _, x := range g.Trials {
		one := seen{x.Ask, x.Told, x.Held, x.Used, x.Note}
		verdict := one.verdict()
		if x.Kind != "hold" && validTrial(x.Validity, x.Broken) {
			verdict = brief.Cell{Text: "measured"}
		}
		t.Rows = append(t.Rows, brief.Row{Tone: quiet(x.Used), Cells: []brief.Cell{{Text: fmt.Sprint(x.Number)}, {Text: fmt.Sprint(x.Pair)}, {Text: x.Side}, {Text: x.Kind}, {Text: loadOf(x.Load)}, {Text: span(x.Measured.Round(100 * time.Millisecond))},
			{Text: whole(int(x.Requests))}, {Text: share(x.Failed)}, {Text: millis(x.P50, x.Requests)}, {Text: millis(x.P99, x.Requests)}, verdict, {Text: one.remark()}}})
	}
	parts := []brief.Part{}
	for _, p := range g.pairs() {
		parts = append(parts, p)
	}
	return brief.Section{ID: "trials", Title: "Trials", Detail: true, Parts: append(parts, t)}
}

// pairs are the two sides over time, one chart for each percentile: a drift is seen, and
// that both follow it.
func (g *gateWords) pairs() (all []*brief.Plot) {
	for _, q := range []struct {
		id, name string
		of       func(gate.Tried) time.Duration
	}{{"pairs-p50", "p50", func(t gate.Tried) time.Duration { return t.P50 }}, {"pairs-p99", "p99", func(t gate.Tried) time.Duration { return t.P99 }}} {
		if p := g.pairsOf(q.id, q.name, q.of); p != nil {
			all = append(all, p)
		}
	}
	return all
}

func (g *gateWords) pairsOf(id, name string, of func(gate.Tried) time.Duration) *brief.Plot {
	sides := []brief.Cloud{{Name: "base", Ink: brief.Blue}, {Name: "candidate", Ink: brief.Orange}}
	at, low, top := time.Duration(0), math.Inf(1), 0.0
	for _, t := range g.Trials {
		x := (at + t.Took/2).Minutes()
		at += t.Took
		ms := float64(of(t)) / 1e6
		if ms <= 0 || t.Kind == "hold" || !t.Used || !validTrial(t.Validity, t.Broken) {
			continue
		}
		side := 0
		if t.Side == "candidate" {
			side = 1
		}
		low, top = min(low, ms), max(top, ms)
		sides[side].Points = append(sides[side].Points, brief.Point{X: x, Y: ms, Tip: fmt.Sprintf("trial %d, %s, pair %d: %s ms", t.Number, t.Side, t.Pair, figure(ms))})
	}
	if top == 0 {
		return nil
	}
	p := &brief.Plot{Head: brief.Head{ID: id, Name: "Response time " + name + " over time", About: "Each trial of a pair, in the order they were made. What drifts on both sides is not the candidate’s doing.", Words: "Response time " + name + " of each trial, by side."},
		X: brief.Linear("minutes since the gate began", 0, at.Minutes(), 8, minutes), Y: brief.Linear("ms", low-0.15*(top-low), top+0.15*(top-low), 5, figure)}
	for _, s := range sides {
		if len(s.Points) > 0 {
			p.Clouds = append(p.Clouds, s)
		}
	}
	return p
}

func (g *gateWords) method() brief.Section {
	order := "The order of the two sides in each pair is drawn from the seed. Looks at the data while it comes are paid for in advance, so that stopping early does not raise false alarms; a figure that has passed a look is not judged again."
	if g.Unpaired {
		order = "The candidate alone was tried, a fixed number of times, and looked at once. Its day counts as one more draw of what differs between the stored runs."
	}
	return brief.Section{ID: "method", Title: "How to read this", Detail: true, Parts: []brief.Part{
		brief.Text("A gate asks for positive evidence that the candidate is not worse by more than a margin. PASS: the whole interval of every figure that counts lay below its margin when it was looked at. REGRESSION: the whole interval of one lies beyond it" + g.holdFails() + ". INCONCLUSIVE: the budget ended before either; that is no pass. INVALID: the measurement or the environment may not be believed."),
		brief.Text(order),
	}}
}

// holdFails is how the hold fails a candidate: with a control only.
func (g *gateWords) holdFails() string {
	if g.Unpaired {
		return ""
	}
	return ", or the candidate did not hold a load that the baseline holds"
}
