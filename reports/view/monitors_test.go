package view

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

func gap(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprint(v)
}

func drawn(line MonitorLine) (text string) {
	for _, v := range line.Values {
		text += gap(v) + " "
	}
	return text
}

// TestSamplesLieOnTheTimeOfTheRun: a sample that could not be had is a gap.
func TestSamplesLieOnTheTimeOfTheRun(t *testing.T) {
	m := &stats.Monitor{
		Every:  2 * time.Second,
		Series: []stats.MonitorSeries{{Name: "a", Chart: "c", Label: "a", Main: true}, {Name: "b", Chart: "c", Label: "b"}, {Name: "d", Chart: "other", Label: "d", Main: true}},
		Times:  []stats.Offset{3 * time.Millisecond, 2*time.Second + time.Millisecond, 6*time.Second + 900*time.Millisecond},
		Values: [][]float64{{1, 2, 4}, {math.NaN(), math.Inf(1), 0}, {0, 0, 0}},
	}
	charts := monitorCharts(m, 8*time.Second)
	if len(charts) != 2 || charts[0].Title != "c" || !charts[0].Main || charts[1].Main {
		t.Fatalf("%+v", charts)
	}
	if got := drawn(charts[0].Lines[0]); got != "1 2 - 4 - " {
		t.Errorf("a: %s", got)
	}
	if got := drawn(charts[0].Lines[1]); got != "- +Inf - 0 - " {
		t.Errorf("b: %s", got)
	}
	if p := charts[0].Points; p[1].At != 2*time.Second || p[4].At != 8*time.Second {
		t.Errorf("points %+v", p)
	}
}

// TestLongRunsKeepTheirPeaks: many samples on one point are its largest.
func TestLongRunsKeepTheirPeaks(t *testing.T) {
	m := &stats.Monitor{Every: time.Second, Series: []stats.MonitorSeries{{Name: "a", Chart: "c", Main: true}}, Values: [][]float64{nil}}
	for i := range 3600 {
		v := 1.0
		if i == 1801 {
			v = 50
		}
		m.Times, m.Values[0] = append(m.Times, stats.Offset(i)*time.Second), append(m.Values[0], v)
	}
	c := monitorCharts(m, time.Hour)[0]
	if len(c.Points) > maxMonitorPoints+1 || highest(c.Lines[0].Values) != 50 {
		t.Errorf("%d points, highest %v", len(c.Points), highest(c.Lines[0].Values))
	}
}

func TestChartsKeepTheBusiestLines(t *testing.T) {
	m := &stats.Monitor{Every: time.Second, Times: []stats.Offset{0}}
	for i := range 20 {
		m.Series = append(m.Series, stats.MonitorSeries{Name: fmt.Sprint(i), Chart: "c", Label: fmt.Sprint(i)})
		m.Values = append(m.Values, []float64{float64(i)})
	}
	c := monitorCharts(m, time.Second)[0]
	if len(c.Lines) != maxMonitorLines || c.MoreLines != 12 || c.Lines[0].Name != "12" || c.Lines[7].Name != "19" {
		t.Errorf("%+v", c)
	}
}

// TestRowsAreOfRecordedPhases: what grew before a phase began is not of it.
func TestRowsAreOfRecordedPhases(t *testing.T) {
	r := &stats.Run{
		Layout: &stats.Layout{Phases: []stats.PhaseKey{{Name: "warm"}, {Name: "steady", Recorded: true}, {Name: "never", Recorded: true}}},
		Spans:  []stats.Span{{Begin: 0, End: 2 * time.Second}, {Begin: 2 * time.Second, End: 6 * time.Second}, stats.NoSpan(2)},
		Monitors: []stats.Monitor{{Name: "m", Every: time.Second,
			Series: []stats.MonitorSeries{{Name: "a", Chart: "pool", Label: "in use", Main: true}, {Name: "b", Chart: "pool"}},
			Times:  []stats.Offset{0, 1 * time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second},
			Values: [][]float64{{9, 9, 9, 1, 3, 2, 9}, {1, 1, 1, 1, 1, 1, 1}}}},
	}
	rows := monitors(r, 7*time.Second)[0].Rows
	if want := (MonitorRow{"m", "pool: in use", "", "steady", 1, 2, 3, 3}); len(rows) != 1 || rows[0] != want {
		t.Errorf("%+v", rows)
	}
}

func TestUnits(t *testing.T) {
	for want, got := range map[string]string{
		"12": Unit(12, ""), "12.5 /s": Unit(12.5, "/s"), "1.5 MB": Unit(1.5e6, "bytes"), "1.5 MB/s": Unit(1.5e6, "bytes/s"),
		"∞": Unit(math.Inf(1), "s"), "–": Unit(math.NaN(), "ms"), "250 ms": Unit(0.25, "s"), "0 s": Unit(0, "s"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNumbersThatNobodyCanReadAreShort(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{90, "s", "1m30s"}, {1.7e9, "s", Number(1.7e9) + " s"}, {1e300, "s", "1e+300 s"}, {math.MaxInt64, "bytes", "9.22e+18 bytes"},
		{-1e300, "", "-1e+300"}, {5e9, "bytes", "5 GB"},
	} {
		if got := Unit(c.v, c.unit); got != c.want {
			t.Errorf("%g %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}
