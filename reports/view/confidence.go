package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Sure is how sure a run is of the five percentiles of response time that every
// table shows, in their order; nil where nothing was recorded.
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

// Between says between which times a percentile lies, in milliseconds: "44.1–52.0". An
// end that nothing bounds is "≥" the time-out, as failed requests are.
func Between(i stats.PercentileInterval, timeout time.Duration) string {
	switch {
	case i.Withheld || i.P == 0:
		return "–"
	case i.Low == stats.Never && timeout > 0:
		return "≥ " + Millis(timeout)
	case i.Low == stats.Never:
		return "∞"
	case i.High == stats.Never && timeout > 0:
		return Millis(i.Low) + " to ≥ " + Millis(timeout)
	case i.High == stats.Never:
		return Millis(i.Low) + " to ∞"
	}
	return Millis(i.Low) + "–" + Millis(i.High)
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

// sureLine is the confidence of the percentiles that decide, on one line.
func (v *View) sureLine() string {
	var parts []string
	for _, p := range []float64{50, 99, 99.9} {
		i := v.Sure.Of(p)
		if i.P == 0 || i.Withheld {
			continue
		}
		part := PercentileName(p) + " " + Between(i, v.Info.Timeout)
		if !i.Reliable {
			part += " (indicative)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

// SureLine says in one line between which times the percentiles of a long run lie, with
// the confidence of 95 %; "" when there is nothing to say.
func (v *View) SureLine() string {
	line := v.sureLine()
	if line == "" {
		return ""
	}
	return "95 %, ms: " + line
}

// sureNotes say what is not sure, and what would make it so.
func sureNotes(v *View) (n []string) {
	var indicative []string
	longest := stats.PercentileInterval{}
	for _, i := range v.Sure {
		if i.Withheld || i.Reliable || i.P == 0 {
			continue
		}
		indicative = append(indicative, PercentileName(i.P))
		if i.More >= longest.More {
			longest = i
		}
	}
	if len(indicative) == 0 {
		return nil
	}
	text := fmt.Sprintf("Intervals of %s are indicative: slow requests come in clusters, and this run saw too few clusters", strings.Join(indicative, ", "))
	if longer := Longer(longest); longer != "" {
		text += fmt.Sprintf("; for %s to be reliable run %s", PercentileName(longest.P), longer)
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
