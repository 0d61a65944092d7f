package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// thin is the space between groups of three digits.
const thin = "\u2009"

// Group writes a whole number in groups of three: 50 000.
func Group(n uint64) string { return grouped(strconv.FormatUint(n, 10)) }

func grouped(digits string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Number writes a number of any size with at most four significant digits
// before it turns whole: 0.4213, 42.13, 11 874.
func Number(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case a >= 1000:
		s := grouped(strconv.FormatFloat(math.Round(a), 'f', 0, 64))
		if f < 0 {
			return "−" + s
		}
		return s
	case f == 0:
		return "0"
	default:
		return trimZeros(strconv.FormatFloat(f, 'f', decimals(a), 64))
	}
}

// decimals is how many decimals give four significant digits.
func decimals(a float64) int {
	switch {
	case a >= 100:
		return 1
	case a >= 10:
		return 2
	case a >= 1:
		return 3
	}
	return 4
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Millis writes a duration in milliseconds without its unit: 0.42, 148.3, 1 204.
func Millis(d time.Duration) string {
	ms := float64(d) / 1e6
	switch {
	case ms >= 999.95:
		return grouped(strconv.FormatFloat(ms, 'f', 0, 64))
	case ms >= 99.995:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return strconv.FormatFloat(ms, 'f', 2, 64)
}

// Span writes a duration with its unit, to three digits: 250 µs, 1.2 ms, 3 s, 2m10s.
func Span(d time.Duration) string {
	switch {
	case d == stats.Never:
		return "–"
	case d < 0:
		return "−" + Span(-d)
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return three(float64(d)/1e3) + " µs"
	case d < time.Second:
		return three(float64(d)/1e6) + " ms"
	case d < time.Minute:
		return three(float64(d)/1e9) + " s"
	}
	return d.Round(time.Second).String()
}

func three(f float64) string {
	switch {
	case f >= 99.95:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 9.995:
		return trimZeros(strconv.FormatFloat(f, 'f', 1, 64))
	}
	return trimZeros(strconv.FormatFloat(f, 'f', 2, 64))
}

// Clock writes an offset as 04:12, or 1:04:12 from an hour on.
func Clock(at stats.Offset) string {
	s := int64(max(at, 0) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%02d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Percent writes a share as per cent with its sign. What is not nothing is never
// written as 0 %, and what is not all never as 100 %.
func Percent(f float64) string {
	p := f * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return "–"
	case p == 0:
		return "0 %"
	case p > 0 && p < 0.01:
		return "<0.01 %"
	case p > 99.99 && p < 100:
		return ">99.99 %"
	case math.Abs(p) >= 99.995 || math.Abs(p) < 10:
		return trimZeros(strconv.FormatFloat(p, 'f', 2, 64)) + " %"
	}
	return trimZeros(strconv.FormatFloat(p, 'f', 1, 64)) + " %"
}

// Bytes writes a number of bytes: 48.1 MB.
func Bytes(f float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB", "TB"} {
		if f < 999.5 || unit == "TB" {
			return three(f) + " " + unit
		}
		f /= 1000
	}
	return ""
}

// QuantileText writes a percentile in milliseconds: "148.3", "≥ 10 s" when
// failures reach into it (limit is the time-out), "–" without values.
func QuantileText(q Quantile, limit time.Duration, count uint64) string {
	switch {
	case count == 0:
		return "–"
	case q.Infinite && limit > 0:
		return "≥ " + Millis(limit)
	case q.Infinite:
		return "∞"
	case q.Withheld:
		return "–"
	}
	return Millis(q.Value)
}

// ToolName is who made a run: "loadctl" with its version and commit.
func ToolName(version string) string {
	if version == "loadctl" || strings.HasPrefix(version, "loadctl ") {
		return version
	}
	return strings.TrimSpace("loadctl " + version)
}

// RequestLabel names requests with their method, once.
func RequestLabel(method, name string) string {
	if method == "" || strings.HasPrefix(name, method+" ") {
		return name
	}
	return method + " " + name
}
