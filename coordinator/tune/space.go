package tune

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Where a space is sampled in place of being tried whole: beyond so many settings, or parameters.
const (
	mostSettings = 60
	mostParams   = 3
	sampled      = 36
	// mostByCost may be asked one by one, of Goal Cheapest; mostTold of those that a constraint rules out are told.
	mostByCost = 1000
	mostTold   = 100
)

// inForce is the number of the point that is the incumbent.
const inForce = 0

// A point is a setting that may be tried. at is the index of its value by parameter, −1 of one
// that is not on the grid.
type point struct {
	setting Setting
	key     string
	at      []int
	cost    float64
}

// key has one name for each setting: parameters in their order.
func (c Config) key(s Setting) string {
	var all []string
	for _, p := range c.Params {
		all = append(all, p.Name+" "+s[p.Name])
	}
	return strings.Join(all, ", ")
}

func (c Config) point(s Setting) point {
	p := point{setting: s, key: c.key(s), cost: c.cost(s)}
	for _, of := range c.Params {
		p.at = append(p.at, slices.Index(of.Values, s[of.Name]))
	}
	return p
}

// combinations counts the settings, up to a bound far beyond what is tried.
func (c Config) combinations() int {
	n := 1
	for _, p := range c.Params {
		n = min(n*len(p.Values), 1<<30)
	}
	return n
}

// combination is the nth setting, in the order of an odometer.
func (c Config) combination(n int) Setting {
	s := Setting{}
	for i := len(c.Params) - 1; i >= 0; i-- {
		p := c.Params[i]
		s[p.Name] = p.Values[n%len(p.Values)]
		n /= len(p.Values)
	}
	return s
}

// space is the incumbent and the settings of the first rung: all of them, or a sample of at most want.
func (c Config) space(want int) (points []point, refused []Refused) {
	points = []point{c.point(c.Incumbent)}
	add := func(s Setting) {
		p := c.point(s)
		if slices.ContainsFunc(points, func(q point) bool { return q.key == p.key }) {
			return
		}
		if ok, why := c.allowed(s); !ok {
			if len(refused) < mostTold && !slices.ContainsFunc(refused, func(r Refused) bool { return c.key(r.Setting) == p.key }) {
				refused = append(refused, Refused{s, why})
			}
			return
		}
		points = append(points, p)
	}
	if c.combinations() <= want {
		for n := range c.combinations() {
			add(c.combination(n))
		}
		return points, refused
	}
	random := rand.New(rand.NewPCG(c.Seed, 0))
	// Strata that a constraint, or a double, leaves empty are drawn anew.
	for tries := 0; tries < 50 && len(points) <= want; tries++ {
		for _, s := range c.latin(want, random) {
			if len(points) <= want {
				add(s)
			}
		}
	}
	return points, refused
}

func (c Config) allowed(s Setting) (bool, string) {
	if c.Allowed == nil {
		return true, ""
	}
	ok, why := c.Allowed(s)
	if !ok && why == "" {
		why = "a constraint rules it out"
	}
	return ok, why
}

// latin is a Latin hypercube of n settings: of each parameter all values come as often as
// each other, in an order of its own.
func (c Config) latin(n int, random *rand.Rand) []Setting {
	all := make([]Setting, n)
	for i := range all {
		all[i] = Setting{}
	}
	for _, p := range c.Params {
		for i, stratum := range random.Perm(n) {
			all[i][p.Name] = p.Values[stratum*len(p.Values)/n]
		}
	}
	return all
}

// first says how many settings the first rung has, and why not all.
func (c Config) first() (n int, why string) {
	n = c.combinations()
	if n > mostSettings || len(c.Params) > mostParams {
		if n > sampled {
			why = fmt.Sprintf("%d settings of %d parameters are too many to try each: a Latin hypercube of %d is the first rung", n, len(c.Params), sampled)
		}
		n = min(n, sampled)
	}
	fit := n
	for c.Budget > 0 && fit > leastSettings && c.about(trialsOf(fit)) > c.Budget {
		fit--
	}
	if fit < n {
		why = fmt.Sprintf("the budget of %v is for about %d trials: a Latin hypercube of %d of the %d settings is the first rung",
			c.Budget, c.Budget/c.each(), fit, c.combinations())
	}
	return fit, why
}
