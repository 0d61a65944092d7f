package view

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/stats"
)

func TestIntervalsInWords(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		i                      stats.PercentileInterval
		between, label, longer string
	}{
		{stats.PercentileInterval{}, "–", "too few requests", ""},
		{stats.PercentileInterval{P: 99, Withheld: true}, "–", "too few requests", ""},
		{stats.PercentileInterval{P: 99, Low: 44 * ms, High: 52 * ms, Reliable: true}, "44.00–52.00", "reliable", ""},
		{stats.PercentileInterval{P: 99, Low: 44 * ms, High: 52 * ms, More: 33 * time.Second}, "44.00–52.00", "indicative", "about 30 s longer"},
		{stats.PercentileInterval{P: 99, Low: 44 * ms, High: stats.Never, More: 95 * time.Minute}, "44.00 or more", "indicative", "about 95 min longer"},
		{stats.PercentileInterval{P: 99, High: stats.Never, More: 95 * time.Minute}, "not known", "indicative", "about 95 min longer"},
		{stats.PercentileInterval{P: 99, Low: stats.Never, High: stats.Never, More: 100 * time.Hour}, "≥ 5\u2009000", "indicative", "more than two days longer"},
	} {
		if got := Between(c.i, 5*time.Second); got != c.between {
			t.Errorf("%+v: %q, want %q", c.i, got, c.between)
		}
		if got := Label(c.i); got != c.label {
			t.Errorf("%+v: %q, want %q", c.i, got, c.label)
		}
		if got := Longer(c.i); got != c.longer {
			t.Errorf("%+v: %q, want %q", c.i, got, c.longer)
		}
	}
}

func TestUnitsStandWhereTheyAreRead(t *testing.T) {
	const ms = time.Millisecond
	for want, i := range map[string]stats.PercentileInterval{
		"44.00–52.00 ms":   {P: 99, Low: 44 * ms, High: 52 * ms},
		"44.00 ms or more": {P: 99, Low: 44 * ms, High: stats.Never},
		"≥ 5\u2009000 ms":  {P: 99, Low: stats.Never, High: stats.Never},
		"not known":        {P: 99, High: stats.Never},
	} {
		if got := BetweenMillis(i, 5*time.Second); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSureNotesSpeakOfHighPercentiles only: nobody runs longer for a median.
func TestSureNotesSpeakOfHighPercentiles(t *testing.T) {
	few := func(p float64, more time.Duration) stats.PercentileInterval {
		return stats.PercentileInterval{P: p, Low: 1, High: 2, More: more}
	}
	for want, sure := range map[string]Sure{
		"": {few(50, time.Hour), few(90, time.Hour), few(95, time.Hour)},
		"Too few episodes of slow requests for a reliable interval of p99 and p99.9: run about 1m40s longer.": {few(50, time.Hour), few(99, 10*time.Second), few(99.9, 100*time.Second)},
		"Too few episodes of slow requests for a reliable interval of p99.9.":                                 {few(99.9, 0)},
	} {
		if got := strings.Join(sureNotes(&View{Sure: sure}), "\n"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSummaryWithholds: a result has no percentile that its requests cannot name, says
// so, and has an interval for each that it names.
func TestSummaryWithholds(t *testing.T) {
	s := New(sample.Run(sample.Story{Seconds: 12, Rate: 200})).Summary()
	if s.ResponseMS.P99 == nil || s.ResponseMS.P999 != nil || s.ServiceMS.P999 != nil {
		t.Errorf("of %d requests: %+v", s.ResponseMS.Count, s.ResponseMS)
	}
	for _, c := range s.Confidence {
		if named := c.P < 99.9; c.Withheld == named || (c.Low == nil) == named {
			t.Errorf("%+v", c)
		}
		if c.Low != nil && c.P == 99 && (*c.Low > *s.ResponseMS.P99 || *c.High < *s.ResponseMS.P99) {
			t.Errorf("p99 of %v ms is not between %v and %v", *s.ResponseMS.P99, *c.Low, *c.High)
		}
	}
	for _, r := range s.Requests {
		if len(r.Confidence) != len(percentiles) {
			t.Errorf("%s: %d intervals", r.Name, len(r.Confidence))
		}
	}
}

// TestPhasesThatAreNotRecordedHaveNoIntervals, as nobody will ask for them.
func TestPhasesThatAreNotRecordedHaveNoIntervals(t *testing.T) {
	for _, p := range New(sample.Run(sample.Healthy())).Phases {
		if p.Recorded != (len(p.Sure) > 0) {
			t.Errorf("%s: %d intervals", p.Name, len(p.Sure))
		}
	}
}

// TestEpisodesArePeoplesNumbers: whole ones. One that is not complete does not count, as
// ten are what makes an interval reliable.
func TestEpisodesArePeoplesNumbers(t *testing.T) {
	for episodes, want := range map[float64]string{0: "0", 0.4252: "< 1", 0.99: "< 1", 1: "1", 8.258: "8", 9.97: "9", 3272.4: Group(3272), math.NaN(): Unknown, math.Inf(1): Unknown} {
		if got := Episodes(stats.PercentileInterval{P: 99, Episodes: episodes}); got != want {
			t.Errorf("%v: %q, want %q", episodes, got, want)
		}
	}
	if got := Episodes(stats.PercentileInterval{P: 99, Episodes: 3, Withheld: true}); got != "" {
		t.Errorf("of a withheld one %q", got)
	}
}
