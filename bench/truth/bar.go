package main

import (
	"fmt"
	"math"
)

// A bar is one figure beside what it must be.
type bar struct {
	Name     string  `json:"bar"`
	Measured float64 `json:"measured"`
	True     float64 `json:"true"`
	HasTrue  bool    `json:"has_true"`
	Unit     unit    `json:"unit"`
	Must     string  `json:"must"` // empty: it is shown, no more
	Kept     bool    `json:"kept"`
}

// A unit says how a figure is written, such as {"%.3f", " ms"}.
type unit struct {
	Format string `json:"format"`
	Name   string `json:"name"`
}

func (u unit) write(v float64) string { return fmt.Sprintf(u.Format, v) + u.Name }

// atMost wants a figure to be no more than most. One that is no number is missed.
func atMost(name string, measured, most float64, u unit) bar {
	return bar{Name: name, Measured: measured, Unit: u, Must: "≤ " + u.write(most), Kept: measured <= most}
}

// atLeast wants a figure to be no less than least.
func atLeast(name string, measured, least float64, u unit) bar {
	return bar{Name: name, Measured: measured, Unit: u, Must: "≥ " + u.write(least), Kept: measured >= least}
}

// within wants a figure no farther from the truth than a share of it, and so much more.
func within(name string, measured, truth, share, more float64, u unit) bar {
	b := bar{Name: name, Measured: measured, True: truth, HasTrue: true, Unit: u}
	b.Kept = math.Abs(measured-truth) <= share*math.Abs(truth)+more
	b.Must = fmt.Sprintf("± %g %%", 100*share)
	if more > 0 {
		b.Must += " + " + u.write(more)
	}
	return b
}

// shown has nothing to keep.
func shown(name string, measured float64, u unit) bar {
	return bar{Name: name, Measured: measured, Unit: u, Kept: true}
}

// beside is shown, and stands beside a truth.
func beside(name string, measured, truth float64, u unit) bar {
	return bar{Name: name, Measured: measured, True: truth, HasTrue: true, Unit: u, Kept: true}
}

// cells are a bar's line in a table: bar, measured, true, error, must, and the verdict.
func (b bar) cells() []string {
	truth, off := "", ""
	if b.HasTrue {
		truth, off = b.Unit.write(b.True), fmt.Sprintf("%+.2f %%", 100*(b.Measured/b.True-1))
	}
	if b.HasTrue && b.True == 0 {
		off = b.Unit.write(b.Measured)
	}
	word := "kept"
	switch {
	case b.Must == "":
		word = ""
	case !b.Kept:
		word = "MISSED"
	}
	return []string{b.Name, b.Unit.write(b.Measured), truth, off, b.Must, word}
}
