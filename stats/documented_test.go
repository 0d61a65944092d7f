package stats

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestWorkedExample: what docs/measurement.md says of a thousand requests is what a split
// says of them.
func TestWorkedExample(t *testing.T) {
	page, err := os.ReadFile("../docs/measurement.md")
	if err != nil {
		t.Fatal(err)
	}
	const unit = time.Millisecond
	book, alone := new(SplitBook), map[string]*Histogram{"pool": {}, "db": {}, "rest": {}}
	for _, g := range []struct{ n, pool, db int }{{960, 0, 8}, {20, 60, 8}, {20, 0, 80}} {
		for range g.n {
			pool, db := time.Duration(g.pool)*unit, time.Duration(g.db)*unit
			s := answered(steadyItems, 0, pool+db+2*unit)
			s.Told = []Told{{[]byte("pool"), pool}, {[]byte("db"), db}}
			book.Record(s)
			alone["pool"].Record(pool)
			alone["db"].Record(db)
			alone["rest"].Record(2 * unit)
		}
	}
	split := book.Cut()
	near50, near99 := split.Band(50, 0), split.Band(99, 0)
	added := time.Duration(0)
	row := func(name string, a, b, c time.Duration) {
		text := fmt.Sprintf("| %s | %d | %d | %d |", name, a.Round(unit)/unit, b.Round(unit)/unit, c.Round(unit)/unit)
		if !strings.Contains(string(page), text+"\n") {
			t.Errorf("docs/measurement.md has no row %s", text)
		}
		added += c
	}
	row("pool", near50.Told[1].Mean, near99.Told[1].Mean, alone["pool"].Percentile(99))
	row("db", near50.Told[0].Mean, near99.Told[0].Mean, alone["db"].Percentile(99))
	row("rest", near50.Rest, near99.Rest, alone["rest"].Percentile(99))
	row("together", near50.Response, near99.Response, added)
}

// TestPartsAreDocumented: bounds of what a target may tell, as the page has them.
func TestPartsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/measurement.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("At most %d names are kept", MaxTold), fmt.Sprintf("names above %d bytes", MaxToldName), "`" + OtherTold + "`",
		fmt.Sprintf("from p%v to p%v, and from p%v to p%v", 50-BandReach, 50+BandReach, 99-BandReach, 99+BandReach),
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/measurement.md does not say %q", want)
		}
	}
}
