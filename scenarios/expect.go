package scenarios

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// endless stands for a gap that nothing ends.
const endless = time.Hour

// Expect adds to what was taken up in windows what the schedule says of them. Loops divide
// a share evenly, so together they leave gaps as much shorter as they are many.
func (s *Scenario) Expect(taken []stats.Taken) {
	for i := range taken {
		t := &taken[i]
		p := &s.Phases[t.Phase]
		t.Shape = p.Profile.Spread(t.Into, stats.WindowLength, stats.ArrivalCells)
		t.Even, t.Gap = p.Arrivals == arrival.Uniform, 0
		if t.Even && t.Part > 0 {
			lowest, _ := p.Profile.Rates(t.Into, t.Into+stats.WindowLength)
			gap := min(1/(lowest*t.Part), endless.Seconds())
			t.Gap = time.Duration(math.Round(gap * float64(time.Second)))
		}
	}
}
