package tui

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
)

// shown is a made-up run on a screen.
func shown(s sample.Story, w, h int) string {
	m := newModel(Config{}, newFeed())
	m.w, m.h = w, h
	for _, u := range sample.Updates(s) {
		m.run.Apply(u)
	}
	m.refresh()
	return m.draw().plain()
}

func TestClosedRunsAreHeaded(t *testing.T) {
	const heading = "closed model: hides queueing"
	for _, w := range []int{80, 120, 160} {
		if !strings.Contains(shown(sample.Story{Closed: true}, w, 34), heading) {
			t.Errorf("%d wide: it does not say %q", w, heading)
		}
		if strings.Contains(shown(sample.Story{}, w, 34), heading) {
			t.Errorf("%d wide: an open run is headed so", w)
		}
	}
}

// A run that is over says in the panel of its verdict who was its limit.
func TestLimitIsSaidWhenTheRunIsOver(t *testing.T) {
	const limit = "Nothing was at its limit: of "
	if !strings.Contains(shown(sample.Story{}, 160, 60), limit) {
		t.Errorf("no %q in\n%s", limit, shown(sample.Story{}, 160, 60))
	}
	if strings.Contains(shown(sample.Story{Unfinished: true}, 160, 60), limit) {
		t.Error("it is said while the run goes on")
	}
}
