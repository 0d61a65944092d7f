package plan

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// Settling is ten times the longest that a request may take, within bounds.
const (
	settleTimes = 10
	leastSettle = 3 * time.Second
	mostSettle  = 15 * time.Second
)

// SettleFor is how long a load settles before it is recorded, by the limits on response time.
func SettleFor(limits []time.Duration) time.Duration {
	longest := time.Duration(0)
	for _, l := range limits {
		longest = max(longest, l)
	}
	return min(max(settleTimes*longest, leastSettle), mostSettle)
}

// The budget of a search where nobody gives one: of one capacity, or of each of several.
const (
	usualBudget = 10 * time.Minute
	usualEach   = 5 * time.Minute
)

// Lengths has trials of a small budget last less long: many short ones near the limit tell more
// than the few long ones that there would be time for. levels is how many searches share the budget, 0 = one.
func Lengths(c *capacity.Config, levels int) {
	n := time.Duration(max(levels, 1))
	if c.Budget == 0 {
		c.Budget = usualBudget
		if n > 1 {
			c.Budget = n * usualEach
		}
	}
	each := c.Budget / n
	within := func(d, least, most time.Duration) time.Duration { return min(max(d, least), most).Round(time.Second) }
	c.Ramp = within(each/60, 3*time.Second, 5*time.Second)
	c.Bracket = within(each/40, 4*time.Second, 8*time.Second)
	c.Refine = within(each/15, 6*time.Second, 30*time.Second)
	c.Confirm = 2 * c.Refine
}

// searchRoom is how many times the most that a search asks for the machine must have made at a null target.
const searchRoom = 1.1

// Bound has a search for a rate ask for no more than this machine has been seen to make, and says so; nil = it
// was not measured. perIteration is the requests of one.
func (c *Ceiling) Bound(s *capacity.Config, perIteration float64) (flag string) {
	if c == nil || s.Axis != capacity.Rate || perIteration <= 0 {
		return ""
	}
	most := c.Rate / searchRoom / perIteration
	if s.Most > 0 && s.Most <= most {
		return ""
	}
	s.Most = most
	return fmt.Sprintf("no more than %.4g/s is asked for: this machine made %s", most, c)
}
