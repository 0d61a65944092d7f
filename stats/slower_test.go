package stats

import (
	"math/rand/v2"
	"testing"
	"time"
)

// exponential is a run of requests of 10 ms in the mean, independent of each other, a
// millisecond apart: their p99 is 46 ms.
func exponential(requests int, limits ...time.Duration) *Run {
	l := testLayout()
	l.Limits = limits
	r, recorder, rng := &Run{}, NewRecorder(l, nil), rand.New(rand.NewPCG(3, 4))
	r.Apply(Update{Started: &Started{Layout: l}})
	for i := range requests {
		at := Offset(i) * Offset(time.Millisecond)
		recorder.Intend(steadyItems)
		recorder.Record(answered(steadyItems, at, time.Duration(rng.ExpFloat64()*1e7)))
		if last := i == requests-1; last || (i+1)%1000 == 0 {
			index := int64(i / 1000)
			r.Apply(Update{Window: &Window{Index: index, Merged: recorder.Cut(index)}})
		}
	}
	return r
}

func limitAt(limit time.Duration) *Threshold {
	return &Threshold{Metric: "response_time", Agg: "p", P: 99, Op: "<", Limit: limit.Seconds()}
}

// TestLimitsAreSureOrNot: by which side of its limit a percentile would be on in a long
// run, and not by whether it held.
func TestLimitsAreSureOrNot(t *testing.T) {
	limits := []time.Duration{20 * ms, 46 * ms, 47 * ms, 150 * ms, 10 * time.Second}
	long, short := exponential(60_000, limits...), exponential(300, limits...)
	for _, c := range []struct {
		name  string
		run   *Run
		limit time.Duration
		sure  bool
	}{
		{"surely held", long, 150 * ms, true},
		{"surely held, by a limit that nothing came near to", long, 10 * time.Second, true},
		{"surely broken", long, 20 * ms, true},
		{"on the limit", long, 46 * ms, false},
		{"just below it", long, 47 * ms, false},
		{"of too few requests", short, 10 * time.Second, false},
		{"broken, within a third of a second", short, 20 * ms, false},
	} {
		got, known := c.run.Slower(limitAt(c.limit))
		if !known || got.Sure() != c.sure || got.Allowed != 0.01 {
			t.Errorf("%s: %+v, known %v, want sure %v", c.name, got, known, c.sure)
		}
		var above, all uint64
		for _, b := range c.run.bins.of(func(row int) bool { return row == steadyItems }).Counts {
			all += b.Count
		}
		above = c.run.Sound().Cells[steadyItems].Response.CountAbove(c.limit)
		if diff := got.Value*float64(all) - float64(above); diff > 0.002*float64(all) || diff < -0.002*float64(all) {
			t.Errorf("%s: a share of %g of %d is slower, the histogram has %d", c.name, got.Value, all, above)
		}
	}
}

// TestFailuresAreSlowerThanAnyLimit, so that they make a broken limit sure.
func TestFailuresAreSlowerThanAnyLimit(t *testing.T) {
	l := testLayout()
	l.Limits = []time.Duration{100 * ms}
	r, recorder := &Run{}, NewRecorder(l, nil)
	r.Apply(Update{Started: &Started{Layout: l}})
	for i := range 30_000 {
		s := answered(steadyItems, Offset(i)*Offset(time.Millisecond), ms)
		if i%17 == 0 {
			s.Class = HTTPError
		}
		recorder.Record(s)
	}
	r.Apply(Update{Window: &Window{Merged: recorder.Cut(0)}})
	if got, known := r.Slower(limitAt(100 * ms)); !known || !got.Sure() || got.Low < 0.05 || got.High > 0.07 {
		t.Errorf("%+v, known %v", got, known)
	}
}

// TestNothingIsKnownWhereNothingIsCounted: of agents and warm-up there are no bins, and of
// a limit that is no edge of the ladder no exact count.
func TestNothingIsKnownWhereNothingIsCounted(t *testing.T) {
	r := exponential(5000, 150*ms)
	if _, known := r.Slower(limitAt(150 * ms)); !known {
		t.Fatal("nothing is known of what is counted")
	}
	for name, change := range map[string]func(*Threshold){
		"agent":           func(l *Threshold) { l.Tags.Agent = "local-1" },
		"warm-up":         func(l *Threshold) { l.Tags.Phase = "warmup" },
		"no rows":         func(l *Threshold) { l.Tags.Name = "/none" },
		"no requests":     func(l *Threshold) { l.Tags.Name = "/health" },
		"mean":            func(l *Threshold) { l.Agg = "avg" },
		"lower limit":     func(l *Threshold) { l.Op = ">" },
		"another metric":  func(l *Threshold) { l.Metric = "service_time" },
		"no limit of its": func(l *Threshold) { l.Limit = 0.151 },
	} {
		l := limitAt(150 * ms)
		change(l)
		if got, known := r.Slower(l); known {
			t.Errorf("%s: %+v", name, got)
		}
	}
	r.bins = binStore{}
	if got, known := r.Slower(limitAt(150 * ms)); known {
		t.Errorf("of a run that kept no bins: %+v", got)
	}
	if _, known := (&Run{}).Slower(limitAt(150 * ms)); known {
		t.Error("of no run")
	}
}

// TestMedianIsAPercentile with a name of its own.
func TestMedianIsAPercentile(t *testing.T) {
	l := limitAt(150 * ms)
	l.Agg, l.P = "med", 0
	if got, known := exponential(5000, 150*ms).Slower(l); !known || got.Allowed != 0.5 || !got.Sure() {
		t.Errorf("%+v, known %v", got, known)
	}
}
