package capacity

import (
	"fmt"
	"math"
	"strconv"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// Words are the figure for who has one line for it, "749 iterations a second with 2000 connections held (95 %
// interval 730 to 760), held at 735"; "" = none is known.
func (r *Result) Words() string {
	if r.Capacity <= 0 {
		return ""
	}
	unit := "iterations a second"
	if r.Axis == Connections {
		unit = Connections
	}
	words := plain(r.Capacity) + " " + unit
	if r.High <= 0 {
		words += " or more"
	}
	if meanwhile := Meanwhile(r.Beside); meanwhile != "" {
		words += " " + meanwhile
	}
	words += r.between()
	if r.Verified > 0 {
		words += ", held at " + plain(r.Verified)
	}
	return words
}

// between is how sure a figure is: of the ends that single trials give, no confidence is told.
func (r *Result) between() string {
	switch {
	case r.High <= 0:
		return ""
	case r.Confidence <= 0:
		return fmt.Sprintf(" (%s held and %s broke, in single trials)", plain(r.Low), plain(r.High))
	}
	return fmt.Sprintf(" (%.0f %% interval %s to %s)", 100*r.Confidence, plain(r.Low), plain(r.High))
}

// Meanwhile says what is asked for beside a search, "with 2000 connections held" or "at 200/s"; "" = nothing is.
func Meanwhile(beside trial.Load) string {
	switch {
	case beside.Connections == 1:
		return "with 1 connection held"
	case beside.Connections > 0:
		return fmt.Sprintf("with %d connections held", beside.Connections)
	case beside.Rate > 0:
		return "at " + plain(beside.Rate) + "/s"
	}
	return ""
}

// plain has four digits, or all that stand before the point: nobody reads 1.2e+04.
func plain(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
