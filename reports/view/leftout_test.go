package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestSpoiltSecondsAreMarked: every view of a run in which the generator stood still shows
// which seconds its times lack, one that looked on while it happened too.
func TestSpoiltSecondsAreMarked(t *testing.T) {
	s := sample.Healthy()
	s.Seconds, s.Stall = 60, 30
	var lens view.Lens
	r := new(stats.Run)
	var last view.Live
	for _, u := range sample.Updates(s) {
		r.Apply(u)
		last = lens.Look(r, 0)
	}
	v := view.New(r)
	if len(v.Gaps) != 1 || !v.Gaps[0].Late || r.PacerLag(r.Sound()).Max() > 5*time.Millisecond {
		t.Fatalf("gaps %v, latest %s", v.Gaps, r.PacerLag(r.Sound()).Max())
	}
	g := v.Summary().Excluded
	if len(g) != 1 || g[0].UntilS-g[0].FromS != 3 || !strings.HasPrefix(g[0].Reason, "the generator was late") {
		t.Errorf("summary: %+v", g)
	}
	if notes := strings.Join(v.Notes, "\n"); !strings.Contains(notes, "the generator was late (left out of times, rates and shares); marked in the charts") {
		t.Errorf("notes: %s", notes)
	}
	once := view.Look(r, 0)
	if diff := cmp.Diff(once.Points, last.Points); diff != "" {
		t.Errorf("who looked on sees other points:\n%s", diff)
	}
	if diff := cmp.Diff(once.Sure, last.Sure); diff != "" {
		t.Errorf("who looked on sees other intervals:\n%s", diff)
	}
	if last.Excluded != 3 || last.All.Response.Max != v.Response.Max {
		t.Errorf("%d seconds left out, slowest %s, and %s in the report", last.Excluded, last.All.Response.Max, v.Response.Max)
	}
}

// TestSpoiltSecondsThatAreTooMany are not left out: they were while more was planned.
func TestSpoiltSecondsThatAreTooMany(t *testing.T) {
	s := sample.Story{Seconds: 20, Stall: 10}
	var lens view.Lens
	r := new(stats.Run)
	left := 0
	var last view.Live
	for i, u := range sample.Updates(s) {
		if i == 0 {
			more := *u.Started
			more.Info.Planned = 10 * time.Minute
			u.Started = &more
		}
		r.Apply(u)
		last = lens.Look(r, 0)
		left = max(left, last.Excluded)
	}
	if left != 3 || last.Excluded != 0 || len(r.Gaps()) != 0 {
		t.Errorf("at most %d were, and %d are in the end: %v", left, last.Excluded, r.Gaps())
	}
	if diff := cmp.Diff(view.Look(r, 0).Points, last.Points); diff != "" {
		t.Errorf("who looked on sees other points:\n%s", diff)
	}
}
