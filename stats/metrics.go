package stats

import (
	"math"
	"time"
)

// A unit is what a limit is measured in, and so how it is written.
type unit uint8

const (
	seconds     unit = iota // a duration with its unit: 150ms
	fraction                // a share of a whole: 0.1% or 0.001
	count                   // a plain number
	perSec                  // a plain number, "/s" allowed
	bytesCount              // a number of bytes: 10MB
	bytesPerSec             // 10MB/s
)

// The sets of tags that narrow metrics.
const (
	rowTags      = "name phase"
	agentOrRow   = "name phase agent"
	phaseTags    = "phase"
	agentOrPhase = "phase agent"
	requestTags  = "name phase status agent"
)

// A metric is what thresholds can limit: which aggregations it has, in which
// unit, and which tags narrow it.
type metric struct {
	name string
	aggs []aggregation
	tags string // tags allowed, by words
}

// An aggregation makes one number of a metric; NaN says that there is nothing to
// judge.
type aggregation struct {
	name string
	unit unit
	of   func(q query, p float64) float64
}

// metrics lists every metric there is.
//
// response_time is judged in the SLO view: a failed request is infinitely slow,
// so with a single one max and avg are infinite, and percentiles are as soon as
// failures reach into them. The other times have only requests that got there.
func metrics() []metric {
	return []metric{
		{"response_time", responseAggs(), agentOrRow},
		{"service_time", timeAggs(rowHistogram(func(c *CellStats) *Histogram { return c.Service })), rowTags},
		{"first_byte_time", timeAggs(rowHistogram(func(c *CellStats) *Histogram { return c.FirstByte })), rowTags},
		{"connect_time", timeAggs(phaseHistogram(func(p *PhaseStats) *Histogram { return p.Connect })), phaseTags},
		{"tls_time", timeAggs(phaseHistogram(func(p *PhaseStats) *Histogram { return p.TLS })), phaseTags},
		{"pool_wait", timeAggs(phaseHistogram(func(p *PhaseStats) *Histogram { return p.PoolWait })), phaseTags},
		{"pacer_lag", timeAggs(pacerLagOf), agentOrPhase},
		{"failed", failedAggs(), agentOrRow},
		{"checks", checksAggs(), rowTags},
		{"requests", requestsAggs(), requestTags},
		{"iterations", iterationsAggs(), phaseTags},
		{"not_sent", notSentAggs(), rowTags},
		{"connections_open", gaugeAggs(connectionsOpen), agentOrPhase},
		{"connections_held", gaugeAggs(connectionsHeld), agentOrPhase},
		{"connections_dropped", []aggregation{{"count", count, connectionsDropped}}, phaseTags},
		{"bytes_sent", bytesAggs(func(c *CellStats) uint64 { return c.BytesOut }), rowTags},
		{"bytes_received", bytesAggs(func(c *CellStats) uint64 { return c.BytesIn }), rowTags},
	}
}

// Metrics are the names of all metrics a threshold can limit.
func Metrics() (names []string) {
	for _, m := range metrics() {
		names = append(names, m.name)
	}
	return names
}

func responseAggs() []aggregation {
	return []aggregation{
		{"p", seconds, func(q query, p float64) float64 { return q.response().seconds(p) }},
		{"avg", seconds, func(q query, _ float64) float64 { return q.response().mean() }},
		{"med", seconds, func(q query, _ float64) float64 { return q.response().seconds(50) }},
		{"min", seconds, func(q query, _ float64) float64 { return q.response().least() }},
		{"max", seconds, func(q query, _ float64) float64 { return q.response().seconds(100) }},
	}
}

func (d Dist) seconds(p float64) float64 {
	at, infinite := d.Percentile(p)
	switch {
	case d.Count() == 0:
		return math.NaN()
	case infinite:
		return math.Inf(1)
	}
	return at.Seconds()
}

func (d Dist) mean() float64 {
	if d.Infinite > 0 {
		return math.Inf(1)
	}
	return orNaN(d.OK, d.OK.Mean())
}

func (d Dist) least() float64 {
	if d.OK.Count() == 0 && d.Infinite > 0 {
		return math.Inf(1)
	}
	return orNaN(d.OK, d.OK.Min())
}

// orNaN is d in seconds, or NaN of an empty histogram.
func orNaN(h *Histogram, d time.Duration) float64 {
	if h.Count() == 0 {
		return math.NaN()
	}
	return d.Seconds()
}

func timeAggs(of func(q query) *Histogram) []aggregation {
	agg := func(name string, value func(*Histogram, float64) time.Duration) aggregation {
		return aggregation{name, seconds, func(q query, p float64) float64 {
			h := of(q)
			return orNaN(h, value(h, p))
		}}
	}
	return []aggregation{
		agg("p", func(h *Histogram, p float64) time.Duration { return h.Percentile(p) }),
		agg("avg", func(h *Histogram, _ float64) time.Duration { return h.Mean() }),
		agg("med", func(h *Histogram, _ float64) time.Duration { return h.Percentile(50) }),
		agg("min", func(h *Histogram, _ float64) time.Duration { return h.Min() }),
		agg("max", func(h *Histogram, _ float64) time.Duration { return h.Max() }),
	}
}

func rowHistogram(pick func(*CellStats) *Histogram) func(query) *Histogram {
	return func(q query) *Histogram { return q.cellTimes(pick) }
}

func phaseHistogram(pick func(*PhaseStats) *Histogram) func(query) *Histogram {
	return func(q query) *Histogram { return q.phaseTimes(pick) }
}

func pacerLagOf(q query) (lag *Histogram) {
	if q.tags.Agent == "" {
		return q.phaseTimes(func(p *PhaseStats) *Histogram { return p.PacerLag })
	}
	q.eachAgent(func(w *AgentWindow) { join(&lag, w.PacerLag) })
	return lag
}

// failed is the share of requests that ended otherwise than OK, of those that
// ended; not sent and censored ones are among both.
func failedAggs() []aggregation {
	return []aggregation{
		{"rate", fraction, func(q query, _ float64) float64 { return ratio(q.bad()) }},
		{"count", count, func(q query, _ float64) float64 { bad, _ := q.bad(); return float64(bad) }},
	}
}

func checksAggs() []aggregation {
	passed := func(c *CellStats) uint64 { return c.ChecksPassed }
	failed := func(c *CellStats) uint64 { return c.ChecksFailed }
	return []aggregation{{"rate", fraction, func(q query, _ float64) float64 {
		return ratio(q.cells(passed), q.cells(passed)+q.cells(failed))
	}}}
}

func requestsAggs() []aggregation {
	rate := func(q query, _ float64) float64 { return rateOf(q.requests(), q.seconds()) }
	return []aggregation{
		{"rate", perSec, rate},
		{"value", perSec, rate},
		{"count", count, func(q query, _ float64) float64 { return float64(q.requests()) }},
	}
}

func iterationsAggs() []aggregation {
	completed := func(q query) uint64 {
		return q.phaseCount(false, func(p *PhaseStats) uint64 { return p.IterCompleted })
	}
	rate := func(q query, _ float64) float64 { return rateOf(completed(q), q.phaseSeconds()) }
	return []aggregation{
		{"rate", perSec, rate},
		{"value", perSec, rate},
		{"count", count, func(q query, _ float64) float64 { return float64(completed(q)) }},
	}
}

func notSentAggs() []aggregation {
	notSent := func(c *CellStats) uint64 { return c.Classes[NotSent] }
	return []aggregation{
		{"count", count, func(q query, _ float64) float64 { return float64(q.cells(notSent)) }},
		{"rate", fraction, func(q query, _ float64) float64 { return ratio(q.cells(notSent), q.cells((*CellStats).Ended)) }},
	}
}

func bytesAggs(of func(*CellStats) uint64) []aggregation {
	return []aggregation{
		{"rate", bytesPerSec, func(q query, _ float64) float64 { return rateOf(q.cells(of), q.seconds()) }},
		{"count", bytesCount, func(q query, _ float64) float64 { return float64(q.cells(of)) }},
	}
}

func rateOf(n uint64, over time.Duration) float64 {
	if over <= 0 {
		return math.NaN()
	}
	return perSecond(n, over)
}

func gaugeAggs(of func(q query) gauge) []aggregation {
	agg := func(name string, value func(gauge) float64) aggregation {
		return aggregation{name, count, func(q query, _ float64) float64 {
			g := of(q)
			if !g.seen {
				return math.NaN()
			}
			return value(g)
		}}
	}
	return []aggregation{
		agg("min", func(g gauge) float64 { return g.min }),
		agg("max", func(g gauge) float64 { return g.max }),
		agg("value", func(g gauge) float64 { return g.last }),
	}
}

func connectionsOpen(q query) gauge {
	if q.tags.Agent == "" {
		return q.open()
	}
	return q.agentGauge(func(*Window) bool { return true }, func(w *AgentWindow) uint64 { return w.Connections })
}

func connectionsHeld(q query) gauge {
	if q.tags.Agent == "" {
		return q.run.held(q.tags.Phase)
	}
	return q.agentGauge(q.holding, func(w *AgentWindow) uint64 { return w.Held })
}

func connectionsDropped(q query, _ float64) float64 {
	return float64(q.phaseCount(true, func(p *PhaseStats) uint64 { return p.ConnDropped }))
}
