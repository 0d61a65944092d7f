package monitor

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/stats"
)

func plain(name string, n nature, v, of float64) number {
	return number{MonitorSeries: stats.MonitorSeries{Name: name, Chart: name, Label: name}, nature: n, v: v, of: of}
}

// TestCountersBecomeRates: over the time that has gone by, which a missing sample makes
// longer; and nothing is told of a time in which they began anew.
func TestCountersBecomeRates(t *testing.T) {
	l := &ledger{most: 10}
	step := func(at float64, v float64) map[string]float64 {
		return l.enter(stats.Offset(at*float64(time.Second)), reading{numbers: []number{plain("c", counter, v, 0), plain("g", gauge, v, 0)}}).Values
	}
	for _, s := range []struct {
		at, v float64
		want  map[string]float64
	}{
		{1, 100, map[string]float64{"g": 100}},
		{2, 150, map[string]float64{"c": 50, "g": 150}},
		{4, 160, map[string]float64{"c": 5, "g": 160}}, // one was missed
		{5, 7, map[string]float64{"g": 7}},             // it began anew
		{6, 8, map[string]float64{"c": 1, "g": 8}},
		{7, 8, map[string]float64{"c": 0, "g": 8}},
		{8, math.NaN(), map[string]float64{}},
		{9, 9, map[string]float64{"g": 9}},
	} {
		if diff := cmp.Diff(s.want, step(s.at, s.v)); diff != "" {
			t.Errorf("at %v: %s", s.at, diff)
		}
	}
}

// TestAnotherProcessHasNoGrowth: a target that came back counts on from nothing, and may
// be past where the one before it was.
func TestAnotherProcessHasNoGrowth(t *testing.T) {
	l := &ledger{most: 10}
	at := func(s int, instance string, v float64) int {
		return len(l.enter(stats.Offset(s)*time.Second, reading{instance: instance, numbers: []number{plain("c", counter, v, 0)}}).Values)
	}
	if at(1, "a", 10) != 0 || at(2, "a", 20) != 1 || at(3, "b", 30) != 0 || at(4, "b", 31) != 1 {
		t.Error("growth between processes")
	}
}

func TestQuotientsAreOfWhatCameInBetween(t *testing.T) {
	l := &ledger{most: 10}
	at := func(s int, v, of float64) map[string]float64 {
		return l.enter(stats.Offset(s)*time.Second, reading{numbers: []number{plain("q", quotient, v, of)}}).Values
	}
	at(1, 1000, 10)
	if got := at(2, 1600, 12); got["q"] != 300 {
		t.Errorf("%v, want the mean of the two that came", got)
	}
	if got := at(3, 1600, 12); len(got) != 0 {
		t.Errorf("%v, though nothing came", got)
	}
}

// TestQuantilesAreOfBucketsThatGrew: by rank, as the bound that the value was not above.
func TestQuantilesAreOfBucketsThatGrew(t *testing.T) {
	l := &ledger{most: 10}
	at := func(s int, counts ...float64) map[string]float64 {
		n := number{MonitorSeries: stats.MonitorSeries{Name: "h", Chart: "h", Label: "h", Unit: "s"}, nature: histogram}
		for i, bound := range []float64{0.1, 0.5, 1, infinity}[:len(counts)] {
			n.buckets = append(n.buckets, bucket{bound, counts[i]})
		}
		return l.enter(stats.Offset(s)*time.Second, reading{numbers: []number{n}}).Values
	}
	at(0, 1000, 1000, 1000, 1000)
	want := map[string]float64{"h p50": 0.1, "h p90": 0.5, "h p99": 1, "h count": 50}
	if diff := cmp.Diff(want, at(2, 1050, 1095, 1100, 1100)); diff != "" {
		t.Error(diff)
	}
	want = map[string]float64{"h p50": infinity, "h p90": infinity, "h p99": infinity, "h count": 1}
	if diff := cmp.Diff(want, at(3, 1050, 1095, 1100, 1101)); diff != "" {
		t.Errorf("above the last bound: %s", diff)
	}
	if got := at(4, 1050, 1095, 1100, 1101); len(got) != 1 || got["h count"] != 0 {
		t.Errorf("nothing came: %v", got)
	}
	if got := at(5, 1, 1, 1, 1); len(got) != 0 {
		t.Errorf("it began anew: %v", got)
	}
	if got := at(6, 2, 2, 2); len(got) != 0 {
		t.Errorf("it has other buckets: %v", got)
	}
}

// TestSeriesAreBounded: what is one too many is counted, and not kept.
func TestSeriesAreBounded(t *testing.T) {
	l := &ledger{most: 2}
	r := reading{numbers: []number{plain("a", gauge, 1, 0), plain("b", gauge, 2, 0), plain("c", gauge, 3, 0), plain("a", gauge, 9, 0)}}
	first := l.enter(0, r)
	if len(first.Series) != 2 || len(first.Values) != 2 || first.Values["a"] != 1 || len(l.leftOut) != 1 {
		t.Errorf("%+v, left out %v", first, l.leftOut)
	}
	if again := l.enter(time.Second, r); len(again.Series) != 0 || len(again.Values) != 2 {
		t.Errorf("%+v", again)
	}
}

func TestTicksAreMultiples(t *testing.T) {
	for now, want := range map[time.Duration]time.Duration{-1500: -1000, -1000: 0, -1: 0, 0: 1000, 1: 1000, 999: 1000, 1000: 2000} {
		if got := nextTick(now*time.Millisecond, time.Second); got != want*time.Millisecond {
			t.Errorf("after %v: %v", now, got)
		}
	}
}

func TestProfilesAreOfTheMiddleOfAPhase(t *testing.T) {
	const s = time.Second
	for _, x := range []struct{ begin, phase, length, at, took time.Duration }{
		{10 * s, 30 * s, 10 * s, 20 * s, 10 * s}, {10 * s, 4 * s, 10 * s, 10 * s, 4 * s}, {5 * s, 0, 10 * s, 5 * s, 10 * s},
	} {
		if at, took := window(x.begin, x.phase, x.length); at != x.at || took != x.took {
			t.Errorf("%+v: %v for %v", x, at, took)
		}
	}
}
