package arrival

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestStories runs testdata/stories. A profile is stages, one a line: from to duration.
//
//	arrivals law=… [seed=…] [share=i/n] [reshare=offset:i/n] [n=…]   the first moments
//	chart law=… [seed=…] [width=…]                                   arrivals over time, as a picture
//	validate                                                         what is wrong with the profile
func TestStories(t *testing.T) {
	datadriven.RunTest(t, "testdata/stories", func(t *testing.T, d *datadriven.TestData) string {
		p := storyProfile(t, d.Input)
		switch d.Cmd {
		case "arrivals":
			return toldArrivals(t, d, p)
		case "chart":
			return toldChart(t, d, p)
		}
		if err := p.Validate(); err != nil {
			return err.Error() + "\n"
		}
		return fmt.Sprintf("%d arrivals in %v, at most %g/s\n", p.Count(), p.Duration(), p.Peak())
	})
}

func storyProfile(t *testing.T, text string) (p Profile) {
	for line := range strings.Lines(text) {
		var s Stage
		var d string
		if _, err := fmt.Sscan(line, &s.From, &s.To, &d); err != nil {
			t.Fatal(line, err)
		}
		s.Duration = storyDuration(t, d)
		p = append(p, s)
	}
	return p
}

func storyDuration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func storySchedule(t *testing.T, d *datadriven.TestData, p Profile) *Schedule {
	law, seed, share := "uniform", uint64(1), "0/1"
	d.MaybeScanArgs(t, "law", &law)
	d.MaybeScanArgs(t, "seed", &seed)
	d.MaybeScanArgs(t, "share", &share)
	s := New(p, map[string]Law{"uniform": Uniform, "poisson": Poisson}[law], seed, storyShare(t, share))
	reshare := ""
	if d.MaybeScanArgs(t, "reshare", &reshare); reshare != "" {
		from, to, _ := strings.Cut(reshare, ":")
		s.Reshare(storyDuration(t, from), storyShare(t, to))
	}
	return s
}

func storyShare(t *testing.T, text string) Share {
	var i, n int
	if _, err := fmt.Sscanf(text, "%d/%d", &i, &n); err != nil {
		t.Fatal(text, err)
	}
	return Whole().Split(n)[i]
}

func toldArrivals(t *testing.T, d *datadriven.TestData, p Profile) string {
	n := 1000
	d.MaybeScanArgs(t, "n", &n)
	var b strings.Builder
	list := all(storySchedule(t, d, p))
	for _, a := range list[:min(n, len(list))] {
		fmt.Fprintf(&b, "%d at %v\n", a.Index, a.At.Round(time.Microsecond))
	}
	fmt.Fprintf(&b, "%d in all\n", len(list))
	return b.String()
}

// toldChart draws arrivals in each of width stretches of the profile as columns.
func toldChart(t *testing.T, d *datadriven.TestData, p Profile) string {
	const height = 8
	width := 60
	d.MaybeScanArgs(t, "width", &width)
	counts := make([]int, width)
	list := all(storySchedule(t, d, p))
	for _, a := range list {
		counts[min(int(int64(a.At)*int64(width)/int64(p.Duration())), width-1)]++
	}
	top := 1
	for _, n := range counts {
		top = max(top, n)
	}
	var b strings.Builder
	for row := height; row > 0; row-- {
		line := make([]byte, width)
		for i, n := range counts {
			line[i] = ' '
			if n*height > top*(row-1) {
				line[i] = '#'
			}
		}
		fmt.Fprintf(&b, "%5d |%s\n", top*row/height, strings.TrimRight(string(line), " "))
	}
	fmt.Fprintf(&b, "      +%s %v, %d arrivals\n", strings.Repeat("-", width), p.Duration(), len(list))
	return b.String()
}
