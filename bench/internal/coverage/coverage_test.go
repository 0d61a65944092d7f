package coverage

import (
	"math"
	"testing"
	"time"
)

// The table of percentiles that other tests and documents go by, in ms at 100/s.
func TestQueuesMatchTheTable(t *testing.T) {
	for _, c := range []struct {
		servers int
		load    float64
		p, want float64
	}{{1, .5, 99, 92.103}, {1, .8, 99.9, 345.388}, {4, .8, 99, 68.932}, {8, .7, 50, 8.169}, {8, .7, 99.9, 70.845}, {16, .95, 99, 72.166}} {
		got := 1e3 * Queue{c.servers, 100, c.load}.Percentile(c.p).Seconds()
		if math.Abs(got-c.want) > 1e-3 {
			t.Errorf("c=%d ρ=%v p%v is %.3f ms, want %v", c.servers, c.load, c.p, got, c.want)
		}
	}
}

// A tenth of the study that go run ./bench/truth coverage makes; few runs, so the bars
// are as far below its own (90 % covered, 80 % labelled) as chance may take them.
func TestReliableIntervalsHoldTheTruth(t *testing.T) {
	runs := 50
	if testing.Short() {
		runs = 20
	}
	for _, s := range Scenarios() {
		if s.Queue.Rate()*s.Length.Seconds() > 30_000 {
			continue
		}
		r := Study(s, runs, 3)
		t.Logf("%+v", r)
		if r.Reliable >= 10 && Share(r.Believed, r.Reliable) < 0.85 {
			t.Errorf("%+v: of %d reliable intervals %d held the truth", s, r.Reliable, r.Believed)
		}
		if r.Many == r.Runs && Share(r.Labelled, r.Many) < 0.8 {
			t.Errorf("%+v: of %d runs with twenty episodes %d are labelled reliable", s, r.Many, r.Labelled)
		}
		if r.Reliable == r.Runs && r.Width > 2 {
			t.Errorf("%+v: reliable intervals are %.1f times as wide as need be", s, r.Width)
		}
	}
}

// Half a minute at nine tenths of an M/M/1 says nothing reliable about its p99.
func TestShortRunsOfABusyQueueAreIndicative(t *testing.T) {
	r := Study(Scenario{Queue{1, 100, .9}, 30 * time.Second, 99}, 20, 3)
	if r.Reliable > 0 {
		t.Errorf("%d of %d runs are labelled reliable", r.Reliable, r.Runs)
	}
}
