package stats

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Slower says how sure the run is of a threshold. That is known of upper limits on
// percentiles of response time whose requests were counted by bins: not of one agent's, of
// warm-up's, or of a limit that the layout did not name.
func (r *Run) Slower(t *Threshold) (i LimitInterval, known bool) {
	allowed, limited := t.slowShare()
	if !limited || r.Layout == nil || t.Tags.Agent != "" || r.unbinned() {
		return i, false
	}
	ladder, limit, q := r.Layout.Ladder(), t.Time(), query{run: r, tags: t.Tags}
	bins := r.soundBins(func(row int) bool { return row < len(r.Layout.Cells) && q.picksCell(&r.Layout.Cells[row]) })
	if !ladder.hasEdge(limit) || len(bins.Counts) == 0 || q.picksUnrecorded() {
		return i, false
	}
	return ladder.Interval(limit, allowed, bins), true
}

// slowShare is the share of requests that an upper limit on a percentile of response
// time lets be slower.
func (t *Threshold) slowShare() (share float64, limited bool) {
	p, is := t.percentile()
	return (100 - p) / 100, is && t.limitsTime()
}

// percentile is the one that a threshold limits, 0 to 100.
func (t *Threshold) percentile() (p float64, is bool) {
	if t.Agg == "med" {
		return 50, true
	}
	return t.P, t.Agg == "p"
}

// limitsTime says whether it is an upper limit on response time.
func (t *Threshold) limitsTime() bool {
	return t.Metric == "response_time" && strings.HasPrefix(t.Op, "<") && t.Limit > 0
}

// Time is the limit of a time, which Limit has in seconds.
func (t *Threshold) Time() time.Duration { return time.Duration(math.Round(t.Limit * 1e9)) }

// hasEdge says whether "slower than limit" is an exact count.
func (l *Ladder) hasEdge(limit time.Duration) bool {
	_, found := slices.BinarySearch(l.edges, limit)
	return found
}

// picksUnrecorded says whether a row is asked for that has no bins.
func (q query) picksUnrecorded() bool {
	return slices.ContainsFunc(q.run.Layout.Cells, func(c CellKey) bool { return !c.Recorded && q.picksCell(&c) })
}
