package admin

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/loadctl/loadctl/target/counts"
)

// prefix stands before the name of each metric.
const prefix = "loadctl_target_"

func metricsHandler(m Master) http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(collector{m})
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
}

// metricsOf are the metrics of a master and of its machine.
func metricsOf(m Master) []counts.Metric {
	now, _ := m.Settings()
	return append(m.Stats().Metrics(now.Database), machine()...)
}

// A collector reads all metrics at each scrape.
type collector struct{ Master }

// Describe tells nothing: which metrics there are depends on what was asked of the target.
func (collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, m := range metricsOf(c.Master) {
		out <- exposed(m)
	}
}

func exposed(m counts.Metric) prometheus.Metric {
	var names, values []string
	for _, l := range m.Labels {
		names, values = append(names, l.Name), append(values, l.Value)
	}
	desc := prometheus.NewDesc(prefix+m.Name, m.Help, names, nil)
	if m.Kind == counts.Histogram {
		return prometheus.MustNewConstHistogram(desc, m.Durations.Count, m.Durations.Sum.Seconds(), cumulated(m.Durations), values...)
	}
	kind := prometheus.GaugeValue
	if m.Kind == counts.Counter {
		kind = prometheus.CounterValue
	}
	return prometheus.MustNewConstMetric(desc, kind, m.Value, values...)
}

// cumulated are the buckets as Prometheus counts them, every second bound: two an octave.
func cumulated(d counts.Durations) map[float64]uint64 {
	below, all := uint64(0), map[float64]uint64{}
	for i, n := range slices.All(d.Counts[:counts.Buckets-1]) {
		if below += n; i%2 == 0 {
			all[counts.Bound(i).Seconds()] = below
		}
	}
	return all
}
