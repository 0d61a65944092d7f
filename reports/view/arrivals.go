package view

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// arrivals says how agents kept to the schedules of open phases; "" where there are none,
// or the run is from before that was noted.
func arrivals(v *View) string {
	p := v.Punctuality
	if p.Due == 0 {
		return ""
	}
	var words []string
	if p.Tested > 0 {
		words = append(words, fmt.Sprintf("Poisson, as the schedule says: Kolmogorov–Smirnov p > 0.01 in %d of %d s (chance alone fails 1 in 100)", p.Passed, p.Tested))
	} else if v.Info.Arrivals == "uniform" {
		words = append(words, "evenly spaced")
	}
	if p.Dispersion > 0 {
		words = append(words, fmt.Sprintf("dispersion %.2f", p.Dispersion))
	}
	issued := "all taken up in time"
	if p.Overdue > 0 {
		issued = fmt.Sprintf("%s of %s not taken up in time", Group(p.Overdue), Group(p.Due))
	}
	return strings.Join(append(words, issued), "; ")
}

// SummaryLaw is in how many seconds the law of Poisson arrivals was tested, and in how
// many they kept to it at p > 0.01.
type SummaryLaw struct {
	Tested     int      `json:"tested"`
	Passed     int      `json:"passed"`
	Dispersion *float64 `json:"dispersion"` // of counts; 1 for Poisson's law, null where it is not known
}

func summaryLaw(p stats.Punctuality) SummaryLaw {
	law := SummaryLaw{Tested: p.Tested, Passed: p.Passed}
	if p.Dispersion > 0 {
		d := round(p.Dispersion)
		law.Dispersion = &d
	}
	return law
}

// issuedRatio is null where nothing was due, as far as is known.
func issuedRatio(p stats.Punctuality) *float64 {
	if p.Due == 0 {
		return nil
	}
	issued := round(p.Issued())
	return &issued
}
