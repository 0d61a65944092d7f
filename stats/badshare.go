package stats

import (
	"strings"
)

// BadShare is the share of requests that a threshold lets be bad, where it is a claim about
// such a share: 0.01 of response_time: p(99)<200ms (slower than that, or failed), of
// failed: rate<1%, and of checks: rate>99%.
func (t *Threshold) BadShare() (allowed float64, is bool) {
	if allowed, is = t.slowShare(); is {
		return allowed, allowed > 0
	}
	switch {
	case t.Metric == "failed" && t.Agg == "rate" && strings.HasPrefix(t.Op, "<"):
		return t.Limit, t.Limit > 0
	case t.Metric == "checks" && t.Agg == "rate" && strings.HasPrefix(t.Op, ">"):
		return 1 - t.Limit, t.Limit < 1
	}
	return 0, false
}

// BadCount is how many of n requests were bad by a threshold that has a BadShare, and
// by how much more their number varies than that of independent ones.
func (r *Run) BadCount(t *Threshold) (n, bad uint64, clump float64) {
	if t.Metric == "checks" {
		q := query{run: r, tags: t.Tags}
		bad = q.cells(func(c *CellStats) uint64 { return c.ChecksFailed })
		n = bad + q.cells(func(c *CellStats) uint64 { return c.ChecksPassed })
		return n, bad, r.failedClump(t)
	}
	ladder, q := r.Layout.Ladder(), query{run: r, tags: t.Tags}
	rung := ladder.Infinite() - 1
	if t.limitsTime() {
		rung = ladder.Rung(t.Time())
	}
	bins := r.soundBins(func(row int) bool { return row < len(r.Layout.Cells) && q.picksCell(&r.Layout.Cells[row]) })
	above := bins.Counts.Above(rung)
	n, bad = total(above)
	return n, bad, clumpOf(above)
}

func (r *Run) failedClump(t *Threshold) float64 {
	failed := Threshold{Metric: "failed", Tags: t.Tags}
	_, _, clump := r.BadCount(&failed)
	return clump
}

// clumpOf is how many times as much as if they were independent the number of bad requests varies.
func clumpOf(bins []BinBad) float64 {
	if _, bad := total(bins); bad == 0 {
		return 1
	}
	seen, _ := clumping(bins)
	return max(seen, 1)
}
