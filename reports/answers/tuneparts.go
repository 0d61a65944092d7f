package answers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/brief"
)

// recommended is the setting to make beside the one in force.
func (w *tuneWords) recommended() brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Left("which"), brief.Left("setting"), brief.Right("gain"), brief.Right("95 % interval"), brief.Right(w.fitness()), brief.Right("cost"), brief.Right("blocks")}}
	add := func(name string, s tune.Score) {
		if len(s.Setting) > 0 {
			t.Rows = append(t.Rows, brief.Row{Cells: append([]brief.Cell{{Text: name}}, w.scoreCells(s)...)})
		}
	}
	add("in force", w.Incumbent)
	if w.Outcome == tune.Better {
		add("recommended", w.Recommended)
	}
	if !w.holds() && w.setting(w.Best.Setting) != w.setting(w.Incumbent.Setting) {
		add("best", w.Best)
	}
	parts := []brief.Part{t}
	if !w.holds() {
		parts = append(parts, brief.Text("Gains are the ratio to the setting in force in the same blocks, so that what drifts cancels out."+w.twoKinds()))
	}
	return brief.Section{ID: "recommended", Title: "The answer in figures", Parts: w.inUnit(parts)}
}

// inUnit says below a table what its costs are in.
func (w *tuneWords) inUnit(parts []brief.Part) []brief.Part {
	if w.CostUnit == "" {
		return parts
	}
	return append(parts, brief.Text("Costs are in "+w.CostUnit+"."))
}

// twoKinds says what gains are of where they are of two things.
func (w *tuneWords) twoKinds() string {
	if w.Fitness != "capacity" {
		return ""
	}
	return " That is so of throughput, which closed users got. Gains of SLO capacity are the ratio of two searches, each with an interval of its own, and are compared with each other alone."
}

func (w *tuneWords) scoreCells(s tune.Score) []brief.Cell {
	gain, interval := signed(s.Gain), between(s.Low, s.High)
	if w.holds() || w.setting(s.Setting) == w.setting(w.Incumbent.Setting) {
		gain, interval = "–", "–"
	}
	value, cost := "–", "–"
	if s.Value > 0 {
		value = rate(s.Value)
	}
	if of := w.of(s); of != w.fitness() {
		value += " " + of
	}
	if s.Cost > 0 {
		cost = figure(s.Cost)
	}
	return []brief.Cell{{Text: w.setting(s.Setting), Code: true}, {Text: gain}, {Text: interval}, {Text: value}, {Text: cost}, {Text: whole(s.Blocks)}}
}

// effects are what each knob does around the best.
func (w *tuneWords) effects() brief.Section {
	f := &brief.Forest{Head: brief.Head{ID: "effects-chart", Name: "Effects around the best", Wide: true, About: "By how much throughput changes when a parameter goes from its low to its high level; of two, what is beyond the sum of both. An interval across 0 means: no effect was shown."}, Bars: true}
	t := &brief.Table{Columns: []brief.Column{brief.Left("of"), brief.Right("change"), brief.Right("95 % interval"), brief.Left("says")}}
	low, high := 0.0, 0.0
	for _, e := range w.Effects {
		name, what, tone := strings.Join(e.Params, " × "), "no effect shown", brief.Plain
		switch {
		case e.Low > 0:
			what, tone = "more is better", brief.Good
		case e.High < 0:
			what, tone = "less is better", brief.Bad
		}
		if len(e.Params) > 1 && tone != brief.Plain {
			what = "they depend on each other"
		}
		low, high = min(low, e.Low, e.Change), max(high, e.High, e.Change)
		f.Rows = append(f.Rows, brief.Stem{Name: name, Text: signed(e.Change) + " " + between(e.Low, e.High), Tone: tone, At: e.Change, Low: e.Low, High: e.High})
		t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(name, signed(e.Change), between(e.Low, e.High), what)})
		f.Words += fmt.Sprintf("%s %s %s. ", name, signed(e.Change), between(e.Low, e.High))
	}
	pad := (high - low) * 0.05
	f.Axis = brief.Linear("change", low-pad, high+pad, 8, signedRound)
	return brief.Section{ID: "effects", Title: "What matters", Parts: []brief.Part{f, t}}
}

// grid is where the values that were tried come from.
func (w *tuneWords) grid() brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Left("parameter"), brief.Left("values"), brief.Left("where they come from")}}
	for _, p := range w.Params {
		why := strings.Join(p.Why, "; ")
		if why == "" {
			why = "as the file says"
		}
		t.Rows = append(t.Rows, brief.Row{Cells: []brief.Cell{{Text: p.Name, Code: true}, {Text: strings.Join(p.Values, ", ")}, {Text: why}}})
	}
	return brief.Section{ID: "grid", Title: "Where the values come from", Parts: []brief.Part{t}}
}

// halving is how the field was thinned out, rung by rung.
func (w *tuneWords) halving() brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Left("rung"), brief.Right("settings"), brief.Right("trials"), brief.Right("blocks"), brief.Right("recorded")}}
	for rung := range w.lastRung() + 1 {
		settings, blocks, trials, recorded := map[string]bool{}, map[int]bool{}, 0, time.Duration(0)
		for _, x := range w.Trials {
			if x.Rung != rung {
				continue
			}
			trials, recorded = trials+1, recorded+x.Measured
			settings[w.setting(x.Setting)], blocks[x.Block] = true, true
		}
		name := fmt.Sprint(rung)
		if rung == 0 {
			name = "finalists and after"
		}
		if trials > 0 {
			t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(name, whole(len(settings)), whole(trials), whole(len(blocks)), span(recorded))})
		}
	}
	if len(t.Rows) > 1 && t.Rows[0].Cells[0].Text != "1" {
		t.Rows = append(t.Rows[1:], t.Rows[0])
	}
	return brief.Section{ID: "halving", Title: "How the field was thinned out", Detail: true, Parts: []brief.Part{
		brief.Text("Each rung tries fewer settings for longer: the best third goes on, measured in blocks that each hold the setting in force too. The last ones are compared with it pair by pair."), t}}
}

func (w *tuneWords) lastRung() (last int) {
	for _, x := range w.Trials {
		last = max(last, x.Rung)
	}
	return min(last, 64)
}

func (w *tuneWords) scores() brief.Section {
	t := &brief.Table{Long: true, Columns: []brief.Column{brief.Left("setting"), brief.Right("gain"), brief.Right("95 % interval"), brief.Right(w.fitness()), brief.Right("cost"), brief.Right("blocks"), brief.Left("went as far as")}}
	for _, s := range w.Scores {
		far := fmt.Sprintf("rung %d", s.Rung)
		if s.Final || s.Rung == 0 {
			far = "the finals"
		}
		t.Rows = append(t.Rows, brief.Row{Cells: append(w.scoreCells(s), brief.Cell{Text: far})})
	}
	return brief.Section{ID: "scores", Title: "All settings that were tried", Detail: true, Parts: w.inUnit([]brief.Part{t})}
}

func (w *tuneWords) refused() brief.Section {
	t := &brief.Table{Columns: []brief.Column{brief.Left("setting"), brief.Left("why")}}
	for _, r := range w.Refused {
		t.Rows = append(t.Rows, brief.Row{Cells: []brief.Cell{{Text: w.setting(r.Setting), Code: true}, {Text: r.Why}}})
	}
	return brief.Section{ID: "refused", Title: "Not tried, or not to the end", Parts: []brief.Part{t}}
}

func (w *tuneWords) trials() brief.Section {
	t := &brief.Table{Long: true, Columns: []brief.Column{brief.Right("#"), brief.Left("for"), brief.Right("rung"), brief.Right("block"), brief.Left("setting"), brief.Right("load"), brief.Right("recorded"), brief.Right("OK/s"), brief.Right("failed"), brief.Right("p99 ms"), brief.Left("remarks")}}
	for _, x := range w.Trials {
		one := seen{x.Ask, x.Told, true, x.Used, x.Note}
		t.Rows = append(t.Rows, brief.Row{Tone: quiet(x.Used), Cells: []brief.Cell{{Text: fmt.Sprint(x.Number)}, {Text: x.Kind}, {Text: fmt.Sprint(x.Rung)}, {Text: fmt.Sprint(x.Block)}, {Text: w.setting(x.Setting), Code: true},
			{Text: loadOf(x.Load)}, {Text: span(x.Measured.Round(100 * time.Millisecond))}, {Text: figure(x.Throughput)}, {Text: share(x.Failed)}, {Text: millis(x.P99, x.Requests)}, {Text: one.remark()}}})
	}
	return brief.Section{ID: "trials", Title: "Trials", Detail: true, Parts: []brief.Part{t}}
}

func (w *tuneWords) method() brief.Section {
	return brief.Section{ID: "method", Title: "How to read this", Detail: true, Parts: []brief.Part{
		brief.Text("The recommendation is the cheapest setting that is not worse than the best by more than " + share(w.slack()) + ": on a plateau more costs and gives nothing. What beats the setting in force only within noise is not recommended."),
		brief.Text("The values that are tried come from laws of queues with what was measured; they are starting points, and what was measured decides."),
	}}
}

// heat is the gain over the two parameters that matter most; over any others the best.
func (w *tuneWords) heat() *brief.Heat {
	if len(w.Params) < 2 || len(w.Scores) == 0 || w.holds() {
		return nil
	}
	x, y := w.axes()
	h := &brief.Heat{Head: brief.Head{ID: "heat", Name: "Gain over " + x.Name + " and " + y.Name, Wide: true}, Across: x.Name, Down: y.Name, Columns: x.Values, Rows: slices.Clone(y.Values)}
	slices.Reverse(h.Rows)
	h.About = fmt.Sprintf("Throughput against the setting in force; outlined: within %s of the best.", share(w.slack()))
	if w.Fitness == "capacity" {
		h.About = fmt.Sprintf("Throughput of closed users against the setting in force, which all were tried by; outlined: SLO capacity within %s of the best.", share(w.slack()))
	}
	if len(w.Params) > 2 {
		h.About += " Each square is the best over the other parameters."
	}
	least, most := w.gains()
	h.Least, h.Most = signed(least), signed(most)
	for _, row := range h.Rows {
		var squares []brief.Square
		for _, column := range h.Columns {
			squares = append(squares, w.square(x.Name, column, y.Name, row, least, most))
		}
		h.Squares = append(h.Squares, squares)
	}
	h.Words = h.About + " " + w.headline()
	return h
}

// axes are the parameters with the largest effects, the first two where nobody knows.
func (w *tuneWords) axes() (x, y tune.Param) {
	params := slices.Clone(w.Params)
	effect := func(p tune.Param) (most float64) {
		for _, e := range w.Effects {
			if len(e.Params) == 1 && e.Params[0] == p.Name {
				most = max(most, math.Abs(e.Change))
			}
		}
		return most
	}
	if len(params) > 2 {
		slices.SortStableFunc(params, func(a, b tune.Param) int {
			switch d := effect(b) - effect(a); {
			case d > 0:
				return 1
			case d < 0:
				return -1
			}
			return 0
		})
	}
	return params[0], params[1]
}

// closed is a setting's gain in throughput, which alone is known of all.
func closed(s tune.Score) float64 {
	if s.Fitness == "capacity" {
		return s.Closed
	}
	return s.Gain
}

func (w *tuneWords) gains() (least, most float64) {
	for _, s := range w.Scores {
		least, most = min(least, closed(s)), max(most, closed(s))
	}
	return least, most
}

// square is the best score with these two values.
func (w *tuneWords) square(xName, x, yName, y string, least, most float64) brief.Square {
	at := func(s tune.Setting) bool { return s[xName] == x && s[yName] == y }
	q := brief.Square{Tip: fmt.Sprintf("%s=%s, %s=%s: not tried", xName, x, yName, y)}
	best := math.Inf(-1)
	for _, s := range w.Scores {
		if gain := closed(s); at(s.Setting) && gain > best {
			best, q.Known = gain, true
			q.Text, q.Tip = signed(gain), w.tip(s)
			if most > least {
				q.Level = (gain - least) / (most - least)
			}
		}
	}
	q.Plateau = slices.ContainsFunc(w.Plateau, at)
	for _, m := range []struct {
		name string
		s    tune.Setting
	}{{"in force", w.Incumbent.Setting}, {"best", w.Best.Setting}, {"recommended", w.Recommended.Setting}} {
		if len(m.s) > 0 && at(m.s) && (m.name != "recommended" || w.Outcome == tune.Better) {
			q.Marks = append(q.Marks, m.name)
		}
	}
	return q
}

// tip is what is known of a setting.
func (w *tuneWords) tip(s tune.Score) string {
	name, blocks := w.setting(s.Setting), many(s.Blocks, "block", "blocks")
	if s.Fitness == "capacity" {
		return fmt.Sprintf("%s: throughput %s, %s; SLO capacity %s %s", name, signed(s.Closed), blocks, signed(s.Gain), between(s.Low, s.High))
	}
	return fmt.Sprintf("%s: %s %s, %s", name, signed(s.Gain), between(s.Low, s.High), blocks)
}
