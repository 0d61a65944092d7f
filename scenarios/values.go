package scenarios

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of numbers: far above what any fleet can do, far below where arithmetic
// would go wrong.
const (
	maxCount    = 100_000_000
	maxRate     = 100_000_000
	maxDuration = 30 * 24 * time.Hour
)

// scalar gives the text of a node, with ${vars.x} put in.
func (r *reader) scalar(n *node, what string) (string, bool) {
	if n = r.follow(n); n == nil {
		return "", false
	}
	if n.Kind != scalarNode {
		r.wrong(n, "%s must be one value, got %s", what, describe(n))
		return "", false
	}
	return r.expandVars(n, n.Value)
}

// text is scalar where no other expression can stand.
func (r *reader) text(n *node, what string) (string, bool) {
	text, ok := r.scalar(n, what)
	if ok && strings.Contains(text, "${") {
		r.wrong(n, "%s: only ${vars.…} can be used here, got %q", what, shorten(unsealed(text)))
		return "", false
	}
	return unsealed(text), ok
}

func (r *reader) duration(n *node, what string, least time.Duration) (time.Duration, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		r.hinted(n, durationHint(text), "%s: %q is not a duration", what, shorten(text))
	case d < least && least <= 1:
		r.wrong(n, "%s: must be %s, got %s", what, [...]string{"at least 0s", "more than 0s"}[least], text)
	case d < least:
		r.wrong(n, "%s: must be at least %v, got %s", what, least, text)
	case d > maxDuration:
		r.wrong(n, "%s: must be at most %v, got %s", what, maxDuration, text)
	default:
		return d, true
	}
	return 0, false
}

func durationHint(text string) string {
	digits := strings.TrimLeft(text, "0123456789.")
	number := text[:len(text)-len(digits)]
	if number == "" {
		return "such as 30s, 1m30s or 250ms"
	}
	unit, known := map[string]string{
		"": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
		"min": "m", "mins": "m", "minute": "m", "minutes": "m",
		"hour": "h", "hours": "h", "msec": "ms", "millis": "ms",
	}[strings.ToLower(strings.TrimSpace(digits))]
	if !known {
		return "such as 30s, 1m30s or 250ms"
	}
	return "did you mean " + strconv.Quote(number+unit) + "?"
}

func (r *reader) count(n *node, what string, least int) (int, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return 0, false
	}
	v, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	switch {
	case err != nil:
		r.wrong(n, "%s: must be a whole number, got %q", what, shorten(text))
	case v < least:
		r.wrong(n, "%s: must be at least %d, got %d", what, least, v)
	case v > maxCount:
		r.wrong(n, "%s: must be at most %d, got %d", what, maxCount, v)
	default:
		return v, true
	}
	return 0, false
}

// rate reads 2000/s, 120/m, 60/h, or a plain number a second.
func (r *reader) rate(n *node, what string) (float64, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return 0, false
	}
	number, unit, _ := strings.Cut(text, "/")
	v, ok := parseNumber(number)
	over, known := map[string]float64{"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}[strings.TrimSpace(unit)]
	switch {
	case !ok || !known || strings.HasSuffix(text, "/"):
		r.hinted(n, "such as 2000/s, 120/m or 60/h", "%s: %q is not a rate", what, shorten(text))
	case v < 0 || v/over > maxRate:
		r.wrong(n, "%s: must be between 0 and %d a second, got %s", what, maxRate, text)
	default:
		return v / over, true
	}
	return 0, false
}

func (r *reader) fraction(n *node, what string) (float64, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return 0, false
	}
	number, percent := strings.CutSuffix(text, "%")
	v, ok := parseNumber(number)
	if percent {
		v /= 100
	}
	switch {
	case !ok:
		r.hinted(n, "such as 20%", "%s: %q is not a share", what, shorten(text))
	case v < 0 || v > 1:
		r.wrong(n, "%s: must be between 0%% and 100%%, got %s", what, text)
	default:
		return v, true
	}
	return 0, false
}

// parseNumber reads a plain decimal number; no infinities, no hexadecimals.
func parseNumber(text string) (float64, bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "_", "")
	if text == "" || strings.ContainsAny(text, "xXpPnN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func (r *reader) flag(n *node, what string) (bool, bool) {
	text, ok := r.text(n, what)
	if !ok {
		return false, false
	}
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	r.wrong(n, "%s: must be true or false, got %q", what, shorten(text))
	return false, false
}
