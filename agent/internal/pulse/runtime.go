package pulse

import (
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const (
	schedLatencies = "/sched/latencies:seconds"
	gcPauses       = "/sched/pauses/total/gc:seconds"
	gcCPU          = "/cpu/classes/gc/total:cpu-seconds"
	gcIdle         = "/cpu/classes/gc/mark/idle:cpu-seconds" // of it, what nobody else wanted
)

// A runtimeMeter gives what Go's runtime did since it was taken last.
type runtimeMeter struct {
	samples       []metrics.Sample
	at            int64
	sched, pauses []uint64 // counts by bucket
	gc            float64
}

func (m *runtimeMeter) take(now int64) (v stats.Vitals) {
	first := m.samples == nil
	if first {
		m.samples = []metrics.Sample{{Name: schedLatencies}, {Name: gcPauses}, {Name: gcCPU}, {Name: gcIdle}}
	}
	metrics.Read(m.samples)
	sched, pauses := histogram(m.samples[0].Value), histogram(m.samples[1].Value)
	gc, elapsed := m.samples[2].Value.Float64()-m.samples[3].Value.Float64(), time.Duration(now-m.at)
	if !first && elapsed > 0 {
		v.SchedP99 = percentile(sched, m.sched, 0.99)
		v.GCPause, v.GCPauseMax = sum(pauses, m.pauses)
		// The runtime counts a collection's CPU time when it ends.
		v.GCShare = stats.Read((gc - m.gc) / (elapsed.Seconds() * float64(runtime.GOMAXPROCS(0))))
	}
	m.at, m.gc = now, gc
	m.sched, m.pauses = slices.Clone(sched.Counts), slices.Clone(pauses.Counts)
	return v
}

func histogram(v metrics.Value) *metrics.Float64Histogram {
	if v.Kind() != metrics.KindFloat64Histogram {
		return &metrics.Float64Histogram{} // of a runtime that has no such figure
	}
	return v.Float64Histogram()
}

// grown is how many values came into a bucket.
func grown(h *metrics.Float64Histogram, before []uint64, bucket int) uint64 {
	if bucket < len(before) {
		return h.Counts[bucket] - before[bucket]
	}
	return h.Counts[bucket]
}

// edge is the upper edge of a bucket, or the lower where there is none.
func edge(h *metrics.Float64Histogram, bucket int) time.Duration {
	s := h.Buckets[bucket+1]
	if math.IsInf(s, 0) {
		s = max(h.Buckets[bucket], 0)
	}
	return time.Duration(s * float64(time.Second))
}

// percentile is that of the values which came, at rank ⌈p·n⌉: not known of none.
func percentile(h *metrics.Float64Histogram, before []uint64, p float64) stats.Reading[time.Duration] {
	n := uint64(0)
	for i := range h.Counts {
		n += grown(h, before, i)
	}
	rank, seen := uint64(math.Ceil(p*float64(n))), uint64(0)
	for i := range h.Counts {
		if seen += grown(h, before, i); n > 0 && seen >= rank {
			return stats.Read(edge(h, i))
		}
	}
	return stats.Reading[time.Duration]{}
}

// sum adds the values up that came, and gives the largest.
func sum(h *metrics.Float64Histogram, before []uint64) (all, most stats.Reading[time.Duration]) {
	if len(h.Counts) == 0 {
		return all, most
	}
	all, most = stats.Read(time.Duration(0)), stats.Read(time.Duration(0))
	for i := range h.Counts {
		if n := grown(h, before, i); n > 0 {
			all.Value += time.Duration(n) * edge(h, i)
			most.Value = edge(h, i)
		}
	}
	return all, most
}
