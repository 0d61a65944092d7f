package answers

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/stats"
)

// limits is how sure the answer is, limit by limit.
func (a *capacityWords) limits() brief.Section {
	s := brief.Section{ID: "limits", Title: "How sure this is"}
	if p := a.badShare(); p != nil {
		s.Parts = append(s.Parts, p)
	}
	t := &brief.Table{Columns: []brief.Column{brief.Left("limit"), brief.Right("may be bad"), brief.Right("capacity"), brief.Right("interval"), brief.Right("elasticity"), brief.Left("1 % more load makes")}}
	for i, c := range a.Clauses {
		row := brief.Row{Cells: []brief.Cell{{Text: c.Expr, Code: true}, {Text: share(c.Allowed)}}}
		if i == a.Limiting {
			row.Cells[0].Text += " ← breaks first"
		}
		if i < len(a.Fits) && a.Fits[i].Known {
			f := a.Fits[i]
			row.Cells = append(row.Cells, brief.Cells(a.amount(f.Capacity), figure(f.Low)+" – "+figure(f.High), figure(f.Elasticity), steepness(f.Elasticity)+" bad requests")...)
		} else {
			row.Cells = append(row.Cells, brief.Cells("–", "–", "–", a.unfitted(i))...)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) > 0 {
		s.Parts = append(s.Parts, t)
	}
	return s
}

// unfitted is why nothing is known of a limit.
func (a *capacityWords) unfitted(i int) string {
	for _, t := range a.Trials {
		if i < len(t.Counts) && t.Counts[i].Share() > a.Clauses[i].Allowed && validTrial(t.Validity, t.Broken) {
			return "not known: no curve could be fitted"
		}
	}
	return "nothing came near this limit"
}

// saturated is what was at its bound above the capacity, and what was on either side of it.
func (a *capacityWords) saturated() (brief.Section, bool) {
	b := &a.bounds
	if len(b.Limits)+len(b.Always) == 0 {
		return brief.Section{}, false
	}
	t := &brief.Table{Columns: []brief.Column{brief.Left("part"), brief.Right("trials above"), brief.Right("first of all"), brief.Right("trials below"), brief.Right("after"), brief.Left("what was seen")}}
	for _, p := range slices.Concat(b.Limits, b.Always) {
		t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(p.Part, fmt.Sprintf("%d of %d", p.Above, b.Above), fmt.Sprint(p.Firsts), fmt.Sprintf("%d of %d", p.Below, b.Below), span(p.From), p.What)})
	}
	return brief.Section{ID: "saturated", Title: "What was at its bound", Parts: []brief.Part{
		brief.Text(sentence(b.Text)),
		brief.Text("From what the target, the machine and the generator told of themselves on the trials’ own time axis, in trials above the capacity’s interval and below it. What is at its bound above alone is what to enlarge first; what follows may be its consequence."), t}}, true
}

func (a *capacityWords) trials() brief.Section {
	t := &brief.Table{Long: true, Columns: []brief.Column{brief.Right("#"), brief.Left("for"), brief.Right("load"), brief.Right("recorded"), brief.Right("requests"), brief.Right("bad"),
		brief.Right("p50 ms"), brief.Right("p99 ms"), brief.Right("good/s"), brief.Left("verdict"), brief.Left("remarks")}}
	for _, x := range a.Trials {
		one := seen{x.Ask, x.Told, x.Held, x.Used, x.Note}
		t.Rows = append(t.Rows, brief.Row{Tone: quiet(x.Used), Cells: []brief.Cell{
			{Text: fmt.Sprint(x.Number)}, {Text: x.Kind}, {Text: a.amount(a.load(x.Load))}, {Text: span(x.Measured.Round(100 * time.Millisecond))}, {Text: whole(int(x.Requests))},
			{Text: a.badText(x.Told.Counts)}, {Text: millis(x.P50, x.Requests)}, {Text: millis(x.P99, x.Requests)}, {Text: figure(x.Good)}, one.verdict(), {Text: one.remark()}}})
	}
	parts := []brief.Part{brief.Text("Each trial is a steady load, recorded after it has settled. “Bad” is the share of requests that the limit which breaks first calls bad; response times are from the intended start.")}
	if p := a.timeline(); p != nil {
		parts = append(parts, p)
	}
	return brief.Section{ID: "trials", Title: "Trials", Detail: true, Parts: append(parts, t)}
}

func quiet(used bool) brief.Tone {
	if used {
		return brief.Plain
	}
	return brief.Warn
}

func capacityMethod() brief.Section {
	return brief.Section{ID: "method", Title: "How to read this", Detail: true, Parts: []brief.Part{
		brief.Text("Capacity is the highest steady load at which the share of bad requests stays within what every limit allows. “p(99)<200ms” allows 1 % of requests to take longer than 200 ms or fail; response time counts from the moment a request was meant to start, so waiting is in it."),
		brief.Text("The search doubles the load until it breaks, halves the gap, and then spends its time near the limit. All trials together, not the last one, say where the limit is: a curve of the share of bad requests over the load is fitted to their counts. Bad requests come in clusters, which makes a count less certain than it looks; the interval takes that into account."),
		brief.Text("Elasticity is how steep that curve is: with an elasticity of b, 1 % more load makes 1.01 to the power of b times as many bad requests. A steep edge is found precisely, but there is little warning before it; a soft one gives way slowly."),
	}}
}

func validTrial(validity, broken string) bool { return broken == "" && validity != stats.Invalid }
