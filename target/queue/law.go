package queue

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Kind is a family of distributions of service times.
type Kind string

// The families. CV is the coefficient of variation: standard deviation over mean.
const (
	Exp       Kind = "exp"       // exponential, CV 1: the M of M/M/c
	Const     Kind = "const"     // always the mean, CV 0: the D of M/D/c
	H2        Kind = "h2"        // two exponentials, each with half of the work (balanced means), CV > 1
	Lognormal Kind = "lognormal" // CV > 0
)

// Kinds lists the families.
func Kinds() []Kind { return []Kind{Exp, Const, H2, Lognormal} }

// A Law is a distribution of service times.
type Law struct {
	Kind Kind
	Mean time.Duration
	CV   float64 // of H2 and Lognormal; the others have one of their own, and want 0 here
}

// longest bounds a mean and a draw, so that no tail outlives a run.
const longest = time.Hour

// Validate reports everything that is wrong with a law.
func (l Law) Validate() error {
	var errs []error
	if !slices.Contains(Kinds(), l.Kind) {
		errs = append(errs, fmt.Errorf("service: must be one of %s, got %q", kindList(), string(l.Kind)))
	}
	if l.Mean <= 0 || l.Mean > longest {
		errs = append(errs, fmt.Errorf("mean: must be above 0 and at most %s, got %s", longest, l.Mean))
	}
	return errors.Join(append(errs, l.validateCV())...)
}

func (l Law) validateCV() error {
	switch {
	case math.IsNaN(l.CV) || l.CV < 0 || l.CV > 100:
		return fmt.Errorf("cv: must be between 0 and 100, got %g", l.CV)
	case l.Kind == H2 && l.CV <= 1:
		return fmt.Errorf("cv: must be > 1 for h2, got %g", l.CV)
	case l.Kind == Lognormal && l.CV == 0:
		return errors.New("cv: must be > 0 for lognormal, got 0")
	case (l.Kind == Exp || l.Kind == Const) && l.CV != 0:
		return fmt.Errorf("cv: %s has none to choose; leave it out, or take h2 or lognormal", l.Kind)
	}
	return nil
}

func kindList() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// Variation is the coefficient of variation that the law really has.
func (l Law) Variation() float64 {
	switch l.Kind {
	case Exp:
		return 1
	case Const:
		return 0
	}
	return l.CV
}

// At is the service time at quantile u, in [0, 1), but for H2: its u chooses the
// branch and then the place in it, which draws the law right and orders nothing.
// Above and Quantile tell the law of every kind.
func (l Law) At(u float64) time.Duration {
	mean := l.Mean.Seconds()
	switch l.Kind {
	case Const:
		return l.Mean
	case H2:
		return bounded(l.branches().draw(u) * mean)
	case Lognormal:
		return bounded(mean * l.lognormal(u))
	}
	return bounded(-math.Log1p(-u) * mean)
}

// bounded rounds to the nanosecond. Truncation would make every mean too short.
func bounded(seconds float64) time.Duration {
	return time.Duration(math.Round(min(max(seconds, 0), longest.Seconds()) * float64(time.Second)))
}

// lognormal is the law of mean 1 at quantile u. At 0 it is 0.
func (l Law) lognormal(u float64) float64 {
	s2 := math.Log1p(l.CV * l.CV)
	return math.Exp(math.Sqrt(2*s2)*math.Erfinv(2*u-1) - s2/2)
}

// two are the branches of an H2 of mean 1: with probability p the mean is short,
// else long. Balanced: p·short = (1−p)·long = ½.
type two struct{ p, short, long float64 }

func (l Law) branches() two {
	c2 := l.CV * l.CV
	p := (1 + math.Sqrt((c2-1)/(c2+1))) / 2
	return two{p: p, short: 1 / (2 * p), long: 1 / (2 * (1 - p))}
}

func (b two) draw(u float64) float64 {
	if u < b.p {
		return -math.Log1p(-u/b.p) * b.short
	}
	return -math.Log1p(-(u-b.p)/(1-b.p)) * b.long
}

// Above is P(S > t), t in seconds. With as many servers as requests (·/G/∞) it is
// the law of the response as well, whatever the arrivals are.
func (l Law) Above(t float64) float64 {
	if t < 0 {
		return 1
	}
	x := t / l.Mean.Seconds()
	switch l.Kind {
	case Const:
		if x < 1 {
			return 1
		}
		return 0
	case H2:
		b := l.branches()
		return b.p*math.Exp(-x/b.short) + (1-b.p)*math.Exp(-x/b.long)
	case Lognormal:
		s := math.Sqrt(math.Log1p(l.CV * l.CV))
		return math.Erfc((math.Log(x)/s+s/2)/math.Sqrt2) / 2
	}
	return math.Exp(-x)
}

// Quantile is the service time, in seconds, that a share p of them do not exceed.
func (l Law) Quantile(p float64) float64 { return quantile(l.Above, p) }
