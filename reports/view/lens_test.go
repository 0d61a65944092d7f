package view_test

import (
	"slices"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestLensAsksForIntervalsNowAndThen, and once more at the end: the last look is as sure
// as the report.
func TestLensAsksForIntervalsNowAndThen(t *testing.T) {
	var l view.Lens
	r := new(stats.Run)
	looks, changes := 0, 0
	var last view.Sure
	for _, u := range sample.Updates(sample.Story{Seconds: 22}) {
		r.Apply(u)
		if u.Window == nil {
			continue
		}
		looks++
		if sure := l.Look(r, 10).Sure; !slices.Equal(sure, last) {
			changes, last = changes+1, sure
		}
	}
	if changes == 0 || changes > looks/5 {
		t.Errorf("%d of %d looks have new intervals", changes, looks)
	}
	if got, want := l.Look(r, 10).Sure, view.New(r).Sure; !slices.Equal(got, want) {
		t.Errorf("at the end %+v, want %+v", got, want)
	}
}
