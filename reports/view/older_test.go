package view_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// older is a story as a run told it that kept no bins, tested no arrivals and did not ask
// the target for its count.
func older(s sample.Story) *stats.Run {
	r := new(stats.Run)
	for _, u := range sample.Updates(s) {
		if u.Counted != nil {
			continue
		}
		if w := u.Window; w != nil {
			for i := range w.Merged.Cells {
				w.Merged.Cells[i].Bins = nil
			}
			for i := range w.Agents {
				w.Agents[i].Arrivals = nil
			}
		}
		r.Apply(u)
	}
	return r
}

// TestOlderRunsAreNotCalledTooShort: what was not kept is not known, which is no matter
// of how many requests there were.
func TestOlderRunsAreNotCalledTooShort(t *testing.T) {
	r := older(sample.Healthy())
	v := view.New(r)
	if v.Sure != nil || v.SureLine() != "" || view.Look(r, 5).Sure != nil {
		t.Errorf("%+v, %q", v.Sure, v.SureLine())
	}
	if notes := strings.Join(v.Notes, "\n"); strings.Contains(notes, "too few") || strings.Contains(notes, "Too few") {
		t.Errorf("notes %q", notes)
	}
	file, err := json.Marshal(v.Summary())
	if err != nil || strings.Count(string(file), `"confidence":[]`) != 1+len(v.Endpoints)+len(v.Phases) {
		t.Errorf("%v, %s", err, file)
	}
}
