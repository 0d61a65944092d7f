package saturation

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// First says in words what was at its bound first, and what came after it: "first
// upstream pool (all 80 in use, up to 35 calls wait for a place, from 12 s on), then worker 0 (14 s)". "" where nothing was.
func First(all []trial.Saturated) string {
	const named = 3
	var b strings.Builder
	for i, s := range all[:min(len(all), named)] {
		who, figures := parted(s.What)
		if i > 0 {
			fmt.Fprintf(&b, ", then %s (%s)", who, second(s.From))
			continue
		}
		fmt.Fprintf(&b, "first %s (", who)
		if figures != "" {
			fmt.Fprintf(&b, "%s, ", figures)
		}
		fmt.Fprintf(&b, "from %s on)", second(s.From))
	}
	if more := len(all) - named; more > 0 {
		fmt.Fprintf(&b, ", and %d more", more)
	}
	return b.String()
}

// parted is who is meant, and the first sentence of what is said of it.
func parted(what string) (who, figures string) {
	who, figures, _ = strings.Cut(what, ": ")
	figures, _, _ = strings.Cut(figures, ". ")
	return who, figures
}

func second(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }
