package stats

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseLimit reads a limit in a unit and gives it in base units.
func parseLimit(s string, u unit) (float64, error) {
	if s == "" {
		return 0, errors.New("the limit is missing")
	}
	switch u {
	case seconds:
		return parseTime(s)
	case fraction:
		return parseFraction(s)
	case perSec:
		return parsePerSecond(s)
	case bytesCount:
		return parseBytes(s)
	case bytesPerSec:
		return parseBytes(strings.TrimSuffix(s, "/s"))
	}
	return parseNumber(s, "a plain number such as 100")
}

// parseTime wants a unit, because other tools read a bare number as seconds or as
// milliseconds.
func parseTime(s string) (float64, error) {
	if s == "0" {
		return 0, nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return 0, fmt.Errorf("%s has no unit: write %gms or %gs", quoted(s), n, n)
	}
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s is not a duration such as 150ms or 1.5s", quoted(s))
	}
	return d.Seconds(), nil
}

func parseFraction(s string) (float64, error) {
	const want = "a share such as 0.1% or 0.001"
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		n, err := parseNumber(strings.TrimSpace(percent), want)
		if err == nil {
			// Dividing would give 0.9990000000000001 for 99.9%, which no whole ratio is.
			n, err = strconv.ParseFloat(plain(strings.TrimSpace(percent))+"e-2", 64)
		}
		return n, within(n, s, err)
	}
	n, err := parseNumber(s, want)
	return n, within(n, s, err)
}

func within(n float64, s string, err error) error {
	if err == nil && n > 1 {
		return fmt.Errorf("%s is more than the whole: write a share such as 0.1%% or 0.001", quoted(s))
	}
	return err
}

func parsePerSecond(s string) (float64, error) {
	const want = "a rate such as 1000/s"
	if perMinute, ok := strings.CutSuffix(s, "/min"); ok {
		n, err := parseNumber(strings.TrimSpace(perMinute), want)
		return n / 60, err
	}
	return parseNumber(strings.TrimSpace(strings.TrimSuffix(s, "/s")), want)
}

func parseBytes(s string) (float64, error) {
	units := []struct {
		name  string
		bytes float64
	}{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
		{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
	}
	const want = "a size such as 10MB or 512KiB"
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			n, err := parseNumber(strings.TrimSpace(digits), want)
			return n * u.bytes, err
		}
	}
	return parseNumber(strings.TrimSpace(s), want)
}

// parseNumber reads a number of digits, at most one point, and underscores between
// groups; no signs, exponents or names.
func parseNumber(s, want string) (float64, error) {
	digits := plain(s)
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || strings.Trim(digits, "0123456789.") != "" || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%s is not %s", quoted(s), want)
	}
	return n, nil
}

func plain(s string) string { return strings.ReplaceAll(s, "_", "") }

// Format writes a value of the threshold's metric as people read it: "142ms",
// "0.02%", "9123/s", "infinite".
func (t Threshold) Format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "no data"
	case math.IsInf(v, 1):
		return "infinite"
	}
	switch t.unit() {
	case seconds:
		return short(time.Duration(math.Round(v * 1e9)))
	case fraction:
		return shortNumber(v*100) + "%"
	case perSec:
		return shortNumber(v) + "/s"
	case bytesCount:
		return shortBytes(v)
	case bytesPerSec:
		return shortBytes(v) + "/s"
	}
	return shortNumber(v)
}

func (t Threshold) unit() unit {
	m, err := findMetric(t.Metric)
	if err != nil {
		return count
	}
	agg, _ := m.agg(t.Agg)
	return agg.unit
}

// shortNumber keeps whole numbers whole and gives others four digits.
func shortNumber(v float64) string {
	if v >= 1000 || v == math.Trunc(v) {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.Contains(text, "e") {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return text
}

func shortBytes(v float64) string {
	names := []string{"B", "kB", "MB", "GB", "TB"}
	i := 0
	for v >= 1000 && i < len(names)-1 {
		v /= 1000
		i++
	}
	return shortNumber(math.Round(v*100)/100) + names[i]
}
