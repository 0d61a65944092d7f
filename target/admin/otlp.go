package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/loadctl/loadctl/target/counts"
)

// ExportConfig is where metrics are sent.
type ExportConfig struct {
	URL   string        // of an OTLP receiver over HTTP, such as http://127.0.0.1:4318/v1/metrics
	Every time.Duration // 0 = 15 s
	Log   *slog.Logger  // told once when it fails, and once when it works again; nil = silent
}

// Validate reports a URL that nothing can be sent to: the exporter would take its own
// default for it.
func (c ExportConfig) Validate() error {
	u, err := url.Parse(c.URL)
	if c.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("otlp: must be a URL such as http://127.0.0.1:4318/v1/metrics")
	}
	if c.Every < 0 {
		return fmt.Errorf("otlp-every: must not be negative, got %s", c.Every)
	}
	return nil
}

// Export sends the metrics of a master until ctx ends, and once more then.
func Export(ctx context.Context, m Master, cfg ExportConfig) error {
	if cfg.Every == 0 {
		cfg.Every = 15 * time.Second
	}
	to, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(cfg.URL), otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{}))
	if err != nil {
		return fmt.Errorf("exporting metrics to %s: %w", cfg.URL, err)
	}
	from := sdk.NewManualReader(sdk.WithProducer(&producer{m, time.Now()}))
	provider := sdk.NewMeterProvider(sdk.WithReader(from), sdk.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "loadctl-target"), attribute.Int("process.pid", os.Getpid()))))
	e := &exporter{from: from, to: to, cfg: cfg}
	e.run(ctx)
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	e.send(late)
	_ = to.Shutdown(late)
	return provider.Shutdown(late)
}

type exporter struct {
	from   sdk.Reader
	to     sdk.Exporter
	cfg    ExportConfig
	failed bool
}

func (e *exporter) run(ctx context.Context) {
	every := time.NewTicker(e.cfg.Every)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			e.send(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (e *exporter) send(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Every)
	defer cancel()
	var all metricdata.ResourceMetrics
	err := e.from.Collect(ctx, &all)
	if err == nil {
		err = e.to.Export(ctx, &all)
	}
	if failed := err != nil; failed != e.failed && e.cfg.Log != nil {
		e.cfg.Log.Warn("metrics export", "url", e.cfg.URL, "working", !failed, "err", err)
	}
	e.failed = err != nil
}

// A producer makes OpenTelemetry's metrics of ours.
type producer struct {
	Master
	since time.Time
}

func (p *producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: "loadctl/target"}}
	byName := map[string]int{}
	now := time.Now()
	for _, m := range metricsOf(p.Master) {
		i, ok := byName[m.Name]
		if !ok {
			i = len(scope.Metrics)
			byName[m.Name] = i
			scope.Metrics = append(scope.Metrics, metricdata.Metrics{Name: prefix + m.Name, Description: m.Help})
		}
		scope.Metrics[i].Data = p.with(scope.Metrics[i].Data, m, now)
	}
	return []metricdata.ScopeMetrics{scope}, nil
}

// with adds a point to what a metric has.
func (p *producer) with(data metricdata.Aggregation, m counts.Metric, now time.Time) metricdata.Aggregation {
	labels := attribute.NewSet(attributes(m.Labels)...)
	if m.Kind == counts.Histogram {
		h, _ := data.(metricdata.Histogram[float64])
		h.Temporality = metricdata.CumulativeTemporality
		h.DataPoints = append(h.DataPoints, metricdata.HistogramDataPoint[float64]{Attributes: labels, StartTime: p.since, Time: now,
			Count: m.Durations.Count, Sum: m.Durations.Sum.Seconds(), Bounds: bounds(), BucketCounts: m.Durations.Counts})
		return h
	}
	point := metricdata.DataPoint[float64]{Attributes: labels, StartTime: p.since, Time: now, Value: m.Value}
	if m.Kind == counts.Counter {
		sum, _ := data.(metricdata.Sum[float64])
		sum.Temporality, sum.IsMonotonic = metricdata.CumulativeTemporality, true
		sum.DataPoints = append(sum.DataPoints, point)
		return sum
	}
	gauge, _ := data.(metricdata.Gauge[float64])
	gauge.DataPoints = append(gauge.DataPoints, point)
	return gauge
}

func attributes(labels []counts.Label) (all []attribute.KeyValue) {
	for _, l := range labels {
		all = append(all, attribute.String(l.Name, l.Value))
	}
	return all
}

// bounds are where the buckets end, in seconds; the last has no end.
func bounds() []float64 {
	all := make([]float64, counts.Buckets-1)
	for i := range all {
		all[i] = counts.Bound(i).Seconds()
	}
	return all
}
