package view

import "github.com/loadctl/loadctl/stats"

// SummarySplit is where the time of one name's requests went; both names are empty of all
// timed requests together.
type SummarySplit struct {
	Name   string        `json:"name"`
	Method string        `json:"method"`
	Bands  []SummaryBand `json:"bands"`
	// Of all successful requests: how many told no part, told something that cannot be
	// understood, and told more than they took.
	OK     uint64   `json:"ok"`
	Untold uint64   `json:"untold"`
	Odd    uint64   `json:"odd"`
	Over   uint64   `json:"over"`
	Doubts []string `json:"doubts"`
}

// SummaryBand is requests ranked near one percentile of response time. Counts of requests
// need not be whole.
type SummaryBand struct {
	P          float64       `json:"p"`
	FromP      float64       `json:"from_p"`
	ToP        float64       `json:"to_p"`
	Ranked     float64       `json:"ranked"`
	Failed     float64       `json:"failed"`
	LowMS      *float64      `json:"low_ms"`
	HighMS     *float64      `json:"high_ms"`
	ResponseMS *float64      `json:"response_ms"` // the mean; null where there is none
	SendLagMS  *float64      `json:"send_lag_ms"`
	Parts      []SummaryPart `json:"parts"` // add up to it
}

// SummaryPart is one part of that mean.
type SummaryPart struct {
	Part   string  `json:"part"`
	Kind   string  `json:"kind"` // send, target, rest
	MeanMS float64 `json:"mean_ms"`
}

func (w *Where) summary() SummarySplit {
	all := w.Split.Total()
	s := SummarySplit{
		Name: w.Name, Method: w.Method, Bands: []SummaryBand{},
		OK: all.Count, Untold: all.Untold, Odd: all.Odd, Over: all.Over, Doubts: some(w.Doubts),
	}
	parts := w.Parts()
	for i := range w.Bands {
		s.Bands = append(s.Bands, summaryBand(&w.Bands[i], parts, i))
	}
	return s
}

func summaryBand(b *stats.Band, parts []Part, at int) SummaryBand {
	s := SummaryBand{
		P: b.P, FromP: round(max(b.P-stats.BandReach, 0)), ToP: round(min(b.P+stats.BandReach, 100)),
		Ranked: round(b.Ranked), Failed: round(b.Failed), Parts: []SummaryPart{},
	}
	if !b.Known() {
		return s
	}
	s.LowMS, s.HighMS, s.ResponseMS, s.SendLagMS = millis(b.Low), millis(b.High), millis(b.Response), millis(b.SendLag())
	for _, p := range parts {
		s.Parts = append(s.Parts, SummaryPart{p.Name, p.Kind, float64(p.Means[at]) / 1e6})
	}
	return s
}

func summarySplits(all []Where) []SummarySplit {
	splits := []SummarySplit{}
	for i := range all {
		splits = append(splits, all[i].summary())
	}
	return splits
}
