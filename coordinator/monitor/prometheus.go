package monitor

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A scraped is a Prometheus endpoint.
type scraped struct {
	web   *web
	url   string
	picks []scenarios.Selector
}

// The classic text format: every library writes it, and it has all that is shown.
const promAccept = "text/plain;version=0.0.4;q=1,*/*;q=0.1"

func (s *scraped) read(ctx context.Context) (reading, error) {
	body, err := s.web.get(ctx, s.url, promAccept, maxAnswer)
	if err != nil {
		return reading{}, err
	}
	return readPrometheus(body, s.picks)
}

func (s *scraped) close() { s.web.close() }

// readPrometheus makes numbers of what is picked; without picks, of everything.
func readPrometheus(body []byte, picks []scenarios.Selector) (reading, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return reading{}, fmt.Errorf("the answer is no Prometheus text: %s", shortened(err.Error()))
	}
	if len(families) == 0 {
		return reading{}, fmt.Errorf("the answer has no metric in it")
	}
	g := gathering{}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		g.family(families[name], picks)
	}
	if len(g.numbers) == 0 {
		return reading{}, fmt.Errorf("none of its %d metrics is one of those that are asked for", len(families))
	}
	return reading{instance: startOf(families), numbers: g.numbers}, nil
}

// startOf tells processes apart by when they began.
func startOf(families map[string]*dto.MetricFamily) string {
	f := families["process_start_time_seconds"]
	if f == nil || len(f.GetMetric()) != 1 {
		return ""
	}
	return fmt.Sprint(f.GetMetric()[0].GetGauge().GetValue(), f.GetMetric()[0].GetUntyped().GetValue())
}

// A gathering is numbers being made of families.
type gathering struct {
	numbers []number
	summed  map[string]int // where the sum of a family lies in numbers
}

func (g *gathering) family(f *dto.MetricFamily, picks []scenarios.Selector) {
	for _, m := range f.GetMetric() {
		label := func(name string) string { return labelOf(m, name) }
		if len(picks) == 0 {
			g.metric(f, m, labelsOf(m))
			continue
		}
		taken := false // alone; it may be part of any number of sums
		for i := range picks {
			switch {
			case !picks[i].Picks(f.GetName(), label):
			case picks[i].Sum:
				g.sum(f, m, &picks[i])
			case !taken:
				taken = true
				g.metric(f, m, labelsOf(m))
			}
		}
	}
}

func labelOf(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// labelsOf names a series among those of its family.
func labelsOf(m *dto.Metric) string {
	var parts []string
	for _, l := range m.GetLabel() {
		parts = append(parts, l.GetName()+"="+shortened(l.GetValue()))
	}
	return strings.Join(parts, " ")
}

// metric makes the numbers of one series.
func (g *gathering) metric(f *dto.MetricFamily, m *dto.Metric, labels string) {
	name := f.GetName()
	s := stats.MonitorSeries{Name: name, Chart: name, Label: labels, Unit: unitOf(name), Main: true}
	if labels != "" {
		s.Name += "{" + labels + "}"
	} else {
		s.Label = name
	}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		g.add(s, counter, m.GetCounter().GetValue())
	case dto.MetricType_GAUGE:
		g.add(s, gauge, m.GetGauge().GetValue())
	case dto.MetricType_UNTYPED:
		g.add(s, untyped(name), m.GetUntyped().GetValue())
	case dto.MetricType_SUMMARY:
		g.summary(s, m.GetSummary())
	case dto.MetricType_HISTOGRAM:
		g.numbers = append(g.numbers, number{MonitorSeries: s, nature: histogram, buckets: bucketsOf(m.GetHistogram())})
	}
}

// untyped takes names at their word: only counters end with _total.
func untyped(name string) nature {
	if strings.HasSuffix(name, "_total") {
		return counter
	}
	return gauge
}

func (g *gathering) add(s stats.MonitorSeries, n nature, v float64) {
	if n == counter {
		s.Unit = rateUnit(s.Unit)
	}
	g.numbers = append(g.numbers, number{MonitorSeries: s, nature: n, v: v})
}

// summary takes quantiles as they were told: over what time, only who told them knows.
func (g *gathering) summary(s stats.MonitorSeries, told *dto.Summary) {
	for _, q := range told.GetQuantile() {
		one := s
		one.Name = fmt.Sprintf("%s quantile=%g", s.Name, q.GetQuantile())
		one.Label = fmt.Sprintf("p%g", 100*q.GetQuantile())
		one.Main = false
		g.numbers = append(g.numbers, number{MonitorSeries: one, v: q.GetValue()})
	}
	mean := s
	mean.Name, mean.Label = s.Name+" mean", "mean"
	g.numbers = append(g.numbers, number{MonitorSeries: mean, nature: quotient, v: told.GetSampleSum(), of: float64(told.GetSampleCount())})
}

func bucketsOf(h *dto.Histogram) (all []bucket) {
	for _, b := range h.GetBucket() {
		all = append(all, bucket{b.GetUpperBound(), float64(b.GetCumulativeCount())})
	}
	if n := float64(h.GetSampleCount()); len(all) > 0 && all[len(all)-1].count < n && finite(all[len(all)-1].bound) {
		all = append(all, bucket{infinity, n})
	}
	return all
}

// sum adds a series to those that the same selector picked of its family.
func (g *gathering) sum(f *dto.MetricFamily, m *dto.Metric, pick *scenarios.Selector) {
	labels := "sum"
	for _, l := range pick.Labels {
		labels += " " + l.Label + "=" + l.Pattern
	}
	key := f.GetName() + " " + labels
	at, has := g.summed[key]
	if !has {
		if g.summed == nil {
			g.summed = map[string]int{}
		}
		before := len(g.numbers)
		g.metric(f, m, labels)
		if len(g.numbers) == before { // a type that is not shown
			return
		}
		// Of a summary the mean is last: quantiles have no sum.
		g.numbers = append(g.numbers[:before], g.numbers[len(g.numbers)-1])
		g.summed[key] = before
		return
	}
	var more gathering
	more.metric(f, m, "")
	one, into := more.numbers[len(more.numbers)-1], &g.numbers[at]
	into.v, into.of = into.v+one.v, into.of+one.of
	if into.nature == histogram {
		into.buckets, _ = merge(into.buckets, one.buckets)
	}
}

// unitOf reads the unit off a name, as Prometheus' conventions have it.
func unitOf(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, u := range [...][2]string{{"_seconds", "s"}, {"_bytes", "bytes"}, {"_ratio", "ratio"}, {"_percent", "%"}, {"_milliseconds", "ms"}, {"_ms", "ms"}} {
		if strings.HasSuffix(name, u[0]) {
			return u[1]
		}
	}
	return ""
}

// rateUnit is the unit of what grows, a second.
func rateUnit(unit string) string { return unit + "/s" }
