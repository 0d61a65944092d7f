package coverage

import (
	"fmt"
	"math"
)

// The bars that reliable intervals are held to. Of few labelled runs chance alone may
// miss them: they count where at least a tenth of the runs is labelled, or fifty of them.
const (
	leastHeld     = 0.90 // of reliable intervals hold the truth
	mostHeld      = 0.98 // if more do, they must not be wide
	mostWidth     = 2.0  // times the oracle's
	leastLabelled = 0.80 // of runs that have many episodes
	manyEpisodes  = 20
	fewLabelled   = 0.10
	enoughRuns    = 50 // to tell a share from
)

// A Bar is one claim about intervals, and where it is missed.
type Bar struct {
	Claim  string
	Held   int // scenarios that it could be held against
	Missed []string
}

// Bars holds all results against all bars. Runs with many episodes are those of a scenario that
// has them in the mean, and, where there are enough of these, those that had them themselves:
// the second is what somebody with one run can know of. A share is held against its bar as it
// is. Where it missed, a second one in brackets is the largest that chance leaves possible.
func Bars(all []Result) []Bar {
	held := Bar{Claim: fmt.Sprintf("reliable intervals hold the truth in %.0f %%", 100*leastHeld)}
	width := Bar{Claim: fmt.Sprintf("those that hold it in over %.0f %% are at most %v times as wide as the oracle's", 100*mostHeld, mostWidth)}
	label := Bar{Claim: fmt.Sprintf("%.0f %% of runs of scenarios with %d episodes in the mean are labelled", 100*leastLabelled, manyEpisodes)}
	own := Bar{Claim: fmt.Sprintf("%.0f %% of runs that had %d episodes themselves are labelled", 100*leastLabelled, manyEpisodes)}
	for _, r := range all {
		believed, counts := Share(r.Believed, r.Reliable), Share(r.Reliable, r.Runs) >= fewLabelled || r.Reliable >= enoughRuns
		if counts {
			held.share(r, r.Believed, r.Reliable, leastHeld)
		}
		if counts && believed > mostHeld {
			width.hold(r.Width <= mostWidth, r, fmt.Sprintf("%.3g", r.Width))
		}
		if r.Episodes >= manyEpisodes {
			label.share(r, r.Reliable, r.Runs, leastLabelled)
		}
		if r.Many >= enoughRuns {
			own.share(r, r.Labelled, r.Many, leastLabelled)
		}
	}
	return []Bar{held, width, label, own}
}

// share holds a of b against the least share of them.
func (b *Bar) share(r Result, part, of int, least float64) {
	b.hold(Share(part, of) >= least, r, fmt.Sprintf("%.1f %% of %d (≤ %.1f %%)", 100*Share(part, of), of, 100*highest(part, of)))
}

func (b *Bar) hold(kept bool, r Result, value string) {
	b.Held++
	if !kept {
		b.Missed = append(b.Missed, fmt.Sprintf("%s: %s", r.Scenario, value))
	}
}

// highest is the upper end of Wilson's interval, 95 % between both, of the chance that part of so
// many came by.
func highest(part, of int) float64 {
	const z = 1.959964
	n, p := float64(of), Share(part, of)
	return (p + z*z/(2*n) + z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

// String says which scenario it is.
func (s Scenario) String() string {
	return fmt.Sprintf("%s at %v, %s, p%v", s.Queue, s.Queue.Load, s.Length, s.P)
}
