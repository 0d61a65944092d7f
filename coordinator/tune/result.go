package tune

import (
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// An Outcome is how a tuning ended.
type Outcome string

// The outcomes.
const (
	Better     Outcome = "better"     // a setting beats the one in force
	NoChange   Outcome = "no change"  // none does by as much as asked
	Nothing    Outcome = "nothing"    // no setting is known to hold the load, of Goal Cheapest; or any load within the limits, where capacities are compared
	Unfinished Outcome = "unfinished" // the budget, or somebody, ended it
	Broken     Outcome = "broken"     // trials could not be made
)

// A Setting is one value for each parameter, by name.
type Setting map[string]string

// Words are a setting as people type it, "pool=33, workers=4": in the order of names, then what is not among them,
// by its name.
func (s Setting) Words(names []string) string {
	var words, rest []string
	for _, n := range names {
		if v, ok := s[n]; ok {
			words = append(words, n+"="+v)
		}
	}
	for n, v := range s {
		if !slices.Contains(names, n) {
			rest = append(rest, n+"="+v)
		}
	}
	slices.Sort(rest)
	return strings.Join(append(words, rest...), ", ")
}

// A Goal is what is looked for.
type Goal string

// The goals.
const (
	Most     Goal = "most"     // the setting that serves most; of those alike, the cheapest
	Cheapest Goal = "cheapest" // the cheapest setting that holds a load
)

// A Result is what a tuning knows, at any time.
type Result struct {
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why"`

	Goal        Goal    `json:"goal"`
	Fitness     string  `json:"fitness"` // what is compared: "throughput" (OK requests a second), "capacity", or "hold" (of a load)
	Incumbent   Score   `json:"incumbent"`
	Best        Score   `json:"best"`
	Recommended Score   `json:"recommended"` // the cheapest that is not worse than the best by more than Slack
	Slack       float64 `json:"slack"`       // 0.02
	Margin      float64 `json:"margin"`      // by which a setting must be better than the one in force: 0.02
	Noise       float64 `json:"noise"`       // standard deviation of the logarithm of one setting over another in one block; 0 = not known

	Scores    []Score       `json:"scores"`  // of every setting that was tried, best first
	Effects   []Effect      `json:"effects"` // around the best
	Plateau   []Setting     `json:"plateau"` // settings not worse than the best by more than Slack, of those with its fitness
	Params    []Param       `json:"params"`
	CostUnit  string        `json:"cost_unit,omitempty"` // of every cost, in words; "" = none was said
	Refused   []Refused     `json:"refused,omitempty"`   // settings that a constraint rules out, or that could not be applied
	Flags     []string      `json:"flags,omitempty"`
	Undecided int           `json:"undecided,omitempty"` // of Goal Cheapest: settings that were asked, and of which trials did not tell whether they hold the load
	Expected  int           `json:"expected"`            // trials in all, if nothing is repeated; 0 = not known
	Halving   int           `json:"halving"`             // trials of the halving, without the incumbent's
	Validated bool          `json:"validated"`           // the recommendation held after a fresh start
	Seed      uint64        `json:"seed"`                // of the order within blocks
	Took      time.Duration `json:"took_ns"`
	Trials    []Tried       `json:"trials"`
}

// A Score is how a setting did beside the one in force.
type Score struct {
	Setting Setting `json:"setting"`
	Gain    float64 `json:"gain"` // ratio − 1 to the incumbent in the same blocks
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Value   float64 `json:"value"` // of the fitness, geometric mean
	// Fitness is what Gain and Value are of: that of finalists may be their capacity, when that of others is the
	// throughput of closed users, so that only scores of one fitness are compared with each other.
	Fitness string  `json:"fitness"`
	Closed  float64 `json:"closed,omitempty"` // where Gain is of capacity, that of the throughput of closed users
	Cost    float64 `json:"cost"`
	Blocks  int     `json:"blocks"`
	Rung    int     `json:"rung"` // the last that it was in; 0 = finalists are beyond rungs
	Final   bool    `json:"final"`

	// Held and Broke count trials at the load, of Goal Cheapest.
	Held  int `json:"held,omitempty"`
	Broke int `json:"broke,omitempty"`
}

// An Effect is by how much the fitness changes when parameters go from their low to their
// high level around the best; of two, the interaction.
type Effect struct {
	Params []string `json:"params"`
	Change float64  `json:"change"`
	Low    float64  `json:"low"`
	High   float64  `json:"high"`
}

// A Param is a knob and the values that are tried.
type Param struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Why    []string `json:"why,omitempty"` // where the values come from: a law, with its figures

	// Costs are of each value, in any unit that is the same for all parameters. Without
	// them a value that is a number costs CostEach times itself.
	Costs    []float64 `json:"costs,omitempty"`
	CostEach float64   `json:"cost_each,omitempty"`
}

// A Refused is a setting that was not tried, or not to the end.
type Refused struct {
	Setting Setting `json:"setting"`
	Why     string  `json:"why"`
}

// A Tried is one trial with what the tuning made of it.
type Tried struct {
	trial.Ask
	trial.Told
	Rung  int    `json:"rung"`
	Block int    `json:"block"`
	Used  bool   `json:"used"`
	Note  string `json:"note,omitempty"`
}
