package gate

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// A meter is how a metric is read from a trial, and compared.
type meter struct {
	name, unit string
	// value is +Inf of a percentile that failed requests reach into, and 0 where nothing is known.
	value func(*trial.Told) float64
	share bool // compared by difference: a share of nothing has no ratio
	less  bool // less of it is worse
}

func meters() []meter {
	return []meter{
		{name: "p50", unit: "s", value: func(t *trial.Told) float64 { return percentile(t.P50, t) }},
		{name: "p99", unit: "s", value: func(t *trial.Told) float64 { return percentile(t.P99, t) }},
		{name: "failed", value: func(t *trial.Told) float64 { return t.Failed }, share: true},
		{name: "throughput", unit: "/s", value: func(t *trial.Told) float64 { return t.Throughput }, less: true},
		{name: "cpu", unit: "cores", value: func(t *trial.Told) float64 { return t.TargetCPU }},
	}
}

// MetricNames are the metrics that sides are compared in.
func MetricNames() (names []string) {
	for _, m := range meters() {
		names = append(names, m.name)
	}
	return names
}

// percentile is in seconds; a trial that recorded requests and has none was failed by too many.
func percentile(d time.Duration, t *trial.Told) float64 {
	if d == 0 && t.Requests > 0 {
		return math.Inf(1)
	}
	return d.Seconds()
}

// mostLog caps what a pair may differ by, as a logarithm: infinitely slow is one rank
// like any other, and a file keeps no infinity.
const mostLog = 10

// worse is by how much b is worse than a: a logarithm, or of shares a difference. Not
// ok: one of them is not known.
func (m *meter) worse(a, b float64) (d float64, ok bool) {
	if m.share {
		return b - a, finite(a) && finite(b)
	}
	if !(a > 0) || !(b > 0) {
		return 0, false
	}
	if math.IsInf(a, 1) && math.IsInf(b, 1) {
		return 0, true
	}
	d = math.Log(b) - math.Log(a)
	if m.less {
		d = -d
	}
	return max(-mostLog, min(mostLog, d)), true
}

// limit is the margin as worse counts it.
func (m *meter) limit(c *Config) float64 {
	if m.share {
		return c.FailedMargin
	}
	return math.Log1p(c.Margin)
}

// change turns bounds as worse counts them into those that people read.
func (m *meter) change(low, center, high float64) (l, c, h float64) {
	switch {
	case m.share:
		return low, center, high
	case m.less:
		return math.Expm1(-high), math.Expm1(-center), math.Expm1(-low)
	}
	return math.Expm1(low), math.Expm1(center), math.Expm1(high)
}

// failed says whether failed requests reached into the percentile in one of the trials.
func (m *meter) failed(values []float64) bool {
	return m.unit == "s" && slices.ContainsFunc(values, func(v float64) bool { return math.IsInf(v, 1) })
}

// typical is the geometric mean of what is known, of shares the mean; 0 = nothing is, or one is infinite: the
// rest's mean would be that of the good trials.
func (m *meter) typical(values []float64) float64 {
	sum, n := 0.0, 0.0
	if m.failed(values) {
		return 0
	}
	for _, v := range values {
		switch {
		case math.IsNaN(v):
		case m.share:
			sum, n = sum+v, n+1
		case v > 0 && !math.IsInf(v, 1):
			sum, n = sum+math.Log(v), n+1
		}
	}
	switch {
	case n == 0:
		return 0
	case m.share:
		return sum / n
	}
	return math.Exp(sum / n)
}
