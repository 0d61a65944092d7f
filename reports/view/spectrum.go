package view

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Spectrum is the whole distribution: times at percentiles that come closer
// and closer to 100.
type Spectrum struct {
	Response []SpectrumPoint // failures infinite: ends where they begin
	Service  []SpectrumPoint
	Failed   float64 // share of requests that failed, 0..1
	Table    []SpectrumRow
}

// A SpectrumRow is one standard percentile of each distribution.
type SpectrumRow struct {
	P                             float64 // 0..100
	Response, ResponseOK, Service Quantile
}

// tabled are the percentiles of the table.
var tabled = []float64{0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100}

// A SpectrumPoint is the time at one percentile.
type SpectrumPoint struct {
	P float64 // 0..100
	D time.Duration
}

// X is where the point lies on the axis of a percentile spectrum:
// log10(1/(1−p)), so 0 % is 0, 90 % is 1, 99 % is 2.
func (s SpectrumPoint) X() float64 { return math.Log10(100 / (100 - s.P)) }

// spectrumSteps are the points between one nine and the next.
const spectrumSteps = 24

func spectrumOf(all *pile) Spectrum {
	s := Spectrum{
		Response: spectrum(all.Response, all.Bad()),
		Service:  spectrum(all.Service, 0),
		Failed:   share(all.Bad(), all.Ended()),
	}
	if all.Ended() == 0 {
		return s
	}
	for _, p := range tabled {
		s.Table = append(s.Table, SpectrumRow{p, QuantileOf(all.Response, all.Bad(), p), QuantileOf(all.Response, 0, p), QuantileOf(all.Service, 0, p)})
	}
	return s
}

// spectrum asks at ever closer percentiles, as far as the number of values bears.
func spectrum(h *stats.Histogram, failed uint64) (points []SpectrumPoint) {
	n := h.Count() + failed
	if n == 0 {
		return nil
	}
	last := int(math.Floor(math.Log10(float64(n)) * spectrumSteps))
	for i := 0; i <= last; i++ {
		p := 100 - 100*math.Pow(10, -float64(i)/spectrumSteps)
		q := QuantileOf(h, failed, p)
		if q.Infinite {
			break
		}
		points = append(points, SpectrumPoint{P: p, D: q.Value})
	}
	return points
}
