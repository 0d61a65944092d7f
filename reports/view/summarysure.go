package view

import (
	"github.com/loadctl/loadctl/stats"
)

// SummaryInterval is how sure a percentile of response time is. In the long run it lies
// between low and high with a confidence of 95 %; high is null when nothing bounds it, both
// when surely failed requests reach into the percentile.
type SummaryInterval struct {
	P    float64  `json:"p"`
	Low  *float64 `json:"low_ms"`
	High *float64 `json:"high_ms"`
	// Episodes are the independent ones of requests slower than the percentile that were seen.
	Episodes float64 `json:"episodes"`
	Reliable bool    `json:"reliable"`           // else the interval is indicative
	LongerS  float64 `json:"longer_s,omitempty"` // about how much longer a run would have to be
	Withheld bool    `json:"withheld,omitempty"` // too few requests to name the percentile
}

func (s Sure) summary() []SummaryInterval {
	all := []SummaryInterval{}
	for _, i := range s {
		all = append(all, summaryInterval(i))
	}
	return all
}

func summaryInterval(i stats.PercentileInterval) SummaryInterval {
	s := SummaryInterval{P: i.P, Withheld: i.Withheld}
	if i.Withheld {
		return s
	}
	s.Episodes, s.Reliable, s.LongerS = round(i.Episodes), i.Reliable, i.More.Seconds()
	if i.Low != stats.Never {
		s.Low = millis(i.Low)
	}
	if i.High != stats.Never {
		s.High = millis(i.High)
	}
	return s
}

// named gives times as a result names them: without percentiles that there are too few
// values for.
func named(t Times) SummaryTimes {
	s := Milliseconds(t)
	for i, to := range []**float64{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999} {
		if t.All()[i].Withheld {
			*to = nil
		}
	}
	return s
}
