package view

import (
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// doubts says of each threshold whether a long run would surely end on the same side of
// it. That walks every bin of its rows, and is for a run that is looked at once.
func doubts(r *stats.Run, all []Threshold) {
	for i := range all {
		t := &all[i]
		if slower, known := r.Slower(&t.Verdict.Threshold); known && !t.NoData {
			t.Slower = &slower
		}
	}
}

// Doubt is why a threshold is not surely held or not surely broken, "" where it is, or
// where that is not known.
func (t *Threshold) Doubt() string {
	switch {
	case t.Slower == nil || t.Slower.Sure():
		return ""
	case t.Slower.Straddles():
		low, _ := strings.CutSuffix(Percent(t.Slower.Low), " %")
		return "in a long run " + low + "–" + Percent(t.Slower.High) + " are slower or fail"
	}
	return "too few episodes of slow requests"
}

// SummarySlower is how many requests are slower than a limit or fail: of those seen, and
// between which shares in a long run with a confidence of 95 %.
type SummarySlower struct {
	Share    float64 `json:"share"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Allowed  float64 `json:"allowed"` // 0.01 of p(99)
	Episodes float64 `json:"episodes"`
	Reliable bool    `json:"reliable"`
}

// summarySure is null of a threshold of which nothing is known.
func (t *Threshold) summarySure() (*bool, *SummarySlower) {
	if t.Slower == nil {
		return nil, nil
	}
	i, sure := t.Slower, t.Slower.Sure()
	return &sure, &SummarySlower{round(i.Value), round(i.Low), round(i.High), round(i.Allowed), round(i.Episodes), i.Reliable}
}
