package view

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Sure is how sure a run is of the five percentiles of response time that every
// table shows, in their order; nil where the run has no such record.
type Sure []stats.PercentileInterval

// sureOf asks a run about the chosen rows.
func sureOf(r *stats.Run, want choice) Sure {
	return r.Confidences(percentiles[:], want)
}

func sureOfName(r *stats.Run, name string) Sure {
	return sureOf(r, func(c stats.CellKey) bool { return c.Recorded && c.Name == name })
}

// Of is what is known of percentile p, the zero interval where it is not one of the five.
func (s Sure) Of(p float64) stats.PercentileInterval {
	for _, i := range s {
		if i.P == p {
			return i
		}
	}
	return stats.PercentileInterval{}
}

// PercentileName is "p99.9".
func PercentileName(p float64) string { return "p" + trimZeros(fmt.Sprintf("%.3f", p)) }

// Between says between which times a percentile lies, in milliseconds: "44.1–52.0".
// Where surely failed requests reach into it, that is "≥" the time-out, as everywhere;
// "44.1 or more" is one that too few slow requests were seen to bound.
func Between(i stats.PercentileInterval, timeout time.Duration) string {
	return between(i, timeout, "")
}

// BetweenMillis is Between with its unit.
func BetweenMillis(i stats.PercentileInterval, timeout time.Duration) string {
	return between(i, timeout, " ms")
}

func between(i stats.PercentileInterval, timeout time.Duration, unit string) string {
	switch {
	case i.Withheld || i.P == 0:
		return "–"
	case i.Low == stats.Never && timeout > 0:
		return "≥ " + Millis(timeout) + unit
	case i.Low == stats.Never:
		return "∞"
	case i.High == stats.Never && i.Low <= 0:
		return "not known"
	case i.High == stats.Never:
		return Millis(i.Low) + unit + " or more"
	}
	return Millis(i.Low) + "–" + Millis(i.High) + unit
}

// Label says what an interval is worth: "reliable", "indicative", "too few requests".
func Label(i stats.PercentileInterval) string {
	switch {
	case i.Withheld || i.P == 0:
		return "too few requests"
	case i.Reliable:
		return "reliable"
	}
	return "indicative"
}

// Episodes says how many episodes of slow requests an interval is of, in whole ones that were
// seen; "" for one that is withheld.
func Episodes(i stats.PercentileInterval) string {
	n := i.Episodes
	switch {
	case i.Withheld:
		return ""
	case math.IsNaN(n) || math.IsInf(n, 0):
		return Unknown
	case n > 0 && n < 1:
		return "< 1"
	}
	return Group(uint64(n))
}

// longRun bounds what is said about how much longer a run would have to be.
const longRun = 48 * time.Hour

// Longer says how much longer a run would have to be for an interval to be reliable,
// "" for one that is.
func Longer(i stats.PercentileInterval) string {
	switch {
	case i.Withheld || i.Reliable || i.P == 0 || i.More <= 0:
		return ""
	case i.More > longRun:
		return "more than two days longer"
	case i.More >= 10*time.Minute:
		return fmt.Sprintf("about %.0f min longer", i.More.Minutes())
	}
	return "about " + Span(max(i.More.Round(10*time.Second), 10*time.Second)) + " longer"
}

// SureLine says in one line between which times the percentiles that decide lie, and
// which of these intervals are indicative only; "" when there is nothing to say.
func (v *View) SureLine() string {
	var reliable, indicative []string
	for _, p := range []float64{50, 99, 99.9} {
		i := v.Sure.Of(p)
		if i.P == 0 || i.Withheld {
			continue
		}
		text := PercentileName(p) + " " + Between(i, v.Info.Timeout)
		if i.Reliable {
			reliable = append(reliable, text)
		} else {
			indicative = append(indicative, text)
		}
	}
	var parts []string
	if len(reliable) > 0 {
		parts = append(parts, strings.Join(reliable, " · "))
	}
	if len(indicative) > 0 {
		parts = append(parts, "indicative: "+strings.Join(indicative, " · "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "in a long run, ms: " + strings.Join(parts, "; ")
}

// sureNotes say what would make the intervals of the high percentiles reliable.
func sureNotes(v *View) []string {
	var names []string
	longest := stats.PercentileInterval{}
	for _, p := range []float64{99, 99.9} {
		i := v.Sure.Of(p)
		if i.P == 0 || i.Withheld || i.Reliable {
			continue
		}
		names = append(names, PercentileName(p))
		if i.More >= longest.More {
			longest = i
		}
	}
	if len(names) == 0 {
		return nil
	}
	text := "Too few episodes of slow requests for a reliable interval of " + strings.Join(names, " and ")
	if longer := Longer(longest); longer != "" {
		text += ": run " + longer
	}
	return []string{text + "."}
}

// withheld names the percentiles that there are too few requests for.
func withheld(t Times) string {
	var names []string
	for i, q := range t.All() {
		if q.Withheld && !q.Infinite && t.Count > 0 {
			names = append(names, PercentileName(percentiles[i]))
		}
	}
	return strings.Join(names, ", ")
}
