package loop

import (
	"runtime/metrics"
	"testing"
	"time"
)

// BenchmarkHold17000 holds 17,000 connections with a request each 10 s; an iteration is
// a second of it. It weighs the collector: run it with GOGC and GOMEMLIMIT set to what
// is to be compared (docs/engine.md).
func BenchmarkHold17000(b *testing.B) {
	h := heat(b, "{name: hold, executor: held-connections, user: u, connections: 17000, hold: 10h, heartbeat: {task: health, every: 10s, jitter: 20%}}]\n")
	before, second := collector(), h.world.clock
	b.ResetTimer()
	for range b.N {
		second += int64(time.Second)
		for h.world.clock < second {
			h.loop.turn(h.events)
			for len(h.out) > 0 {
				h.take(<-h.out)
			}
		}
	}
	b.StopTimer()
	after, minutes := collector(), float64(b.N)/60
	b.ReportMetric(before.cycles, "GCs-to-open")
	b.ReportMetric((after.cycles-before.cycles)/minutes, "GCs/min")
	b.ReportMetric((after.seconds-before.seconds)*1000/minutes, "ms-of-GC/min")
	b.ReportMetric(after.resident/1e6, "MB")
}

// A collection is what the collector has done so far, and what memory Go has.
type collection struct{ cycles, seconds, resident float64 }

func collector() collection {
	s := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	return collection{
		float64(s[0].Value.Uint64()), s[1].Value.Float64(),
		float64(s[2].Value.Uint64()) - float64(s[3].Value.Uint64()),
	}
}
