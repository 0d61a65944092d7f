package view_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestWhereTheTimeWent: parts add up to the mean response of the same requests, of each name
// and of all together, which are those that response time is of.
func TestWhereTheTimeWent(t *testing.T) {
	s := sample.Healthy()
	s.Timed, s.Seconds = true, 60
	v := view.New(sample.Run(s))
	if len(v.Where) != 5 || v.Where[0].Name != "" || v.Where[1].Name != v.Endpoints[0].Name {
		t.Fatalf("%d entries", len(v.Where))
	}
	for _, split := range v.Summary().Split {
		if len(split.Bands) != 2 {
			t.Fatalf("%+v", split)
		}
		for _, b := range split.Bands {
			if b.ResponseMS == nil {
				continue
			}
			sum, sent := 0.0, 0.0
			for _, p := range b.Parts {
				sum += p.MeanMS
				if p.Kind == view.PartSend {
					sent += p.MeanMS
				}
			}
			if math.Abs(sum-*b.ResponseMS) > 1e-9**b.ResponseMS || math.Abs(sent-*b.SendLagMS) > 1e-9 {
				t.Errorf("%s: parts add up to %v of %v", split.Name, sum, *b.ResponseMS)
			}
			if *b.LowMS > *b.ResponseMS || *b.HighMS < *b.ResponseMS {
				t.Errorf("%s: %v is not from %v to %v", split.Name, *b.ResponseMS, *b.LowMS, *b.HighMS)
			}
		}
	}
	all := v.Where[0].Split.Total()
	if all.Count != v.ResponseOK.Count || all.Response/time.Duration(all.Count) != v.ResponseOK.Mean {
		t.Errorf("%d requests of %s, and response time is of %d", all.Count, all.Response, v.ResponseOK.Count)
	}
}

// TestWhereOfSpoiltSeconds: they are left out of the split as of all times, also those
// that turned out to be spoilt later.
func TestWhereOfSpoiltSeconds(t *testing.T) {
	for _, seconds := range []int{60, 20} { // of 20 they are too many to be left out
		s := sample.Healthy()
		s.Timed, s.Seconds, s.Stall = true, seconds, 10
		r := sample.Run(s)
		split, failed := r.Split(func(stats.CellKey) bool { return true })
		var sound stats.CellStats
		for i, c := range r.Sound().Cells {
			if r.Layout.Cells[i].Recorded {
				sound.Classes[stats.OK] += c.Classes[stats.OK]
				sound.Classes[stats.Timeout] += c.Bad()
			}
		}
		if n := split.Total().Count; n != sound.Classes[stats.OK] || failed != sound.Classes[stats.Timeout] || (len(r.Gaps()) > 0) != (seconds == 60) {
			t.Errorf("%d s: %d requests and %d failed, of the run %v; gaps %v", seconds, n, failed, sound.Classes, r.Gaps())
		}
	}
}

// TestWhereHasDoubts: what the means hide is said.
func TestWhereHasDoubts(t *testing.T) {
	s := sample.Troubled()
	s.Timed = true
	doubts := map[string]string{}
	for _, w := range view.New(sample.Run(s)).Where {
		doubts[w.Label()] = strings.Join(w.Doubts, "\n")
	}
	for label, want := range map[string]string{
		"GET /health": " answers told no part of their time", "GET /items": " answers told parts that are together longer",
		"all requests": " of the requests ranked near p99 failed",
	} {
		if !strings.Contains(doubts[label], want) {
			t.Errorf("%s: %q, want …%s…", label, doubts[label], want)
		}
	}
	if got := doubts["GET /items/{id}"]; strings.Contains(got, "answers told") {
		t.Errorf("of a target that tells right: %q", got)
	}
}

// TestNoWhereUnasked: a run that did not ask has nothing to say of it.
func TestNoWhereUnasked(t *testing.T) {
	v := view.New(sample.Run(sample.Healthy()))
	if v.Where != nil || len(v.Summary().Split) != 0 {
		t.Errorf("%+v", v.Where)
	}
}

// TestWhereOfFewRequests: what there are too few for is not named.
func TestWhereOfFewRequests(t *testing.T) {
	for _, w := range view.New(sample.Run(sample.Story{Seconds: 1, Rate: 150, Timed: true})).Where {
		if w.MeanText(1, w.Bands[1].Response) != "–" || !strings.Contains(strings.Join(w.Doubts, "\n"), " requests are too few to name p99") {
			t.Errorf("%s: %s, %q", w.Label(), w.MeanText(1, w.Bands[1].Response), w.Doubts)
		}
		if s := w.Parts(); len(s) < 4 || s[0].Means[1] != 0 {
			t.Errorf("%s: %+v", w.Label(), s)
		}
	}
}
