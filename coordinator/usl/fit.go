package usl

import (
	"fmt"
	"math"
	"strings"
)

// Confidence is that of all bands.
const Confidence = 0.95

// A Band is an estimate with its interval. All zero: not known.
type Band struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// A Fit is what the law says of some points, and whether to believe it.
type Fit struct {
	Trustworthy bool   `json:"trustworthy"`
	Why         string `json:"why,omitempty"` // it is not

	Gamma Band `json:"gamma"` // throughput of one request at a time, a second
	Alpha Band `json:"alpha"`
	Beta  Band `json:"beta"`
	// Peak is where throughput would be largest, and Most how large, both known only where the fit
	// is trustworthy.
	Peak Band `json:"peak"` // requests at a time
	Most Band `json:"most"` // OK requests a second

	Points  int     `json:"points"`
	Levels  int     `json:"levels"`  // of N that are not the same within 10 %
	Highest float64 `json:"highest"` // N that was seen
	Scatter float64 `json:"scatter"` // standard deviation of points about the curve, as a share

	Curve []Drawn `json:"curve,omitempty"` // to draw, up to what was seen
}

// A Drawn is one point of the curve with its band.
type Drawn struct {
	N float64 `json:"n"`
	X Band    `json:"x"`
}

// When a fit is not believed.
const (
	leastLevels = 6    // three parameters, and as many to contradict them
	mostScatter = 0.15 // points that lie further off show something other than their N
	mostMisfit  = 0.03 // a bend that the law has not, of less, is of no use to anybody
)

// New fits points. The bands follow from the seed, so that the same points say the same.
func New(points []Point, seed uint64) Fit {
	points = sorted(points)
	f := Fit{Points: len(points), Levels: levels(points)}
	if len(points) > 0 {
		f.Highest = points[len(points)-1].N
	}
	if f.Levels <= params {
		f.Why = distrust([]string{f.tooFew()})
		return f
	}
	best := solve(points, guess(points), 8)
	f.Scatter = scatter(points, best)
	draws := bootstrap(points, best, seed)
	f.Gamma = draws.band(best, func(c curve) float64 { return c.gamma })
	f.Alpha = draws.band(best, func(c curve) float64 { return c.alpha })
	f.Beta = draws.band(best, func(c curve) float64 { return c.beta })
	f.draw(best, draws)
	if doubts := f.doubts(points, best); len(doubts) > 0 {
		f.Why = distrust(doubts)
		return f
	}
	f.Trustworthy = true
	f.Peak, f.Most = draws.band(best, curve.peak), draws.band(best, curve.most)
	return f
}

func distrust(doubts []string) string { return "fit not trustworthy: " + strings.Join(doubts, "; ") }

func (f *Fit) tooFew() string {
	return fmt.Sprintf("%d distinct levels of concurrency came to rest, fewer than %d", f.Levels, leastLevels)
}

// doubts are the reasons not to believe a fit.
func (f *Fit) doubts(points []Point, best curve) (all []string) {
	doubt := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	doubt(f.Levels < leastLevels, "%s", f.tooFew())
	flat := f.Beta.Low <= 0
	doubt(flat, "no load past the peak: the interval of β includes 0, and where throughput would be largest is not known")
	doubt(!flat && best.peak() > f.Highest, "the peak would lie at %.0f requests at a time, past the %.0f that were seen", best.peak(), f.Highest)
	doubt(f.Alpha.High >= 1, "the interval of α reaches 1")
	poor := f.Scatter > mostScatter
	doubt(poor, "a poor fit: points lie %.0f %% off the curve", 100*f.Scatter)
	doubt(!poor && f.Scatter > mostMisfit && bends(points, best), "a poor fit: throughput bends in another way than the law")
	return all
}

// bends says whether neighbours lie on the same side of the curve too often for chance
// (von Neumann's ratio, p < .01): the points follow a line, and not this one. Parameters
// that were fitted make neighbours differ more, so that it is said too seldom.
func bends(points []Point, c curve) bool {
	var steps, squares float64
	last := 0.0
	for i, p := range points {
		r := p.residual(c) * math.Sqrt(p.Weight)
		if i > 0 {
			steps += (r - last) * (r - last)
		}
		squares += r * r
		last = r
	}
	n := float64(len(points))
	return steps < squares*(2-2.326*math.Sqrt(4*(n-2)/(n*n-1)))
}

// drawnPoints is how many points a curve is drawn by.
const drawnPoints = 24

// draw keeps the curve between one request at a time and the most that was seen.
func (f *Fit) draw(best curve, d draws) {
	if f.Highest <= 1 {
		return
	}
	for i := range drawnPoints {
		n := math.Pow(f.Highest, float64(i)/(drawnPoints-1))
		f.Curve = append(f.Curve, Drawn{n, d.band(best, func(c curve) float64 { return c.at(n) })})
	}
}
