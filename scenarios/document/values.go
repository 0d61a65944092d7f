package document

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of numbers: far above what any fleet can do, far below where arithmetic
// would go wrong.
const (
	maxCount = 100_000_000
	maxRate  = 100_000_000
	// MaxDuration bounds every duration of a file.
	MaxDuration = 30 * 24 * time.Hour
)

// Scalar gives the text of a node, with what the language puts in.
func (r *Reader) Scalar(n *Node, what string) (string, bool) {
	if n = r.Follow(n); n == nil {
		return "", false
	}
	if n.Kind != ScalarNode {
		r.Wrong(n, "%s must be one value, got %s", what, Describe(n))
		return "", false
	}
	if r.Expand == nil {
		return n.Value, true
	}
	return r.Expand(n, n.Value)
}

// Text is scalar where no other expression can stand.
func (r *Reader) Text(n *Node, what string) (string, bool) {
	text, ok := r.Scalar(n, what)
	if ok && strings.Contains(text, "${") {
		r.Wrong(n, "%s: %s can be used here, got %q", what, cmp.Or(r.Plainly, "no ${…}"), Shorten(r.plain(text)))
		return "", false
	}
	return r.plain(text), ok
}

func (r *Reader) Duration(n *Node, what string, least time.Duration) (time.Duration, bool) {
	text, ok := r.Text(n, what)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		r.Hinted(n, durationHint(text), "%s: %q is not a duration", what, Shorten(text))
	case d < least && least <= 1:
		r.Wrong(n, "%s: must be %s, got %s", what, [...]string{"at least 0s", "more than 0s"}[least], text)
	case d < least:
		r.Wrong(n, "%s: must be at least %v, got %s", what, least, text)
	case d > MaxDuration:
		r.Wrong(n, "%s: must be at most %v, got %s", what, MaxDuration, text)
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

func (r *Reader) Count(n *Node, what string, least int) (int, bool) {
	text, ok := r.Text(n, what)
	if !ok {
		return 0, false
	}
	v, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	switch {
	case err != nil:
		r.Wrong(n, "%s: must be a whole number, got %q", what, Shorten(text))
	case v < least:
		r.Wrong(n, "%s: must be at least %d, got %d", what, least, v)
	case v > maxCount:
		r.Wrong(n, "%s: must be at most %d, got %d", what, maxCount, v)
	default:
		return v, true
	}
	return 0, false
}

// Rate reads 2000/s, 120/m, 60/h, or a plain number a second.
func (r *Reader) Rate(n *Node, what string) (float64, bool) {
	text, ok := r.Text(n, what)
	if !ok {
		return 0, false
	}
	number, unit, _ := strings.Cut(text, "/")
	v, ok := Number(number)
	over, known := map[string]float64{"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}[strings.TrimSpace(unit)]
	switch {
	case !ok || !known || strings.HasSuffix(text, "/"):
		r.Hinted(n, "such as 2000/s, 120/m or 60/h", "%s: %q is not a rate", what, Shorten(text))
	case v < 0 || v/over > maxRate:
		r.Wrong(n, "%s: must be between 0 and %d a second, got %s", what, maxRate, text)
	default:
		return v / over, true
	}
	return 0, false
}

func (r *Reader) Fraction(n *Node, what string) (float64, bool) {
	text, ok := r.Text(n, what)
	if !ok {
		return 0, false
	}
	number, percent := strings.CutSuffix(text, "%")
	v, ok := Number(number)
	if percent {
		v /= 100
	}
	switch {
	case !ok:
		r.Hinted(n, "such as 20%", "%s: %q is not a share", what, Shorten(text))
	case v < 0 || v > 1:
		r.Wrong(n, "%s: must be between 0%% and 100%%, got %s", what, text)
	default:
		return v, true
	}
	return 0, false
}

// Number reads a plain decimal number; no infinities, no hexadecimals.
func Number(text string) (float64, bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "_", "")
	if text == "" || strings.ContainsAny(text, "xXpPnN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func (r *Reader) Flag(n *Node, what string) (bool, bool) {
	text, ok := r.Text(n, what)
	if !ok {
		return false, false
	}
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	r.Wrong(n, "%s: must be true or false, got %q", what, Shorten(text))
	return false, false
}
