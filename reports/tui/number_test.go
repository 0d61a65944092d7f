package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(50_000), "50 000"}, {count(99_999_999), "99 999 999"}, {count(1_230_000_000), "1.23G"},
		{rate(0), "0"}, {rate(0.04), "<0.1"}, {rate(9.94), "9.9"}, {rate(11_874.4), "11 874"}, {rate(math.NaN()), "0"},
		{percent(0), "0"}, {percent(0.00001), "<0.01"}, {percent(0.0002), "0.02"}, {percent(0.99999), "99.99"}, {percent(1), "100.0"}, {percent(0.614), "61.4"},
		{short(0), "0"}, {short(12_500), "12.5k"}, {short(999.6), "1k"}, {short(1e6), "1M"}, {short(250), "250"},
		{millis(0), "0"}, {millis(42 * time.Microsecond), "0.04"}, {millis(148_300 * time.Microsecond), "148.3"},
		{millis(1204 * time.Millisecond), "1 204"}, {millis(time.Hour), "3 600s"},
		{span(0), "0"}, {span(250 * time.Microsecond), "250µs"}, {span(1200 * time.Microsecond), "1.2ms"}, {span(3 * time.Second), "3s"}, {span(time.Hour), "1:00:00"},
	} {
		if got := strings.ReplaceAll(c.got, string(thinSpace), " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The columns of the tables are as wide as their widest number.
func TestNumbersFitTheirColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Pow(10, rapid.Float64Range(-3, 17).Draw(t, "magnitude"))
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "d"))
		for _, c := range []struct {
			s string
			w int
		}{
			{rate(f), 10}, {count(uint64(f)), 10}, {percent(math.Min(f/1e17, 1)), 6}, {short(f), 5},
			{millis(d), 8}, {span(d), 7},
		} {
			if width(c.s) > c.w {
				t.Fatalf("%q is wider than %d cells", c.s, c.w)
			}
		}
	})
}
