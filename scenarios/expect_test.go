package scenarios

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// TestExpect: what the schedule says of a second, by what of it was taken up.
func TestExpect(t *testing.T) {
	level := arrival.Profile{{From: 100, To: 100, Duration: 10 * time.Second}}
	ramp := arrival.Profile{{From: 100, To: 200, Duration: time.Second}, {From: 200, To: 200, Duration: 9 * time.Second}, {From: 200, To: 0, Duration: time.Second}}
	for name, c := range map[string]struct {
		profile arrival.Profile
		law     arrival.Law
		taken   stats.Taken
		shaped  bool
		gap     time.Duration
	}{
		"level":            {level, arrival.Poisson, stats.Taken{Into: 3 * time.Second, Part: 1}, false, 0},
		"even":             {level, arrival.Uniform, stats.Taken{Into: 3 * time.Second, Part: 1}, false, 10 * time.Millisecond},
		"even, a quarter":  {level, arrival.Uniform, stats.Taken{Into: 3 * time.Second, Part: 0.25}, false, 40 * time.Millisecond},
		"even, no share":   {level, arrival.Uniform, stats.Taken{Into: 3 * time.Second}, false, 0},
		"ramp":             {ramp, arrival.Poisson, stats.Taken{Part: 1}, true, 0},
		"even ramp":        {ramp, arrival.Uniform, stats.Taken{Part: 1}, true, 10 * time.Millisecond},
		"level after it":   {ramp, arrival.Uniform, stats.Taken{Into: time.Second, Part: 1}, false, 5 * time.Millisecond},
		"even down to 0":   {ramp, arrival.Uniform, stats.Taken{Into: 10 * time.Second, Part: 1}, true, endless},
		"part of a second": {ramp, arrival.Uniform, stats.Taken{Into: 500 * time.Millisecond, Part: 0.5}, true, time.Second / 75},
	} {
		s := &Scenario{Phases: []Phase{{Profile: c.profile, Arrivals: c.law}}}
		taken := []stats.Taken{c.taken}
		s.Expect(taken)
		got := taken[0]
		if (got.Shape != nil) != c.shaped || got.Even != (c.law == arrival.Uniform) || got.Gap.Round(time.Microsecond) != c.gap.Round(time.Microsecond) {
			t.Errorf("%s: shaped %t, even %t, gaps of %v, want %v", name, got.Shape != nil, got.Even, got.Gap, c.gap)
		}
		if c.shaped && (len(got.Shape) != stats.ArrivalCells+1 || got.Shape[0] != 0 || got.Shape[stats.ArrivalCells] != 1) {
			t.Errorf("%s: %d cells from %v to %v", name, len(got.Shape), got.Shape[0], got.Shape[len(got.Shape)-1])
		}
	}
}
