package tui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/view"
)

// thinSpace groups digits in threes.
const thinSpace = '\u2009'

// count is n in at most nine cells: whole up to 99 999 999, then 1.23 G.
func count(n uint64) string {
	if n < 100_000_000 {
		return view.Group(n)
	}
	return short(float64(n))
}

// rate is a number per second: a decimal where it says something.
func rate(f float64) string {
	switch {
	case !(f > 0):
		return "0"
	case f < 0.1:
		return "<0.1"
	case f < 9.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case f < 1e8:
		return view.Group(uint64(math.Round(f)))
	}
	return short(f)
}

// percent is a fraction as per cent, without its sign. What is not zero is never
// shown as zero, and what is not whole is never shown as 100.
func percent(f float64) string {
	f *= 100
	switch {
	case !(f > 0):
		return "0"
	case f < 0.01:
		return "<0.01"
	case f < 10:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f > 99.9 && f < 100:
		return strconv.FormatFloat(math.Floor(f*100)/100, 'f', 2, 64)
	case f >= 1000:
		return count(uint64(math.Min(f, 1e18)))
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// short is a number for an axis, in at most five cells: 12.5k.
func short(f float64) string {
	const units = " kMGTPE"
	i := 0
	for f >= 999.5 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	digits := 3
	switch {
	case f >= 99.95:
		digits = 0
	case f >= 9.995:
		digits = 1
	case f >= 0.9995:
		digits = 2
	}
	s := strconv.FormatFloat(f, 'f', digits, 64)
	if digits > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if i == 0 {
		return s
	}
	return s + units[i:i+1]
}

// millis is a time in milliseconds without its unit, in at most eight cells.
func millis(d time.Duration) string {
	ms := float64(d) / 1e6
	switch {
	case d <= 0:
		return "0"
	case ms < 0.995:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	case ms < 999.95:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	case ms < 999_999.5:
		return view.Group(uint64(math.Round(ms)))
	}
	return view.Group(uint64(math.Round(ms/1000))) + "s"
}

// span is a time with its unit, short: 250 µs, 1.2 ms, 3 s.
func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0"
	case d < 995*time.Microsecond:
		return short(float64(d)/1e3) + "µs"
	case d < 999500*time.Microsecond:
		return short(float64(d)/1e6) + "ms"
	case d < 10*time.Minute:
		return short(float64(d)/1e9) + "s"
	}
	return view.Clock(d)
}
