package pulse

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const ms = int64(time.Millisecond)

// TestWhoWasLate: a beat's lateness is the kernel's where nothing of the process ran, and
// Go's where it did.
func TestWhoWasLate(t *testing.T) {
	for name, c := range map[string]struct {
		b            beat
		kernel, goes int64 // ms
	}{
		"in time":                        {beat{due: 1000 * ms, went: 1000 * ms}, 0, 0},
		"early":                          {beat{due: 1000 * ms, went: 999 * ms}, 0, 0},
		"no core for 34 ms":              {beat{due: 1000 * ms, went: 1034 * ms, cpu: 3e6}, 34, 0},
		"no processor of Go's for 34 ms": {beat{due: 1000 * ms, went: 1034 * ms, cpu: 30e6}, 0, 34},
		"stopped":                        {beat{due: 1000 * ms, went: 3002 * ms, cpu: 1e6}, 2002, 0},
	} {
		kernel, goes := c.b.late()
		if kernel.Milliseconds() != c.kernel || goes.Milliseconds() != c.goes {
			t.Errorf("%s: kernel %v, Go %v, want %d and %d ms", name, kernel, goes, c.kernel, c.goes)
		}
	}
}

// TestWorstBeatOfAWindow: each window has the worst of its own beats, and what was due
// before the load counts for none.
func TestWorstBeatOfAWindow(t *testing.T) {
	l := lateness{from: 100 * ms}
	beat := func(at, late int64, cpu time.Duration) {
		l.await(at*ms, 0)
		l.note(beat{due: at * ms, went: (at + late) * ms, cpu: cpu})
	}
	beat(90, 500, 0)
	var v stats.Vitals
	if l.take(&v, 600*ms, 0); v != (stats.Vitals{}) {
		t.Errorf("before the load: %+v", v)
	}
	beat(610, 3, 0)
	beat(620, 2, 9e9)
	if l.take(&v, 640*ms, 0); v.KernelJitter != stats.Read(3*time.Millisecond) || v.GoJitter != stats.Read(2*time.Millisecond) {
		t.Errorf("%+v", v)
	}
	beat(650, 0, 0)
	if l.take(&v, 660*ms, 0); v.KernelJitter != stats.Read(time.Duration(0)) {
		t.Errorf("the window after: %+v", v)
	}
}

// TestAnOverdueBeatIsToldOnce: after a stop whoever hands windows in may be awake before
// the beat. Its lateness belongs to that window, and not to the next one too.
func TestAnOverdueBeatIsToldOnce(t *testing.T) {
	var busy lateness
	var none stats.Vitals
	busy.await(1000*ms, time.Second)
	if busy.take(&none, 1030*ms, time.Second+9*time.Millisecond); none.KernelJitter.Known {
		t.Errorf("nobody knows yet who keeps it: %+v", none)
	}
	var l lateness
	l.await(1000*ms, time.Second)
	var v stats.Vitals
	if l.take(&v, 3000*ms, time.Second+3*time.Millisecond); v.KernelJitter != stats.Read(2*time.Second) || v.StallCPU != stats.Read(3*time.Millisecond) {
		t.Errorf("overdue: %+v", v)
	}
	v = stats.Vitals{}
	if l.take(&v, 3001*ms, time.Second); v.KernelJitter.Known {
		t.Errorf("told twice: %+v", v)
	}
	l.note(beat{due: 1000 * ms, went: 3001 * ms})
	l.await(3010*ms, time.Second)
	l.note(beat{due: 3010 * ms, went: 3010 * ms})
	if l.take(&v, 4000*ms, time.Second); v.KernelJitter != stats.Read(time.Duration(0)) {
		t.Errorf("the next window: %+v", v)
	}
}
