package tune

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// Config is what a tuning is about. Zero is the default that is named.
type Config struct {
	Params    []Param
	Incumbent Setting // in force now; its values need not be among those of Params

	// Allowed says why a setting may not be tried; nil = all may.
	Allowed func(Setting) (ok bool, why string)
	// Cost of a setting; nil = the sum of its values' costs, as Params say.
	Cost     func(Setting) float64
	CostUnit string // such as "connections" or "dollars a month"; "" = none was said

	Goal Goal       // Most
	Load trial.Load // Most: closed users enough to saturate any setting. Cheapest: what must be held

	// Clauses are what trials count, in their order. A setting that breaks one is out. Of Most, those on time
	// are not judged, as users who saturate break any, and all are left to Capacity where that is given.
	Clauses []trial.Clause
	Errors  float64 // share of failed requests beyond which a setting is out; 0.01

	// Capacity makes the search for the capacity of a finalist; throughput is what closed users
	// got. nil = finalists are compared by throughput too.
	Capacity func(of Setting, throughput float64) Inner

	Margin float64 // by which a setting must beat the one in force: 0.02
	Slack  float64 // by which the recommended one may be worse than the best: 0.02

	Length time.Duration // of a trial, recorded: 20 s
	Settle time.Duration // before: 3 s
	GiveUp float64       // trial.Ask's, of Goal Cheapest: 0.2

	// MaxTrials bounds all trials: 150, or four for each setting of the first rung where that is more; of Cheapest
	// none, as it ends by itself. Those of Capacity do not count, as each is a search with a budget of its own.
	MaxTrials int
	Budget    time.Duration // of all trials' Took; 0 = none
	Seed      uint64        // of orders and samples
}

// An Inner is a search for the capacity of one setting.
type Inner interface {
	trial.Search
	Result() capacity.Result
}

func (c Config) withDefaults() Config {
	orElse(&c.Goal, Most)
	orElse(&c.Errors, 0.01)
	orElse(&c.Margin, 0.02)
	orElse(&c.Slack, 0.02)
	orElse(&c.Length, 20*time.Second)
	orElse(&c.Settle, 3*time.Second)
	if c.Goal == Cheapest {
		orElse(&c.GiveUp, 0.2)
	}
	return c
}

// notJudged names the limits that no trial is held to, "" where there is none.
func (c Config) notJudged() string {
	var all []string
	for _, one := range c.Clauses {
		if one.Time && c.Capacity == nil {
			all = append(all, one.Expr)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "settings are compared by throughput, of users who saturate: no setting is held to " + strings.Join(all, ", ") + ", which comparing capacities would do"
}

func orElse[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Validate says everything that is wrong at once.
func (c Config) Validate() error {
	var errs []error
	say := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Params) == 0 {
		say("params: give at least one, with the values to try")
	}
	errs = append(errs, c.mistakesOfParams()...)
	errs = append(errs, c.mistakesOfIncumbent()...)
	if c.Goal != "" && c.Goal != Most && c.Goal != Cheapest {
		say("goal: must be %s or %s, got %q", Most, Cheapest, c.Goal)
	}
	if n := c.combinations(); c.Goal == Cheapest && n > mostByCost {
		say("params: %d settings are too many to ask each in the order of their cost, %d may be", n, mostByCost)
	}
	if !(c.Load.Rate > 0) && c.Load.Users <= 0 && (c.Goal != Cheapest || c.Load.Connections <= 0) {
		say("load: give users, or for goal %s a rate or connections", Cheapest)
	}
	for name, v := range c.shares() {
		if !(v >= 0 && v < 1) {
			say("%s: must be at least 0 and below 1, got %v", name, v)
		}
	}
	if c.Length < 0 || c.Settle < 0 || c.Budget < 0 || c.MaxTrials < 0 {
		say("length, settle, budget, max_trials: must not be negative")
	}
	return errors.Join(sorted(errs)...)
}

func (c Config) shares() map[string]float64 {
	return map[string]float64{"errors": c.Errors, "margin": c.Margin, "slack": c.Slack, "give_up": c.GiveUp}
}

// sorted has the same mistakes always told in the same order.
func sorted(errs []error) []error {
	slices.SortStableFunc(errs, func(a, b error) int {
		if a.Error() < b.Error() {
			return -1
		}
		return 1
	})
	return errs
}

func (c Config) mistakesOfParams() (errs []error) {
	seen := map[string]bool{}
	for i, p := range c.Params {
		at := fmt.Sprintf("params[%d]", i)
		if p.Name == "" {
			errs = append(errs, fmt.Errorf("%s.name: is missing", at))
		}
		if seen[p.Name] {
			errs = append(errs, fmt.Errorf("%s.name: %s is there twice", at, p.Name))
		}
		seen[p.Name] = true
		errs = append(errs, p.mistakes(at)...)
	}
	return errs
}

func (p Param) mistakes(at string) (errs []error) {
	if len(p.Values) == 0 {
		errs = append(errs, fmt.Errorf("%s.values: give at least one value of %s", at, p.Name))
	}
	for i, v := range p.Values {
		if slices.Contains(p.Values[:i], v) {
			errs = append(errs, fmt.Errorf("%s.values: %s is there twice", at, v))
		}
	}
	if n := len(p.Costs); n > 0 && n != len(p.Values) {
		errs = append(errs, fmt.Errorf("%s.costs: there are %d of %d values", at, n, len(p.Values)))
	}
	return errs
}

func (c Config) mistakesOfIncumbent() (errs []error) {
	known := map[string]bool{}
	for _, p := range c.Params {
		known[p.Name] = true
		if _, ok := c.Incumbent[p.Name]; !ok {
			errs = append(errs, fmt.Errorf("incumbent: has no %s: say what is in force now, as everything is compared with it", p.Name))
		}
	}
	for name := range c.Incumbent {
		if !known[name] {
			errs = append(errs, fmt.Errorf("incumbent: %s is none of the params", name))
		}
	}
	return errs
}

// costs refuses those that are no numbers, which could not be put in order or written down.
func (s *Search) costs() error {
	for _, p := range s.points {
		if math.IsNaN(p.cost) || math.IsInf(p.cost, 0) {
			return fmt.Errorf("cost of %s: must be a number, got %v", p.key, p.cost)
		}
	}
	return nil
}

// cost of a setting, by the function or by its values.
func (c Config) cost(s Setting) (sum float64) {
	if c.Cost != nil {
		return c.Cost(s)
	}
	for _, p := range c.Params {
		sum += p.cost(s[p.Name])
	}
	return sum
}

func (p Param) cost(value string) float64 {
	if i := slices.Index(p.Values, value); i >= 0 && i < len(p.Costs) {
		return p.Costs[i]
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil && p.CostEach != 0 {
		return n * p.CostEach
	}
	return 0
}
