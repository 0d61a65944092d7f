package pulse

import (
	"math"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/stats"
)

func TestHistogramsOfTheRuntime(t *testing.T) {
	h := &metrics.Float64Histogram{Buckets: []float64{math.Inf(-1), 0, 0.001, 0.002, 1, math.Inf(1)}, Counts: []uint64{0, 1099, 5, 2, 1}}
	before := []uint64{0, 1000, 5, 1, 1}
	if got := percentile(h, before, 0.99); got != stats.Read(time.Millisecond) {
		t.Errorf("p99 of 100: %+v", got) // 99 of up to 1 ms, 1 of up to 1 s
	}
	if got := percentile(h, before, 1); got != stats.Read(time.Second) {
		t.Errorf("largest: %+v", got)
	}
	if got := percentile(h, h.Counts, 0.99); got.Known {
		t.Errorf("p99 of none: %+v", got)
	}
	if all, most := sum(h, before); all != stats.Read(99*time.Millisecond+time.Second) || most != stats.Read(time.Second) {
		t.Errorf("sum %+v, most %+v", all, most)
	}
	if got := percentile(h, nil, 1); got != stats.Read(time.Second) {
		t.Errorf("a bucket without an upper edge: %+v", got)
	}
	if all, _ := sum(&metrics.Float64Histogram{}, nil); all.Known {
		t.Errorf("no such figure: %+v", all)
	}
}

func TestRuntimeOfThisProcess(t *testing.T) {
	var m runtimeMeter
	if v := m.take(1); v != (stats.Vitals{}) {
		t.Errorf("the first look knows %+v", v)
	}
	runtime.GC()
	v := m.take(1 + int64(time.Second))
	if !v.GCPause.Known || v.GCPause.Value <= 0 || v.GCPauseMax.Value > v.GCPause.Value || v.GCShare.Value <= 0 {
		t.Errorf("after a collection: %+v", v)
	}
	runtime.GC()
	if again := m.take(1 + int64(2*time.Second)); again.GCPause.Value > 10*v.GCPause.Value+time.Second {
		t.Errorf("%+v after %+v", again, v)
	}
}

// TestPulseOfThisProcess: it beats where it can, and elsewhere says that it does not know.
func TestPulseOfThisProcess(t *testing.T) {
	p := Start(machine.Monotonic())
	defer p.Stop()
	if runtime.GOOS != "linux" {
		if v := p.Window(); v.KernelJitter.Known {
			t.Errorf("%+v", v)
		}
		return
	}
	var v stats.Vitals
	for until := time.Now().Add(20 * time.Second); !v.KernelJitter.Known && time.Now().Before(until); time.Sleep(period) {
		v = p.Window()
	}
	if !v.KernelJitter.Known || !v.GoJitter.Known || !v.StallCPU.Known {
		t.Errorf("no beat was seen: %+v", v)
	}
	t.Logf("%+v", v)
}
