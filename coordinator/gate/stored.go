package gate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A StoredRun is one run of a stored baseline.
type StoredRun struct {
	ID     string
	Time   time.Time
	Host   string
	Trials int                // that it is the mean of; 0 = 1
	Values map[string]float64 // by metric name, in the metric's unit
}

// A Refusal is a rule that a stored baseline does not meet.
type Refusal struct {
	Rule string // "runs", "days", "margin", "metric"
	Why  string
	Do   string
}

func (r *Refusal) Error() string { return r.Why + ": " + r.Do }

// What a stored baseline needs. Runs of one day on one machine differ less among each other than from
// any run of tomorrow, so they would make the gate surer than it can be.
const (
	leastRuns   = 10
	leastDays   = 3
	storedTries = 10 // trials of the candidate
)

// Admit says whether a stored baseline carries a gate with these margins: each Refusal that it meets, joined.
func Admit(set Config) error {
	set = set.withDefaults()
	var all []error
	refuse := func(rule, do, format string, args ...any) {
		all = append(all, &Refusal{Rule: rule, Do: do, Why: fmt.Sprintf(format, args...)})
	}
	if n := len(set.Stored); n < leastRuns {
		refuse("runs", "add more with loadctl baseline measure, or compare two live targets", "the baseline has %d runs of at least %d", n, leastRuns)
	}
	if days, hosts := spans(set.Stored); max(days, hosts) < leastDays {
		refuse("days", "add some on other days or hosts with loadctl baseline measure, or compare two live targets",
			"the baseline's runs are of %d days and %d hosts, of at least %d of either", days, hosts, leastDays)
	}
	if !set.Compare {
		return errors.Join(all...)
	}
	for _, c := range newComparisons(&set) {
		if !c.primary {
			continue
		}
		values := c.stored(&set)
		if len(values) < len(set.Stored) {
			refuse("metric", "leave it out of the primary metrics, or store runs that have it", "%d of the baseline's %d runs do not tell %s", len(set.Stored)-len(values), len(set.Stored), c.name)
			continue
		}
		if between := spread(values); c.limit(&set) < 2*between {
			refuse("margin", "widen the margin to at least "+percent(c.read(2*between))+", or compare two live targets",
				"runs of the baseline differ by %s in %s (standard deviation), more than half the margin of %s", percent(c.read(between)), c.name, percent(c.read(c.limit(&set))))
		}
	}
	return errors.Join(all...)
}

// spans counts the days and the hosts that runs are of.
func spans(runs []StoredRun) (days, hosts int) {
	d, h := map[string]bool{}, map[string]bool{}
	for _, r := range runs {
		d[r.Time.UTC().Format(time.DateOnly)] = true
		h[r.Host] = true
	}
	return len(d), len(h)
}

// read turns a difference as worse counts it into a share.
func (m *meter) read(d float64) float64 {
	if m.share {
		return d
	}
	return math.Expm1(d)
}

// scale is a value as differences are taken of it. Infinitely slow is an hour, in seconds.
func (m *meter) scale(v float64) (float64, bool) {
	switch {
	case m.share:
		return v, true
	case !(v > 0):
		return 0, false
	case m.unit == "s":
		v = min(v, 3600)
	}
	v = math.Log(v)
	if m.less {
		v = -v
	}
	return v, true
}

// stored are the scaled values of the baseline's runs that have the metric.
func (m *meter) stored(set *Config) (all []float64) {
	for _, r := range set.Stored {
		value, told := r.Values[m.name]
		if scaled, ok := m.scale(value); ok && told {
			all = append(all, scaled)
		}
	}
	return all
}

// judgeStored takes a trial of the candidate, and after the last compares it with the stored runs.
func (g *Gate) judgeStored() {
	for _, c := range g.comparisons {
		value := c.value(g.half[Candidate])
		c.candidate = append(c.candidate, value)
		if scaled, ok := c.scale(value); ok {
			c.d = append(c.d, scaled)
		}
	}
	if g.pairs < storedTries {
		return
	}
	for _, c := range g.comparisons {
		if u := c.unpaired(&g.set); u.known && u.high < c.limit(&g.set) {
			c.verdict = Pass
		}
	}
	fail(g.comparisons, alpha, &g.set, func(c *comparison) float64 { return c.unpaired(&g.set).above(c.limit(&g.set)) })
	if g.conclude(); g.stage == comparing {
		g.end(Inconclusive, "%d trials against %d stored runs did not decide %s", g.pairs, len(g.set.Stored), g.undecided())
	}
}

// An unpairedView is what trials of a candidate say against stored runs.
type unpairedView struct {
	known             bool
	low, center, high float64 // one-sided each, by alpha
	se, freedom       float64
}

// unpaired compares means. Runs of the baseline differ by more than their trials do, and the candidate's day is
// one more draw of that kind, which no number of its trials makes smaller. The spread of runs is taken with
// what their own trials add to it, which errs on the wide side.
func (c *comparison) unpaired(set *Config) unpairedView {
	stored := c.stored(set)
	m, runs, trials := float64(len(c.d)), float64(len(stored)), 0.0
	for _, r := range set.Stored {
		trials += float64(max(r.Trials, 1))
	}
	if m < 2 || runs < 2 {
		return unpairedView{}
	}
	within, between := spread(c.d), spread(stored)
	u := unpairedView{known: true, center: mean(c.d) - mean(stored), freedom: runs - 1,
		se: math.Sqrt(within*within*(1/m+1/trials) + between*between*(1+1/runs))}
	t := stats.StudentT(1-alpha, u.freedom)
	u.low, u.high = u.center-t*u.se, u.center+t*u.se
	return u
}

// above is the probability to see so much where the true change is not above limit.
func (u unpairedView) above(limit float64) float64 {
	if !u.known || u.se == 0 {
		if u.known && u.center > limit {
			return 0
		}
		return 1
	}
	return stats.StudentTail((u.center-limit)/u.se, u.freedom)
}

// storedMetric is the metric against stored runs.
func (c *comparison) storedMetric(set *Config) Metric {
	m := Metric{Name: c.name, Unit: c.unit, Margin: c.read(c.limit(set)), Primary: c.primary, Pairs: len(c.d), Verdict: c.verdict, Candidate: c.typical(c.candidate), CandidateFailed: c.failed(c.candidate)}
	var base []float64
	for _, r := range set.Stored {
		if v, ok := r.Values[c.name]; ok {
			base = append(base, v)
		}
	}
	m.Base, m.BaseFailed = c.typical(base), c.failed(base)
	u := c.unpaired(set)
	if !u.known {
		return m
	}
	m.Low, m.Change, m.High = c.change(u.low, u.center, u.high)
	m.Confidence, m.Noise = 1-2*alpha, u.se
	m.Detects = c.read(min(c.limit(set)+(stats.StudentT(1-alpha/float64(len(set.Primary)), u.freedom)+1.2816)*u.se, mostLog))
	return m
}
