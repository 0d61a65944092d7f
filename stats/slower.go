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
	p := t.P
	if t.Agg == "med" {
		p = 50
	}
	limited = t.Metric == "response_time" && (t.Agg == "p" || t.Agg == "med") && strings.HasPrefix(t.Op, "<") && t.Limit > 0
	return (100 - p) / 100, limited
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
