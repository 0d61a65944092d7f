package brief

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestAxesHoldAnything: whatever the values are, ticks lie on the axis, few enough to read,
// and every value has its place.
func TestAxesHoldAnything(t *testing.T) {
	word := func(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }
	rapid.Check(t, func(rt *rapid.T) {
		low, high := rapid.Float64().Draw(rt, "low"), rapid.Float64().Draw(rt, "high")
		for _, a := range []Axis{Linear("x", low, high, 6, word), Logarithmic("x", low, high, word)} {
			if len(a.Ticks) == 0 || len(a.Ticks) > maxTicks {
				rt.Fatalf("%d ticks: %+v", len(a.Ticks), a)
			}
			for _, v := range []float64{low, high, a.Ticks[0].At, math.NaN(), math.Inf(1), 0} {
				if p := a.Part(v); !(p >= 0 && p <= 1) {
					rt.Fatalf("%v lies at %v of %+v", v, p, a)
				}
			}
		}
	})
}

func TestAxisEndsAtRoundValues(t *testing.T) {
	a := Linear("load", 612, 841, 6, func(f float64) string { return strconv.Itoa(int(f)) })
	if a.Low != 600 || a.High != 850 || a.Ticks[1].Text != "650" {
		t.Errorf("%+v", a)
	}
}

// TestSignsDiffer: tones are told apart without colours.
func TestSignsDiffer(t *testing.T) {
	seen := map[string]Tone{}
	for _, tone := range []Tone{Plain, Good, Warn, Bad} {
		if other, twice := seen[tone.Sign()]; twice {
			t.Errorf("%q and %q have one sign", tone, other)
		}
		seen[tone.Sign()] = tone
	}
}
