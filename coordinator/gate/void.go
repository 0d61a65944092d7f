package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/trial"
)

func (g *Gate) end(v Verdict, format string, args ...any) {
	g.stage, g.verdict, g.why = over, v, fmt.Sprintf(format, args...)
}

// tellInvalid repeats a trial that says nothing of the target. The pair keeps its order.
func (g *Gate) tellInvalid(t *Tried) {
	v := g.void[t.Side]
	v.invalid, v.broken = v.invalid+1, 0
	g.void[t.Side] = v
	why := strings.Join(t.Reasons, "; ")
	if t.Requests == 0 && why == "" {
		why = "it recorded no requests"
	}
	again := invalidAgain
	if g.madeBefore(t.Rate) {
		again = patience
	}
	switch {
	case v.invalid > again && t.Generator:
		t.Note = "invalid: not counted"
		g.end(Invalid, "the generator was at its limit at %s in %d trials of the %s in a row (%s): keep its machine free of other work, or add agents or hosts", rateWords(t.Rate), v.invalid, t.Side, why)
	case v.invalid > again:
		t.Note = "invalid: not counted"
		g.end(Invalid, "%d trials of the %s in a row were invalid: %s", v.invalid, t.Side, why)
	default:
		t.Note = "invalid: repeated"
	}
}

// madeBefore says whether a trial at such a rate was valid before: then it is something else on the machine
// that spoils trials now, and may go away.
func (g *Gate) madeBefore(rate float64) bool {
	return slices.ContainsFunc(g.trials, func(t Tried) bool { return t.Used && t.Rate >= rate })
}

// tellBroken repeats once a trial that could not be made. A base that cannot be tried is the
// environment's fault. So is a candidate that never was: it may not have started, which is no
// measurement of it. But one that broke the SLO when it was last seen, and is gone since, has died of what the base holds.
func (g *Gate) tellBroken(t *Tried) {
	v := g.void[t.Side]
	v.broken++
	g.void[t.Side] = v
	if v.broken <= brokenAgain {
		t.Note = "could not be made: repeated"
		return
	}
	t.Note = "could not be made"
	if last := g.lastOf(Candidate); t.Side == Candidate && last != nil && !last.Held && g.baseHeld(last.Kind) {
		if last.Kind == Holds {
			g.hold = Regression
		}
		g.end(Regression, "the candidate broke the SLO at %s and cannot be reached since (%s), while the base holds that load", rateWords(last.Rate), t.Broken)
		return
	}
	g.broken = t.Side
	g.end(Invalid, "the %s could not be tried: %s", t.Side, t.Broken)
}

// lastOf is the last trial of a side that counts, nil if none does.
func (g *Gate) lastOf(side string) *Tried {
	for i := len(g.trials) - 1; i >= 0; i-- {
		if t := &g.trials[i]; t.Side == side && t.Used {
			return t
		}
	}
	return nil
}

// baseHeld says whether the base held the SLO in the trials of a kind, more often than
// not, and in the last of all.
func (g *Gate) baseHeld(kind string) bool {
	last := g.lastOf(Base)
	if last == nil || !last.Held {
		return false
	}
	var l Lead
	for i := range g.trials {
		if t := &g.trials[i]; t.Side == Base && t.Kind == kind && t.Used {
			l.add(t.Held)
		}
	}
	return l.lead() > 0
}

// brokeWords counts the trials of a side.
func brokeWords(l Lead) string {
	return fmt.Sprintf("broke the SLO in %d of %d trials", l.Broke, l.all())
}

// fewestTold is after how many pairs a metric that none told is not waited for.
const fewestTold = 2

// giveUp ends a gate that had all its pairs, or that no pair will decide: a metric that one side does not tell is open for
// ever. As long as another one is open the pairs go on, as that may be worse.
func (g *Gate) giveUp(last bool) {
	switch names := g.untold(); {
	case len(names) > 0 && g.pairs >= fewestTold:
		g.end(Inconclusive, "none of %d pairs tells %s of both sides: have it monitored (target.monitor), or leave it out of --metric",
			g.pairs, strings.Join(names, ", "))
	case last:
		g.end(Inconclusive, "%d pairs did not decide %s", g.pairs, g.undecided())
	}
}

// untold are the metrics that count and that no pair told, where all others passed; none where one is open for another reason.
func (g *Gate) untold() (names []string) {
	for _, c := range g.comparisons {
		switch {
		case !c.primary || c.verdict == Pass:
		case len(c.d) > 0:
			return nil
		default:
			names = append(names, c.name)
		}
	}
	return names
}

// openHold is why the hold decided nothing.
func (g *Gate) openHold() string {
	if g.unpaired() && g.candidate.lead() <= -candidateLead {
		return fmt.Sprintf("the candidate %s at %s, and no base beside it tells whether that is the candidate or the day: compare two live targets", brokeWords(g.candidate), rateWords(g.set.rate(Holds)))
	}
	return fmt.Sprintf("%d trials of the candidate at %s did not decide whether it holds that: it %s", g.candidate.all(), rateWords(g.set.rate(Holds)), brokeWords(g.candidate))
}

func rateWords(r float64) string { return fmt.Sprintf("%.4g/s", r) }

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// signedPercent says no figure of what is infinitely slow, or nearly.
func signedPercent(share float64) string {
	if share > 10 {
		return "> +1000 %"
	}
	return fmt.Sprintf("%+.1f %%", 100*share)
}

func (g *Gate) worseWords(failed []*comparison) string {
	var all []string
	for _, c := range failed {
		m := g.metric(c)
		all = append(all, metricWords(&m))
	}
	return strings.Join(all, "; ")
}

func metricWords(m *Metric) string {
	unit := ""
	if m.Unit == "" {
		unit = " of requests"
	}
	return fmt.Sprintf("%s is worse: %s%s [%s, %s], more than %s", m.Name,
		signedPercent(m.Change), unit, signedPercent(m.Low), signedPercent(m.High), percent(m.Margin))
}

func passWords(set *Config, pairs int, unpaired bool) string {
	of := fmt.Sprintf("by %d pairs", pairs)
	if unpaired {
		of = fmt.Sprintf("by %d trials against %d stored runs", pairs, len(set.Stored))
	}
	var within []string
	for _, m := range meters() {
		if slices.Contains(set.Primary, m.name) {
			within = append(within, fmt.Sprintf("%s (%s)", m.name, percent(m.read(m.limit(set)))))
		}
	}
	return fmt.Sprintf("no worse than the margins of %s, %s", strings.Join(within, ", "), of)
}

// undecided names what is still open.
func (g *Gate) undecided() string {
	if g.stage == holding {
		return fmt.Sprintf("whether the candidate holds %s is open", rateWords(g.set.rate(Holds)))
	}
	var names []string
	for _, c := range g.comparisons {
		if c.primary && c.verdict == Inconclusive {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ") + fmt.Sprintf(" after %d pairs", g.pairs)
}

var _ trial.Search = (*Gate)(nil)
