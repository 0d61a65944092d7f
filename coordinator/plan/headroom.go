package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// Headroom below which a machine may disturb what it measures, and almost surely does.
// A machine never makes a run impossible or invalid by it: only what it is seen to do to
// the measurement does.
const (
	littleRoom = 1.5
	noRoom     = stats.NoRoom
)

// Asked is how many requests a second a file asks for at most, as far as it says: closed
// users ask as often as they are answered. 0 = not known. It is asked for in another second
// than that with most work where many connections are opened: see workOf.
func Asked(s *scenarios.Scenario) (most float64) {
	for _, w := range s.Work() {
		most = max(most, w.Requests)
	}
	return most
}

// Room is how many times what is asked for the ceiling is.
func (c *Ceiling) Room(asked float64) float64 { return c.Rate / asked }

// String says what was measured, and when and with what.
func (c *Ceiling) String() string {
	return fmt.Sprintf("%s/s of these requests at a null target%s, measured %s with %s × %s",
		rough(c.Rate), c.without(), c.Measured.Format("2006-01-02 15:04"), times(c.Agents, "agent"), times(c.Loops, "loop"))
}

// without says what was left out.
func (c *Ceiling) without() string {
	if len(c.Without) == 0 {
		return ""
	}
	return ", without " + strings.Join(c.Without, " and ")
}

// Words hold what is asked for against the ceiling.
func (c *Ceiling) Words(asked float64) string {
	if asked <= 0 {
		return "how many closed users ask for is not known: the more they are answered, the nearer they come to it"
	}
	text := fmt.Sprintf("the file asks for at most %s/s; the ceiling is %s times that", rough(asked), factor(c.Room(asked)))
	switch room := c.Room(asked); {
	case room < noRoom:
		text += ", which is no room: rather this machine than the target would be measured; use more or larger machines, or ask for less"
	case room < littleRoom:
		text += fmt.Sprintf(", and below %g times the generator may come too late", littleRoom)
	}
	return text
}

// factor writes a quotient with three digits that count.
func factor(f float64) string {
	if f >= 1000 {
		return rough(f)
	}
	return fmt.Sprintf("%.3g", f)
}

// Warning is what a run is told of little room; empty with enough, and with none, which
// its validity speaks of.
func (c *Ceiling) Warning(asked float64) string {
	if room := c.Room(asked); asked <= 0 || room < noRoom || room >= littleRoom {
		return ""
	}
	return "this machine made " + c.String() + "; " + c.Words(asked)
}

// headroom judges the rate of a file by what a null run has found.
func (x exam) headroom() Finding {
	if x.d == nil || !x.d.Scenario.Asks() {
		return Finding{}
	}
	asked, c := Asked(x.d.Scenario), x.d.Ceiling
	f := Finding{Name: "headroom", Value: "not measured", Level: NotKnown,
		Why: "what a machine can make of these requests is its own; near it the generator is measured, and no longer the target"}
	if c == nil {
		f.Sum = "`loadctl doctor --null FILE` measures it in half a minute, and what this machine adds to response times"
		return f
	}
	f.Value, f.Sum, f.Level = c.String(), c.Words(asked), level(asked > 0 && c.Room(asked) < littleRoom)
	f.Why = c.Floor.String() + "; " + f.Why
	f.Figures = map[string]uint64{
		"requests_per_s": uint64(c.Rate), "asked_per_s": uint64(asked), "saturated_per_s": uint64(c.Saturated),
		"floor_p50_ns": uint64(c.Floor.P50), "floor_p99_ns": uint64(c.Floor.P99), "floor_target_mean_ns": uint64(c.Floor.Target),
	}
	return f
}

// String says what machine and loadctl add to a response time.
func (f Floor) String() string {
	p99 := " and " + micros(f.P99) + " (p99)"
	if !stats.Supported(99, f.Requests) {
		p99 = "; there were too few for p99"
	}
	text := fmt.Sprintf("at rest (%g/s, %d requests) a response took %s (p50)%s, the null target's own %s included",
		f.Rate, f.Requests, micros(f.P50), p99, micros(f.Target))
	if f.Why != "" {
		text += fmt.Sprintf("; that was measured badly (%s): measure again with --null --fresh", f.Why)
	}
	return text
}

func micros(d time.Duration) string { return d.Round(time.Microsecond).String() }
