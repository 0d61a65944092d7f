package view

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// conclusion is one paragraph: whether it may be believed, if that is in doubt, what
// was offered, what was reached, and what broke first.
func conclusion(v *View) string {
	var s []string
	s = append(s, validitySentence(v), verdictSentence(v), loadSentence(v))
	s = append(s, timesSentence(v), failuresSentence(v), holdSentence(v), brokenSentence(v), v.LimitedBy.Sentence, v.Unsustained)
	var said []string
	for _, one := range s {
		if one != "" {
			said = append(said, one)
		}
	}
	return strings.Join(said, " ")
}

func verdictSentence(v *View) string {
	switch v.Verdict {
	case "pass":
		if len(v.Thresholds) == 0 {
			return "The run ended as planned; it has no thresholds, so nothing could break."
		}
		return fmt.Sprintf("All %s held.", count(len(v.Thresholds), "threshold", "thresholds"))
	case "fail":
		return fmt.Sprintf("%d of %s did not hold.", broken(v), count(len(v.Thresholds), "threshold", "thresholds"))
	case "invalid":
		return "The measurement is invalid: it shows the load generator at least as much as the target."
	case "aborted":
		return sentence("The run was aborted", v.Reason)
	case "unfinished":
		return "The run did not finish: this is what was recorded of it."
	}
	return sentence("The run is inconclusive", v.Reason)
}

func sentence(start, reason string) string {
	if reason == "" {
		return start + "."
	}
	return start + ": " + strings.TrimSuffix(reason, ".") + "."
}

func broken(v *View) (n int) {
	for _, t := range v.Thresholds {
		if !t.Held {
			n++
		}
	}
	return n
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func loadSentence(v *View) string {
	if v.Accounting.Intended == 0 {
		return "No recorded request became due."
	}
	return fmt.Sprintf("In %s of recorded load %s requests became due (%s/s offered) and %s/s were made.",
		Span(v.LoadTime), Group(v.Accounting.Intended), Number(v.Offered), Number(v.Throughput))
}

func timesSentence(v *View) string {
	if v.Response.Count == 0 {
		return ""
	}
	text := "Half of the users waited at most " + quantileWords(v.Response.P50)
	if p99 := v.Response.P99; !p99.Withheld || p99.Infinite {
		text += ", 99 % at most " + quantileWords(p99)
	}
	if v.ResponseOK.Max > 0 {
		text += "; the slowest successful answer took " + Span(v.ResponseOK.Max)
	}
	return text + "."
}

func quantileWords(q Quantile) string {
	if q.Infinite {
		return "for ever (failed requests reach into this percentile)"
	}
	return Span(q.Value)
}

func failuresSentence(v *View) string {
	failed := v.Response.Failed
	if failed == 0 {
		return ""
	}
	text := fmt.Sprintf("%s requests failed (%s)", Group(failed), Percent(v.ErrorRate))
	if len(v.Errors) > 0 {
		e := v.Errors[0]
		text += fmt.Sprintf(", most often %s on %s (%s times, first at %s)", e.Kind, e.Name, Group(e.Count), Clock(e.First))
	}
	return text + "."
}

func holdSentence(v *View) string {
	c := v.Connections
	if c.Asked == 0 {
		return ""
	}
	text := fmt.Sprintf("Of %s connections asked for, never fewer than %s were held", Group(uint64(c.Asked)), Group(c.HeldMin))
	if c.Dropped+c.Failed > 0 {
		text += fmt.Sprintf("; %s were dropped by the target and %s could not be opened", Group(c.Dropped), Group(c.Failed))
	}
	return text + "."
}

func brokenSentence(v *View) string {
	first := -1
	for i, t := range v.Thresholds {
		if !t.Held && t.FirstFail != stats.Never && (first < 0 || t.FirstFail < v.Thresholds[first].FirstFail) {
			first = i
		}
	}
	if first < 0 {
		return ""
	}
	t := v.Thresholds[first]
	return fmt.Sprintf("First to break was %s %s, at %s; in the end it was %s.", t.Name, t.Expr, Clock(t.FirstFail), t.Observed)
}

func validitySentence(v *View) string {
	switch v.Validity.Verdict {
	case "degraded":
		return "The measurement is degraded: read the reasons under measurement validity before relying on small differences."
	case "invalid":
		if v.Verdict != "invalid" {
			return "The measurement is invalid: the load generator, not the target, limited what was seen."
		}
	}
	return ""
}

// notes are what a reader must know to read the numbers right.
func notes(v *View, l *stats.Layout) (n []string) {
	if len(v.Thresholds) == 0 {
		n = append(n, "The scenario has neither thresholds nor an slo: whatever happened, nothing could break.")
	}
	n = append(n, closedNotes(l)...)
	if v.Info.Arrivals == "uniform" {
		n = append(n, "Arrivals were evenly spaced: real users are not, and evenly spaced arrivals give shorter tails than real ones.")
	}
	if v.Response.Failed > 0 {
		n = append(n, fmt.Sprintf("In response time a failed request counts as infinitely slow (%s failed); percentiles of successful requests alone stand beside it.", Percent(v.ErrorRate)))
	}
	if few := withheld(v.Response); few != "" {
		n = append(n, fmt.Sprintf("%s requests are too few to name %s: even if all were independent, nothing could bound it.", Group(v.Response.Count), few))
	}
	n = append(n, sureNotes(v)...)
	if over := v.Response.Overflow + v.Service.Overflow; over > 0 {
		n = append(n, fmt.Sprintf("%s values above one hour were counted as one hour.", Group(over)))
	}
	if cut := v.Warmup.Note(); cut != "" {
		n = append(n, cut)
	}
	n = append(n, gapNotes(v.Gaps)...)
	n = append(n, lateNotes(v)...)
	n = append(n, clockNotes(v)...)
	if missing := v.Accounting.Missing() + v.Unrecorded.Missing(); missing != 0 && v.Verdict != "unfinished" {
		n = append(n, fmt.Sprintf("The accounting does not add up: %d requests have no class. This is a defect of loadctl.", missing))
	}
	return n
}

// gapNotes tell of the seconds that are left out. The generator may have spoilt many, here and
// there: a few of those are enough, and the rest is in the charts and in summary.json.
func gapNotes(gaps []stats.Gap) (n []string) {
	const told = 3
	late := 0
	for _, g := range gaps {
		if g.Late {
			late++
		}
		if !g.Late || late <= told {
			n = append(n, g.String()+"; marked in the charts, and in every count.")
		}
	}
	if late > told {
		n = append(n, fmt.Sprintf("The generator was late in %d more stretches, which are left out and marked in the charts too.", late-told))
	}
	return n
}
