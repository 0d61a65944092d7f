package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// ArrivalCells is in how many cells of equal length the arrivals of a window are counted.
const ArrivalCells = 1000

const arrivalCell = WindowLength / ArrivalCells

// An ArrivalCount counts arrivals by when within a window they were taken up. It is the
// pacer's moment and not that of the first byte: the two differ by what finding a
// connection takes, which is the configured concurrency's doing or the target's. Where
// a connection is free they are the same, and an arrival that never finds one has a
// moment too.
type ArrivalCount [ArrivalCells]uint32

// Count takes an arrival so long after the window's begin. One beyond its end, where the
// loop is late to close it, counts in the last cell.
func (c *ArrivalCount) Count(into time.Duration) {
	c[min(uint64(into)/uint64(arrivalCell), ArrivalCells-1)]++
}

// Sum is how many there are.
func (c *ArrivalCount) Sum() (n uint64) {
	for _, k := range c {
		n += uint64(k)
	}
	return n
}

// Taken is how loops took up arrivals of one open phase in one window that it filled:
// without its begin or end, a pause or new shares. It stays within the agent, which makes
// an ArrivalTest of it.
type Taken struct {
	Phase int
	Count ArrivalCount
	// Due and Overdue are as in ArrivalTest.
	Due, Overdue uint64
	// Into is how long after the phase's begin the window began.
	Into time.Duration
	// Part is which part of the phase's arrivals comes in steps as even as all of them: the
	// largest slot of a loop's share, and of several loops the sum of theirs.
	Part float64

	// What follows is what the schedule says of such a window, see scenarios.Scenario.Expect.

	// Shape is which part of the window's arrivals is expected before each cell, and
	// at last before its end: ArrivalCells+1 numbers from 0 to 1. nil is a level rate.
	Shape []float64
	// Even says that arrivals are evenly spaced, and not Poisson's; Gap is the longest
	// that the schedule leaves between them, 0 if there are none.
	Even bool
	Gap  time.Duration
}

// add takes in what another loop took up of the same phase in the same window. Loops
// divide a share evenly, so together they leave gaps as much shorter as they are many.
func (t *Taken) add(o *Taken) {
	for i, n := range o.Count {
		t.Count[i] += n
	}
	t.Due += o.Due
	t.Overdue += o.Overdue
	t.Part += o.Part
}

// addTaken merges lists that are in order of phase.
func addTaken(list, more []Taken) []Taken {
	for i := range more {
		at, found := slices.BinarySearchFunc(list, more[i].Phase, func(t Taken, phase int) int { return cmp.Compare(t.Phase, phase) })
		if found {
			list[at].add(&more[i])
		} else {
			list = slices.Insert(list, at, more[i])
		}
	}
	return list
}

// An ArrivalTest says how one agent kept to the schedule of one open phase in one window.
type ArrivalTest struct {
	Phase int
	// Due are the arrivals that became due, Overdue those of them that had waited for
	// the pacer longer than Grace when the window ended. Each counts in one window:
	// those due within Grace of the end and not yet taken up in the next.
	Due, Overdue uint64
	// N is how many were taken up in the window where their law was tested; 0 where it
	// was not: few came, the rate changed too fast, or they are evenly spaced.
	N uint64
	// D is Kolmogorov's distance: the largest between the part of the N that came by
	// some moment and the part expected by then.
	D float64
	// Steepest is the highest rate in the window over its mean: a lateness of x moves
	// D by no more than Steepest·x.
	Steepest float64
	// Dispersion is χ²/(Bins−1) of the counts of Bins stretches, 1 for Poisson's law, 0
	// when evenly spaced, more in bursts; Bins is 0 where too few came.
	Dispersion float64
	Bins       int
	// MaxGap is the longest time without an arrival, to a cell and never too long. Gap
	// is what it is meant to be at most, if they are evenly spaced; else 0.
	MaxGap, Gap time.Duration
}

// Validate refuses what no test comes to.
func (a *ArrivalTest) Validate() error {
	switch {
	case a.Overdue > a.Due:
		return fmt.Errorf("%d of %d arrivals are overdue", a.Overdue, a.Due)
	case !(a.D >= 0 && a.D <= 1):
		return fmt.Errorf("a distance of arrivals of %v", a.D)
	case !(a.Steepest >= 0 && a.Steepest <= ArrivalCells && a.Dispersion >= 0 && a.Dispersion <= 1e18):
		return fmt.Errorf("arrivals of steepness %v and dispersion %v", a.Steepest, a.Dispersion)
	case a.Bins < 0 || a.Bins > ArrivalCells || a.MaxGap < 0 || a.Gap < 0:
		return fmt.Errorf("arrivals in %d stretches, gaps of %v and %v", a.Bins, a.MaxGap, a.Gap)
	}
	return nil
}

// Bounds of what is tested.
const (
	fewArrivals     = 20                    // fewer show no law
	shortestStretch = 10 * time.Millisecond // whose counts are compared
	fewStretches    = 10                    // fewer show no dispersion
	stretchFull     = 5                     // arrivals expected in a stretch from which χ² is near its law
	longestStretch  = 200 * time.Millisecond
	rateJump        = 0.1 // of its mean, that a rate may change within a cell
)

// ArrivalTests tests each open phase of the window, whose pacer may wake by such ticks.
func (s *Snapshot) ArrivalTests(tick time.Duration) []ArrivalTest {
	var tests []ArrivalTest
	for i := range s.Taken {
		tests = append(tests, s.Taken[i].Test(tick))
	}
	return tests
}

// Test compares what was taken up with what the schedule says. Given how many they are,
// Poisson arrivals are spread independently by the rate (evenly, if it is level), which
// asks nothing about the rate itself. Where the rate jumps, a tick of lateness moves
// more than chance does: there the law is not tested.
func (t *Taken) Test(tick time.Duration) ArrivalTest {
	a := ArrivalTest{Phase: t.Phase, Due: t.Due, Overdue: t.Overdue, Gap: t.Gap, MaxGap: t.longestGap(), Steepest: 1}
	n := t.Count.Sum()
	steepest, jumps := t.steepest()
	if t.Even || n < fewArrivals || jumps {
		return a
	}
	a.N, a.Steepest = n, steepest
	a.D = t.distance(n)
	if chi2, bins := t.spread(n, tick); bins >= fewStretches {
		a.Dispersion, a.Bins = chi2/float64(bins-1), bins
	}
	return a
}

// before is which part of the arrivals is expected before cell i.
func (t *Taken) before(i int) float64 {
	if t.Shape == nil {
		return float64(i) * (1.0 / ArrivalCells)
	}
	return t.Shape[i]
}

// steepest is the highest rate over its mean, and whether it jumps.
func (t *Taken) steepest() (most float64, jumps bool) {
	most = 1
	last := math.NaN()
	for i := range len(t.Shape) - 1 {
		rate := (t.before(i+1) - t.before(i)) * ArrivalCells
		jumps = jumps || math.Abs(rate-last) > rateJump
		most, last = max(most, rate), rate
	}
	return most, jumps
}

// distance is taken at the edges of cells alone, which makes it no larger than it is.
func (t *Taken) distance(n uint64) (d float64) {
	came, one := uint64(0), 1/float64(n)
	for i, k := range t.Count {
		came += uint64(k)
		if off := math.Abs(float64(came)*one - t.before(i+1)); off > d {
			d = off
		}
	}
	return d
}

// spread is χ² of the counts of stretches against what is expected of each, and how
// many those are. A stretch holds the same number of ticks wherever it lies, since a
// tick more or less is no chance; it is longer where few arrivals are expected.
func (t *Taken) spread(n uint64, tick time.Duration) (chi2 float64, bins int) {
	width := int(stretchOf(tick) / arrivalCell)
	if width == 0 {
		return 0, 0
	}
	from, seen := 0, 0.0
	for i, k := range t.Count {
		seen += float64(k)
		if (i+1)%width != 0 {
			continue
		}
		expected := float64(n) * (t.before(i+1) - t.before(from))
		if rest := float64(n) * (1 - t.before(i+1)); expected < stretchFull || rest < stretchFull && i+1 < ArrivalCells {
			continue
		}
		chi2 += (seen - expected) * (seen - expected) / expected
		bins, from, seen = bins+1, i+1, 0
	}
	return chi2, bins
}

// stretchOf is the shortest multiple of the shortest stretch that is a whole number of
// ticks and divides a window; 0 if there is none.
func stretchOf(tick time.Duration) time.Duration {
	for long := shortestStretch; long <= longestStretch; long += shortestStretch {
		if WindowLength%long == 0 && (tick <= 0 || long%tick == 0) {
			return long
		}
	}
	return 0
}

// longestGap is between cells that are not empty, or from one to an end of the window.
func (t *Taken) longestGap() time.Duration {
	most, empty := 0, 0
	for _, k := range t.Count {
		empty++
		if k > 0 {
			empty = 0
		}
		most = max(most, empty)
	}
	return time.Duration(most) * arrivalCell
}
