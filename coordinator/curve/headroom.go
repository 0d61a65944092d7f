package curve

import "fmt"

// A Headroom is how much of a capacity is left at the peak of today.
type Headroom struct {
	Peak float64 `json:"peak"` // iterations a second, as the user gave it
	// Factor is by how much the load may grow, in the estimate and at both ends of the capacity's
	// interval: 2 = it may double. FactorHigh 0 = no end is known.
	Factor     float64 `json:"factor"`
	FactorLow  float64 `json:"factor_low"`
	FactorHigh float64 `json:"factor_high"`
	// Used is the share of the capacity's lower end that the peak takes.
	Used float64 `json:"used"`
	// Confidence is that of the capacity's interval; 0 = its ends are single trials.
	Confidence float64 `json:"confidence,omitempty"`
}

// At is the headroom of a capacity with its interval; false where either is not known. high 0
// = the interval has no end. The interval's confidence is for the caller to add.
func At(peak, capacity, low, high float64) (Headroom, bool) {
	if !(peak > 0 && capacity > 0 && low > 0) {
		return Headroom{}, false
	}
	return Headroom{Peak: peak, Factor: capacity / peak, FactorLow: low / peak, FactorHigh: max(high, 0) / peak, Used: peak / low}, true
}

// String is a sentence. What counts is the lower end: what is above it may not hold.
func (h Headroom) String() string {
	between := fmt.Sprintf("%.2f to %.2f times", h.FactorLow, h.FactorHigh)
	if h.FactorHigh == 0 {
		between = fmt.Sprintf("at least %.2f times", h.FactorLow)
	}
	switch {
	case h.FactorLow >= 1:
		return fmt.Sprintf("the capacity is %s the peak of %.4g/s: %.0f %% of %s is used", between, h.Peak, 100*h.Used, h.lower())
	case h.FactorHigh >= 1 || h.FactorHigh == 0:
		return fmt.Sprintf("the capacity is %s the peak of %.4g/s: whether the peak holds is not known", between, h.Peak)
	}
	return fmt.Sprintf("the capacity is %s the peak of %.4g/s: the peak does not hold", between, h.Peak)
}

func (h Headroom) lower() string {
	if h.Confidence <= 0 {
		return "the load that held"
	}
	return fmt.Sprintf("the lower end of its %.4g %% interval", 100*h.Confidence)
}
