package answers

import (
	"fmt"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/brief"
)

// frontier is how the capacity changes with the connections that are held meanwhile.
func frontier(corners []Corner) brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Right("connections"), brief.Right("capacity"), brief.Right("interval"), brief.Left("breaks first"), brief.Left("outcome")}}
	p := &brief.Plot{Head: brief.Head{ID: "frontier", Name: "Capacity against connections", Wide: true, About: "The highest rate that holds while so many connections are held open, with its interval."}}
	line, cloud := brief.Line{Ink: brief.Blue}, brief.Cloud{Name: "capacity with its interval", Ink: brief.Blue}
	most, top := 0.0, 0.0
	for _, c := range corners {
		a := &capacityWords{Result: c.Result}
		a.Beside = trial.Load{} // each row says it
		breaks := "–"
		if clause, ok := a.limiting(); ok {
			breaks = clause.Expr
		}
		t.Rows = append(t.Rows, brief.Row{Cells: []brief.Cell{{Text: whole(c.Connections)}, {Text: a.main().Value}, {Text: a.spread()}, {Text: breaks, Code: true}, {Text: string(c.Result.Outcome), Tone: a.verdict().Tone}}})
		if c.Result.Capacity > 0 && c.Result.Outcome != capacity.AtLeast {
			x, y := float64(c.Connections), c.Result.Capacity
			most, top = max(most, x), max(top, y, c.Result.High)
			line.Places = append(line.Places, brief.Place{X: x, Y: y})
			cloud.Points = append(cloud.Points, brief.Point{X: x, Y: y, Low: c.Result.Low, High: c.Result.High, Tip: many(c.Connections, "connection", "connections") + ": " + a.headline()})
		}
	}
	s := brief.Section{ID: "frontier-section", Title: "Capacity with many connections"}
	if len(cloud.Points) > 1 {
		p.X, p.Y = brief.Linear("connections held", 0, most, 8, figure), brief.Linear("iterations a second", 0, top, 5, figure)
		p.Lines, p.Clouds, p.Words = []brief.Line{line}, []brief.Cloud{cloud}, p.About
		s.Parts = append(s.Parts, p)
	}
	s.Parts = append(s.Parts, t)
	return s
}

// scaling is the law of throughput over users, where it may be believed.
func scaling(u Scaling) brief.Section {
	s := brief.Section{ID: "scaling", Title: "How throughput scales"}
	if !u.Trustworthy {
		s.Parts = append(s.Parts, brief.Notes{{Tone: brief.Warn, Text: "The fit of the universal scalability law is not trustworthy" + because(u.Why)}})
	} else {
		s.Parts = append(s.Parts, brief.Text(scalingWords(u)))
	}
	p := &brief.Plot{Head: brief.Head{ID: "scaling-chart", Name: "Throughput against requests in flight", Wide: true, About: "Points are trials; the line is the universal scalability law fitted to them. It is context, not an SLO."}}
	seen := brief.Cloud{Name: "trials", Ink: brief.Orange}
	most, top := 0.0, 0.0
	for i := range min(len(u.SeenUsers), len(u.SeenThroughput)) {
		most, top = max(most, u.SeenUsers[i]), max(top, u.SeenThroughput[i])
		seen.Points = append(seen.Points, brief.Point{X: u.SeenUsers[i], Y: u.SeenThroughput[i], Tip: fmt.Sprintf("%s in flight: %s", figure(u.SeenUsers[i]), rate(u.SeenThroughput[i]))})
	}
	lines := []brief.Line{{Name: "fit", Ink: brief.Blue}, {Name: "its band", Ink: brief.Grey, Dotted: true}, {Ink: brief.Grey, Dotted: true}}
	for n, ys := range [][]float64{u.Fit, u.FitLow, u.FitTop} {
		for i := range min(len(u.Users), len(ys)) {
			most, top = max(most, u.Users[i]), max(top, ys[i])
			lines[n].Places = append(lines[n].Places, brief.Place{X: u.Users[i], Y: ys[i]})
		}
	}
	if most == 0 {
		return s
	}
	for _, l := range lines {
		if len(l.Places) > 1 {
			p.Lines = append(p.Lines, l)
		}
	}
	if len(seen.Points) > 0 {
		p.Clouds = []brief.Cloud{seen}
	}
	p.X, p.Y, p.Words = brief.Linear("requests in flight", 0, most, 8, figure), brief.Linear("answers a second", 0, top, 5, figure), p.About
	s.Parts = append(s.Parts, p)
	return s
}

func scalingWords(u Scaling) string {
	words := fmt.Sprintf("One request in flight at a time would give %s; contention takes %s of each further one, and keeping them consistent %s.", rate(u.Gamma), share(u.Alpha), share(u.Beta))
	if u.Peak > 0 {
		words += fmt.Sprintf(" Throughput is highest with %s requests in flight [%s, %s], and falls beyond.", figure(u.Peak), figure(u.PeakLow), figure(u.PeakHigh))
	}
	return words
}
