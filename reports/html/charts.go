package html

import (
	"math"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// of takes one value from each point.
func (p *painter) of(pick func(view.Point) float64) []float64 {
	values := make([]float64, len(p.points))
	for i, point := range p.points {
		values[i] = pick(point)
	}
	return values
}

// loadCharts are what was asked of the target and what became of it.
func (p *painter) loadCharts() []Chart {
	charts := []Chart{p.draw(p.rates()), p.draw(p.failures()), p.draw(p.users())}
	if p.anyConnections() {
		charts = append(charts, p.draw(p.connections()))
	}
	return charts
}

func (p *painter) rates() timeChart {
	return timeChart{
		id: "rate", name: "Offered and achieved rate", wide: true, unit: "requests a second", label: view.Number,
		about: "Requests that became due, and whole answers, in each second.",
		series: []series{
			{name: "offered (became due)", ink: orange, values: p.of(func(x view.Point) float64 { return x.Offered })},
			{name: "achieved (answered)", ink: blue, area: true, values: p.of(func(x view.Point) float64 { return x.Achieved })},
		},
	}
}

// classPens are how failures are drawn, by class.
var classPens = [stats.Classes]pen{
	stats.OK: green, stats.HTTPError: red, stats.CheckFailed: purple, stats.Timeout: orange,
	stats.ConnError: blue, stats.NotSent: black, stats.Censored: grey,
}

func (p *painter) failures() timeChart {
	c := timeChart{
		id: "errors", name: "Failures by kind", unit: "requests a second", label: view.Number,
		about: "Requests that did not end as ok, stacked by the way they failed.",
	}
	for class := stats.HTTPError; class < stats.Classes; class++ {
		values := p.of(func(x view.Point) float64 { return x.Classes[class] })
		if some(values) {
			c.series = append(c.series, series{name: words(class.String()), ink: classPens[class], bar: true, values: values})
		}
	}
	if len(c.series) == 0 {
		c.about = "No request failed."
		c.series = []series{{name: "failed", ink: red, bar: true, values: p.of(func(x view.Point) float64 { return x.Failed })}}
	}
	return c
}

func (p *painter) users() timeChart {
	c := timeChart{
		id: "users", name: "Virtual users and requests in flight", unit: "at the end of each second", label: view.Number,
		about: "Users that had something to do, and requests on the wire.",
		series: []series{
			{name: "virtual users", ink: sky, values: p.of(func(x view.Point) float64 { return float64(x.VUs) })},
			{name: "in flight", ink: blue, area: true, values: p.of(func(x view.Point) float64 { return float64(x.InFlight) })},
		},
	}
	if queued := p.of(func(x view.Point) float64 { return float64(x.Queued) }); some(queued) {
		c.series = append(c.series, series{name: "queued for a connection", ink: red, values: queued})
	}
	return c
}

func (p *painter) anyConnections() bool {
	return some(p.of(func(x view.Point) float64 { return float64(x.Open) }))
}

func (p *painter) connections() timeChart {
	c := timeChart{
		id: "connections", name: "Connections", unit: "at the end of each second", label: view.Number,
		about: "Connections open, and those held by phases that hold them.",
		series: []series{
			{name: "open", ink: sky, values: p.of(func(x view.Point) float64 { return float64(x.Open) })},
			{name: "held", ink: green, area: true, values: p.of(func(x view.Point) float64 { return float64(x.Held) })},
		},
	}
	if dropped := p.of(func(x view.Point) float64 { return float64(x.Dropped + x.ConnFailed) }); some(dropped) {
		c.series = append(c.series, series{name: "dropped or failed", ink: red, bar: true, values: dropped})
	}
	if n := p.v.Connections.Asked; n > 0 {
		c.limits = []limit{{float64(n), "asked: " + view.Group(uint64(n))}}
	}
	return c
}

// timesCharts are response and service time on one scale, so that what service
// time hides is seen.
func (p *painter) timesCharts() []Chart {
	response := p.quantiles("response", "Response time", "From the intended start to the last byte: how long users waited. ▲: failed requests reach into the percentile.",
		func(x view.Point) view.Times { return x.Response })
	service := p.quantiles("service", "Service time", "From the first byte written to the last byte of the answer: what the target took once asked.",
		func(x view.Point) view.Times { return x.Service })
	response.limits = p.timeLimits()
	low, high := extent(append(append([]series{}, response.series...), service.series...))
	for _, l := range response.limits {
		low, high = min(low, l.v), max(high, l.v)
	}
	if high > 0 {
		response.low, response.high, service.low, service.high = low, high, low, high
	}
	return []Chart{p.draw(response), p.draw(service)}
}

func (p *painter) quantiles(id, name, about string, of func(view.Point) view.Times) timeChart {
	c := timeChart{id: id, name: name, about: about, unit: "log scale", log: true, label: spanLabel}
	for _, q := range []struct {
		name string
		ink  pen
		at   func(view.Times) view.Quantile
	}{
		{"p50", blue, func(t view.Times) view.Quantile { return t.P50 }},
		{"p90", sky, func(t view.Times) view.Quantile { return t.P90 }},
		{"p99", red, func(t view.Times) view.Quantile { return t.P99 }},
		{"p99.9", purple, func(t view.Times) view.Quantile { return t.P999 }},
		{"max", grey, func(t view.Times) view.Quantile { return view.Quantile{Value: t.Max} }},
	} {
		if values := p.of(func(x view.Point) float64 { return quantileValue(of(x), q.at) }); some(values) {
			c.series = append(c.series, series{name: q.name, ink: q.ink, values: values})
		}
	}
	return c
}

func quantileValue(t view.Times, at func(view.Times) view.Quantile) float64 {
	q := at(t)
	switch {
	case t.Count == 0:
		return math.NaN()
	case q.Infinite:
		return math.Inf(1)
	case q.Thin || q.Value == 0 && t.Count == t.Failed:
		return math.NaN()
	}
	return max(q.Value.Seconds(), 1e-6)
}

// timeLimits are the limits on percentiles of response time, for all requests.
func (p *painter) timeLimits() (limits []limit) {
	for _, t := range p.v.Thresholds {
		th := t.Verdict.Threshold
		if th.Metric == "response_time" && strings.HasPrefix(th.Op, "<") && th.Limit > 0 && len(limits) < 3 {
			limits = append(limits, limit{th.Limit, clip(strings.TrimSuffix(th.Expr+" "+th.Tags.Name, " "), 34)})
		}
	}
	return limits
}

// lagChart is the generator's own lateness.
func (p *painter) lagChart() Chart {
	c := timeChart{
		id: "lag", name: "Pacer lag, 99th percentile", unit: "log scale", log: true, label: spanLabel,
		about: "How late the generator itself started requests. The dashed line is what it is judged against.",
		series: []series{{name: "p99", ink: blue, values: p.of(func(x view.Point) float64 {
			if x.PacerLag <= 0 {
				return math.NaN()
			}
			return x.PacerLag.Seconds()
		})}},
	}
	allowed := p.v.Info.LagLimit()
	c.limits = []limit{{allowed.Seconds(), "limit " + view.Span(allowed)}}
	return p.draw(c)
}

func (p *painter) trafficChart() Chart {
	perSecond := func(f float64) string { return view.Bytes(f) + "/s" }
	return p.draw(timeChart{
		id: "traffic", name: "Traffic", unit: "bytes a second", label: perSecond,
		about: "Bytes received from and sent to the target.",
		series: []series{
			{name: "received", ink: blue, area: true, values: p.of(func(x view.Point) float64 { return x.RX })},
			{name: "sent", ink: orange, values: p.of(func(x view.Point) float64 { return x.TX })},
		},
	})
}

func some(values []float64) bool {
	for _, v := range values {
		if v > 0 {
			return true
		}
	}
	return false
}

// words turns a name of a class into words.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
