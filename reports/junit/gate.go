package junit

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/loadctl/loadctl/coordinator/gate"
)

// Gate writes a gate: a case for the hold and one for each metric. A regression is a failure,
// an invalid measurement an error; what is inconclusive is skipped, as it says neither that the
// candidate is good nor that it is bad, unless failInconclusive.
func Gate(w io.Writer, f Frame, r *gate.Result, failInconclusive bool) error {
	var cases []testcase
	if r.Hold != nil {
		cases = append(cases, judged(holdName, r.Hold.Verdict, holdWords(r), failInconclusive))
	}
	for i := range r.Metrics {
		m := &r.Metrics[i]
		cases = append(cases, judged(metricName(m), metricVerdict(m), metricWords(m), failInconclusive))
	}
	if !borne(r) {
		cases = append(cases, judged("verdict", r.Verdict, r.Why, failInconclusive))
	}
	return write(w, f.suiteOf("gate", r.Took, cases))
}

// borne says whether a case has the verdict of the whole: a gate that was invalid before it had a
// figure must not look like one without a complaint.
func borne(r *gate.Result) bool {
	return r.Hold != nil && r.Hold.Verdict == r.Verdict ||
		slices.ContainsFunc(r.Metrics, func(m gate.Metric) bool { return metricVerdict(&m) == r.Verdict })
}

// metricVerdict is that of a metric for a build: one that is only looked at fails none.
func metricVerdict(m *gate.Metric) gate.Verdict {
	if !m.Primary && m.Verdict == gate.Regression {
		return gate.Inconclusive
	}
	return m.Verdict
}

func judged(name string, v gate.Verdict, words string, failInconclusive bool) testcase {
	c := testcase{Name: name, Out: words}
	switch {
	case v == gate.Regression, v == gate.Inconclusive && failInconclusive:
		c.Failure = because(string(v), string(v)+": "+words)
	case v == gate.Inconclusive:
		c.Skipped = skipped(string(v) + ": " + words)
	case v != gate.Pass:
		c.Error = because(string(gate.Invalid), string(gate.Invalid)+": "+words)
	}
	return c
}

// holdName has no figure in it: the capacity may be found anew in each build, and servers know a case by its name.
const holdName = "capacity hold"

func holdWords(r *gate.Result) string {
	h := r.Hold
	words := fmt.Sprintf("at %.4g/s, %.3g %% below the baseline's capacity, the candidate held the SLO in %d trials and broke it in %d", h.Rate, 100*h.Margin, h.Candidate.Held, h.Candidate.Broke)
	if !r.Unpaired {
		words += fmt.Sprintf(", the baseline held %d and broke %d", h.Base.Held, h.Base.Broke)
	}
	if h.Verdict == r.Verdict && r.Why != "" && r.Verdict != gate.Pass {
		words += "; " + r.Why
	}
	return words
}

func metricName(m *gate.Metric) string {
	name := fmt.Sprintf("%s: not worse by more than %.3g %s", m.Name, 100*m.Margin, percent(m))
	if !m.Primary {
		name += " (only looked at)"
	}
	return name
}

// metricWords says a metric with how sure it is, and what it could not have seen.
func metricWords(m *gate.Metric) string {
	words := fmt.Sprintf("%s %s against %s: %s %s (%.0f %% interval %s to %s) in %d pairs", m.Name, side(m.Candidate, m.Unit, m.CandidateFailed), side(m.Base, m.Unit, m.BaseFailed),
		hundredths(m.Change), percent(m), math.Floor(100*m.Confidence+1e-6), hundredths(m.Low), hundredths(m.High), m.Pairs)
	if m.Detects > 0 {
		words += fmt.Sprintf("; a change of %.2g %s would have been found nine times in ten", 100*m.Detects, percent(m))
	}
	return words
}

// side is a figure of one side; a percentile that failed requests reached into has none.
func side(v float64, unit string, failed bool) string {
	if failed {
		return "failed"
	}
	return figure(v, unit)
}

// hundredths are those of a change, no figure of what is infinitely slow.
func hundredths(v float64) string {
	if v > 10 {
		return "> +1000"
	}
	return fmt.Sprintf("%+.2f", 100*v)
}

// percent is what hundredths of a change are: shares differ by points, all else by a ratio.
func percent(m *gate.Metric) string {
	if m.Unit == "" {
		return "points"
	}
	return "%"
}

// figure is a value with its unit; response times are told in milliseconds.
func figure(v float64, unit string) string {
	switch unit {
	case "s":
		return fmt.Sprintf("%.4g ms", 1000*v)
	case "":
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.4g %s", v, unit)
}
