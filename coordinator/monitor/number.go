package monitor

import (
	"math"

	"github.com/loadctl/loadctl/stats"
)

// A reading is what a source told at one moment.
type reading struct {
	// instance names the process that told it, "" where that is not known: what counts
	// from another one is not compared.
	instance string
	numbers  []number
	state    *condition // of a target of ours; nil of others
}

// A nature is what a number is, and so what becomes of two of them.
type nature uint8

const (
	gauge     nature = iota // as it is
	counter                 // only grows: its growth a second
	quotient                // the growth of v by that of "of": a share, or a mean
	histogram               // grows: quantiles of what came in between
)

// A number is one of a reading.
type number struct {
	stats.MonitorSeries
	nature  nature
	v, of   float64
	buckets []bucket // histogram, in order of their bounds
}

// A bucket holds how many values there were up to its bound.
type bucket struct{ bound, count float64 }

// since gives what became of a number since an earlier reading of the same source. A
// counter that is less than it was began anew: between is unknown, and not nothing.
func (n *number) since(before *number, seconds float64) (v float64, known bool) {
	if n.nature == gauge {
		return n.v, finite(n.v)
	}
	if before == nil || before.nature != n.nature || seconds <= 0 {
		return 0, false
	}
	grown := n.v - before.v
	switch n.nature {
	case counter:
		v = grown / seconds
	case quotient:
		of := n.of - before.of
		if of <= 0 {
			return 0, false
		}
		v = grown / of
	default:
		return 0, false
	}
	return v, grown >= 0 && finite(v)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// between is the buckets of what came in since before; false when they do not
// belong together, or began anew.
func between(now, before []bucket) ([]bucket, bool) {
	if len(now) != len(before) {
		return nil, false
	}
	grown := make([]bucket, len(now))
	for i := range now {
		grown[i] = bucket{now[i].bound, now[i].count - before[i].count}
		if now[i].bound != before[i].bound || !(grown[i].count >= 0) {
			return nil, false
		}
	}
	return grown, true
}

// rank is the upper bound of the bucket that the value at rank ⌈p·n⌉ lies in: it was no
// more than that. Values between bounds are not made up. +Inf means that it was more than
// the last bound.
func rank(p float64, buckets []bucket) (float64, bool) {
	if len(buckets) == 0 {
		return 0, false
	}
	total := buckets[len(buckets)-1].count
	if !(total > 0) {
		return 0, false
	}
	at := math.Ceil(p * total)
	for _, b := range buckets {
		if b.count >= at {
			return b.bound, true
		}
	}
	return math.Inf(1), true
}

// merge adds the buckets of two series with the same bounds.
func merge(a, b []bucket) ([]bucket, bool) {
	if a == nil {
		return append([]bucket(nil), b...), true
	}
	if len(a) != len(b) {
		return a, false
	}
	for i := range a {
		if a[i].bound != b[i].bound {
			return a, false
		}
	}
	for i := range a {
		a[i].count += b[i].count
	}
	return a, true
}
