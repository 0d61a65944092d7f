package coverage

import "fmt"

// The bars that reliable intervals are held to. Of few labelled runs chance alone may
// miss them: they count where at least a tenth of the runs is labelled.
const (
	leastHeld     = 0.90 // of reliable intervals hold the truth
	mostHeld      = 0.98 // if more do, they must not be wide
	mostWidth     = 2.0  // times the oracle's
	leastLabelled = 0.80 // of runs, where they have many episodes
	manyEpisodes  = 20
	fewLabelled   = 0.10
)

// A Bar is one claim about intervals, and where it is missed.
type Bar struct {
	Claim  string
	Held   int // scenarios that it could be held against
	Missed []string
}

// Bars holds all results against all bars.
func Bars(all []Result) []Bar {
	held := Bar{Claim: fmt.Sprintf("reliable intervals hold the truth in %.0f %%", 100*leastHeld)}
	width := Bar{Claim: fmt.Sprintf("those that hold it in over %.0f %% are at most %v times as wide as the oracle's", 100*mostHeld, mostWidth)}
	label := Bar{Claim: fmt.Sprintf("%.0f %% of runs with %d episodes are labelled", 100*leastLabelled, manyEpisodes)}
	for _, r := range all {
		believed, labelled := Share(r.Believed, r.Reliable), Share(r.Reliable, r.Runs)
		if labelled >= fewLabelled {
			held.hold(believed >= leastHeld, r, believed)
		}
		if labelled >= fewLabelled && believed > mostHeld {
			width.hold(r.Width <= mostWidth, r, r.Width)
		}
		if r.Episodes >= manyEpisodes {
			label.hold(labelled >= leastLabelled, r, labelled)
		}
	}
	return []Bar{held, width, label}
}

func (b *Bar) hold(kept bool, r Result, value float64) {
	b.Held++
	if !kept {
		b.Missed = append(b.Missed, fmt.Sprintf("%s: %.3g", r.Scenario, value))
	}
}

// String says which scenario it is.
func (s Scenario) String() string {
	return fmt.Sprintf("%s at %v, %s, p%v", s.Queue, s.Queue.Load, s.Length, s.P)
}
