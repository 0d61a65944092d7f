package gate

import (
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// A Verdict is what a gate says.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	Regression   Verdict = "regression"
	Inconclusive Verdict = "inconclusive"
	Invalid      Verdict = "invalid"
)

// What would have found a change, as Result.DetectedBy names it.
const (
	ByHold  = "hold"
	ByPairs = "pairs"
)

// A Result is what a gate knows, at any time.
type Result struct {
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
	// Broken is the side that could not be tried at all, "" where both could: the verdict is Invalid then,
	// and nothing was found wrong with either but that.
	Broken string `json:"broken,omitempty"`

	Hold    *Hold    `json:"hold,omitempty"` // nil = it was not asked for
	Metrics []Metric `json:"metrics,omitempty"`

	// Detectable is the smallest change, as a share, that would have been found a regression nine
	// times in ten with the noise that was seen; 0 = not known, as nothing was seen, or more than a half. DetectedBy
	// says what would have found it, ByHold or ByPairs. Operating is how likely each change is found by the hold.
	Detectable float64 `json:"detectable"`
	DetectedBy string  `json:"detected_by,omitempty"`
	Operating  []Power `json:"operating,omitempty"`

	Unpaired bool          `json:"unpaired,omitempty"` // against stored runs: the margin must be wider
	Seed     uint64        `json:"seed"`               // of the order of sides
	Took     time.Duration `json:"took_ns"`
	Flags    []string      `json:"flags,omitempty"`
	Trials   []Tried       `json:"trials"`
}

// A Hold is whether both sides hold the SLO just below the capacity of the baseline.
type Hold struct {
	Rate      float64 `json:"rate"`     // of the trials
	Capacity  float64 `json:"capacity"` // of the baseline that it was taken from
	Margin    float64 `json:"margin"`   // share that it lies below
	Base      Lead    `json:"base"`
	Candidate Lead    `json:"candidate"`
	Verdict   Verdict `json:"verdict"`
}

// A Lead counts the trials of one side.
type Lead struct {
	Held  int `json:"held"`
	Broke int `json:"broke"`
}

// A Metric is one figure in which the sides are compared, pair by pair.
type Metric struct {
	Name      string  `json:"name"` // p50, p99, failed, throughput, cpu
	Unit      string  `json:"unit"` // "s", "", "/s", "cores"
	Base      float64 `json:"base"` // geometric mean over trials; of shares the mean; 0 = not known
	Candidate float64 `json:"candidate"`
	// Failed requests reached into the percentile in a trial of that side: it has no mean then, and is 0.
	BaseFailed      bool `json:"base_failed,omitempty"`
	CandidateFailed bool `json:"candidate_failed,omitempty"`

	Change float64 `json:"change"` // ratio − 1, median of pairs (Hodges and Lehmann); of shares the difference
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	// Confidence is that of Low and High: 0.95 or a little more, as ranks allow; less of fewer than six pairs.
	Confidence float64 `json:"confidence"`
	Margin     float64 `json:"margin"`
	Primary    bool    `json:"primary"` // it counts in the verdict
	Pairs      int     `json:"pairs"`
	Noise      float64 `json:"noise"` // standard deviation of the pairs' log ratios
	Detects    float64 `json:"detects"`
	Verdict    Verdict `json:"verdict"`
}

// A Power is how likely a change is found.
type Power struct {
	Change float64 `json:"change"` // of the service's time: 0.1 = ten per cent slower
	Found  float64 `json:"found"`  // probability of a regression
}

// A Tried is one trial with what the gate made of it.
type Tried struct {
	trial.Ask
	trial.Told
	Pair int    `json:"pair"`
	Held bool   `json:"held"`
	Used bool   `json:"used"`
	Note string `json:"note,omitempty"`
}
