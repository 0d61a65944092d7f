package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// TestArrivalsAtTheServerAreJudged, whatever the tool says of itself.
func TestArrivalsAtTheServerAreJudged(t *testing.T) {
	run := rates[0]
	binned := func(bin float64) (counts []uint64, sum uint64) {
		for _, n := range fit.Counts(run.Arrivals(), bin, int(run.Length.Seconds()/bin)) {
			counts, sum = append(counts, uint64(n)), sum+uint64(n)
		}
		return counts, sum
	}
	poisson, sum := binned(0.01)
	bursts := slices.Repeat([]uint64{0, 20}, 2000)
	for name, c := range map[string]struct {
		c    counted
		want string // missed
	}{
		"as the law says":      {counted{sum, &tiny.Arrivals{Bin: 10 * time.Millisecond, Counts: poisson}}, ""},
		"in bursts":            {counted{40_000, &tiny.Arrivals{Counts: bursts}}, "dispersion"},
		"without all stamps":   {counted{40_001, &tiny.Arrivals{Counts: bursts, Untold: 1}}, ""},
		"one was counted less": {counted{sum + 1, &tiny.Arrivals{Counts: poisson}}, "when they arrived"},
		"not counted":          {counted{sum, nil}, "when they arrived; dispersion"},
	} {
		got := strings.Join(missed(trial{Run: run, pacing: "precise"}.wire(c.c)), "; ")
		for _, want := range strings.Split(c.want, "; ") {
			if c.want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("%s: missed %q, want %q", name, got, c.want)
			}
		}
	}
}
