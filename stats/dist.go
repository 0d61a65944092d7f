package stats

import "time"

// A Dist is a response-time distribution as an SLO sees it: a request that failed
// is infinitely slow, because its user never got an answer. So failures take the
// top of the distribution, and a fast failure cannot improve a percentile.
type Dist struct {
	OK       *Histogram // nil for none
	Infinite uint64     // requests that failed

	own bool // OK was made by Merge, and may be added to
}

// Count is how many requests there are, failed ones included.
func (d Dist) Count() uint64 { return d.OK.Count() + d.Infinite }

// Percentile is the value at percentile p (0 to 100) at rank ⌈p·n/100⌉. When that
// rank falls among the failed requests infinite is true, and the duration is the
// largest that was seen of a request that held. Both are zero without requests.
func (d Dist) Percentile(p float64) (at time.Duration, infinite bool) {
	r := Rank(p, d.Count())
	if r > d.OK.Count() {
		return d.OK.Max(), true
	}
	return d.OK.AtRank(r), false
}

// CountAbove is how many requests were slower than limit or failed.
func (d Dist) CountAbove(limit time.Duration) uint64 {
	return d.OK.CountAbove(limit) + d.Infinite
}

// Merge adds the requests of o. Histograms that either was made of are not changed.
func (d *Dist) Merge(o Dist) {
	if !d.own {
		d.OK, d.own = d.OK.Clone(), true
	}
	join(&d.OK, o.OK)
	d.Infinite += o.Infinite
}

// Dist is the SLO view of one row. It shares the row's histogram.
func (c *CellStats) Dist() Dist { return Dist{OK: c.Response, Infinite: c.Bad()} }
