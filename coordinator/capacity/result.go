package capacity

import (
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// An Outcome is how a search ended.
type Outcome string

// The outcomes.
const (
	Found      Outcome = "found"      // a capacity, with its interval, at most three times as wide as asked, and confirmed
	AtLeast    Outcome = "at least"   // everything that could be asked held: the generator, or --max, was the limit
	Nothing    Outcome = "nothing"    // no load that is worth the name holds the SLO
	Unstable   Outcome = "unstable"   // the target was not the same all the time: both figures are told
	Unfinished Outcome = "unfinished" // the budget, or somebody, ended it before that
	Broken     Outcome = "broken"     // trials could not be made: the target died, a hook failed
)

// A Result is what is known of a capacity, at any time of the search.
type Result struct {
	Axis    string     `json:"axis"`            // "rate" (iterations a second) or "connections"
	Beside  trial.Load `json:"beside,omitzero"` // asked for meanwhile: connections held, or a rate; an earlier loadctl wrote none
	Outcome Outcome    `json:"outcome"`
	Why     string     `json:"why,omitempty"` // of an outcome but Found

	Capacity   float64 `json:"capacity"`   // 0 = not known
	Low        float64 `json:"low"`        // of its interval
	High       float64 `json:"high"`       // 0 = not known: AtLeast
	Confidence float64 `json:"confidence"` // of the interval; 0 = its ends are what held and what broke in single trials

	Verified   float64 `json:"verified"`    // the load that a confirming trial held: a valid one, or else one that a flag names as degraded; 0 = none did
	VerifiedBy int     `json:"verified_by"` // its number

	Limiting   int            `json:"limiting"`   // clause that breaks first; -1 = not known, or none that is counted
	Clauses    []trial.Clause `json:"clauses"`    // of the SLO
	Fits       []Fit          `json:"fits"`       // by clause
	Elasticity float64        `json:"elasticity"` // of the limiting clause: 1 % more load is b % more bad requests

	Needs  time.Duration `json:"needs_ns"` // what is likely to be missing to the precision asked; 0 = nothing
	Took   time.Duration `json:"took_ns"`
	Flags  []string      `json:"flags,omitempty"` // what a reader must know beside the figure
	Trials []Tried       `json:"trials"`
}

// A Fit is what the trials say of one clause: the share of bad requests at load r is
// Allowed·(r/Capacity)^Elasticity near its capacity.
type Fit struct {
	Capacity   float64 `json:"capacity"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Elasticity float64 `json:"elasticity"`
	Known      bool    `json:"known"` // false: nothing came near the limit
}

// A Tried is one trial with what the search made of it.
type Tried struct {
	trial.Ask
	trial.Told
	Held bool   `json:"held"`
	Used bool   `json:"used"`           // it counts in the fit
	Note string `json:"note,omitempty"` // such as "invalid: repeated"
}
