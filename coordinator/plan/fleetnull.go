package plan

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// FleetTrialLength is how long a trial of several machines is recorded. There are three at most, which last some ten
// seconds with their starts.
const FleetTrialLength = 1500 * time.Millisecond

// A FleetCeiling is what several machines made of a file's requests together, each at a null target of its own. It is not
// looked for how much that can be: only whether it is enough.
type FleetCeiling struct {
	Machines  int
	Asked     float64 // requests a second by the file, at most
	Rate      float64 // that were kept; or else that were made, at most Asked
	Why       string  // nothing with room was kept; "" = it was
	Saturated float64 // by closed users
	Without   []string
}

// FindFleetCeiling makes trials with all machines at once: of closed users first, as they find out at once where machines
// are too few, and leave no arrivals behind that have to be waited for; then with the room that a null run asks for, and with the
// least that there must be, as far as closed users made so much. An error is what try gives.
func FindFleetCeiling(s *scenarios.Scenario, machines int, length time.Duration, try func(TrialKind, scenarios.Trial) (Tried, error)) (FleetCeiling, error) {
	c := FleetCeiling{Machines: machines, Asked: Asked(s), Without: s.Untried()}
	top, err := try(Saturating, fleetTrial(0, machines, length))
	c.Saturated, c.Rate = top.Made, min(top.Made, c.Asked)
	c.Why = fmt.Sprintf("closed users made %s/s", rough(top.Made))
	for _, room := range []float64{littleRoom, noRoom} {
		t := fleetTrial(c.Asked*room, machines, length)
		if err != nil || c.Why == "" || t.Rate > c.Saturated {
			continue
		}
		var tried Tried
		tried, err = try(AtRate, t)
		if c.Rate, c.Why = min(tried.Made, c.Asked), tried.Why; tried.Why == "" {
			c.Rate = t.Rate
		}
	}
	return c, err
}

// mostLoops is how many loops a machine is thought to have at most, where nobody has asked it yet.
const mostLoops = 8

// fleetTrial is one of all machines; 0 = of closed users.
func fleetTrial(rate float64, machines int, length time.Duration) scenarios.Trial {
	loops := max(machines*fewest, Work{Work: scenarios.Work{Requests: rate}}.loops(1))
	t := scenarios.Trial{Rate: rate, MaxVUs: inFlight * loops, Warm: length / warmShare, Length: length}
	if rate == 0 {
		t.Users = usersPerLoop * mostLoops * machines
	}
	return t
}

// Refusal is why the load is not to be begun, nil where it may: not even closed users made what is asked for. That the
// generator was late is no reason, as another moment may be better; the run's own lateness is judged.
func (c *FleetCeiling) Refusal() error {
	if c.Saturated >= c.Asked {
		return nil
	}
	if c.Saturated < 1 {
		return fmt.Errorf("%s, and the load asks for %s/s", c.made(), rough(c.Asked))
	}
	enough := int(math.Ceil(float64(c.Machines) * littleRoom * c.Asked / c.Saturated))
	return fmt.Errorf("%s, and the load asks for %s/s: %s like these would leave it room, or larger ones",
		c.made(), rough(c.Asked), times(enough, "machine"))
}

func (c *FleetCeiling) made() string {
	bare := Ceiling{Without: c.Without}
	return fmt.Sprintf("%s made %s/s of these requests at most, at null targets of their own%s", times(c.Machines, "machine"), rough(c.Saturated), bare.without())
}

// Warning is what a run is told of little room; "" with enough.
func (c *FleetCeiling) Warning() string {
	switch {
	case c.Why == "" && c.Rate >= littleRoom*c.Asked*(1-rounding):
		return ""
	case c.Why == "":
		return fmt.Sprintf("in a null run %s kept %s/s, %s times what the file asks for, and not %g times: the generator may come too late",
			times(c.Machines, "machine"), rough(c.Rate), factor(c.Rate/c.Asked), littleRoom)
	}
	return fmt.Sprintf("in a null run %s did not keep %g times the %s/s that the file asks for: %s; use more or larger machines, or ask for less",
		times(c.Machines, "machine"), stats.NoRoom, rough(c.Asked), c.Why)
}

// rounding is how far a product of floats may be off.
const rounding = 1e-9
