package view_test

import (
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestReportSaysHowLoopsWoke: of a run whose loops woke for each request it said nothing,
// so that auto could have done either.
func TestReportSaysHowLoopsWoke(t *testing.T) {
	for _, c := range []struct {
		mode   string
		change func(*stats.Run)
		want   string
	}{
		{"auto", nil, "auto: loops woke for each request, never by ticks of 1 ms"},
		{"auto", func(r *stats.Run) { r.Agents[0].ByTicks = 1 }, "auto: loops woke by ticks of 1 ms for <0.01 % of requests, and for each of the others"},
		{"auto", func(r *stats.Run) { r.Agents[0].ByTicks, r.Agents[1].Due = 2_500, 0 },
			"auto: loops woke by ticks of 1 ms for 25 % of requests, and for each of the others; not known of an agent that was lost"},
		{"auto", func(r *stats.Run) { r.Agents[0].Due, r.Agents[1].Due = 0, 0 },
			"auto: by ticks of 1 ms where waking for each request is dear; how often is not known"},
		{"ticks", nil, "ticks: loops woke once in 1 ms"},
		{"precise", nil, "precise: loops woke for each request"},
		{"", nil, ""},
	} {
		r := sample.Run(sample.Story{})
		r.Agents[0].Due, r.Agents[1].Due = 10_000, 10_000
		r.Info.Pacing = c.mode
		if c.change != nil {
			c.change(r)
		}
		if got := view.New(r).Pacing; got != c.want {
			t.Errorf("%s: %q, want %q", c.mode, got, c.want)
		}
	}
	r := sample.Run(sample.Story{})
	r.Agents[0].ByTicks, r.Agents[0].Due, r.Agents[1].Due = 7, 20, 30
	if got, want := view.New(r).Summary().Load.Pacing, (view.SummaryPacing{Mode: "auto", TickMS: 1, Due: 50, ByTicks: 7}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
