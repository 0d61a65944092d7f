package view

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// Drops says how often, and after how long, the target ended connections; "" when it
// never did.
func (v *View) Drops() string {
	ended := v.Connections.Ended
	var parts []string
	if n := ended[stats.EndedIdle]; n > 0 {
		text := Group(n) + " while idle"
		if v.DropIdle.Count > 0 {
			text += fmt.Sprintf(" (for %s at p50, %s at most: its keep-alive time-out, if they agree)", Span(v.DropIdle.P50.Value), Span(v.DropIdle.Max))
		}
		parts = append(parts, text)
	}
	if n := ended[stats.EndedBusy]; n > 0 {
		parts = append(parts, Group(n)+" before they were answered")
	}
	if n := ended[stats.EndedAnnounced]; n > 0 {
		parts = append(parts, Group(n)+" after an answer that said so")
	}
	return strings.Join(parts, ", ")
}

// manyPorts in TIME_WAIT are worth a word: fewer are left by the end of any phase.
const manyPorts = 1000

// Closes says how many connections loadctl ended itself; "" when it ended none before
// they were done.
func (v *View) Closes() string {
	c := v.Connections
	var parts []string
	for _, by := range []struct {
		why  stats.Ending
		text string
	}{{stats.EndedAge, " by max_age"}, {stats.EndedRequests, " by max_requests"}, {stats.EndedFailed, " after a time-out or a bad answer"}} {
		if n := c.Ended[by.why]; n > 0 {
			parts = append(parts, Group(n)+by.text)
		}
	}
	if c.TimeWait >= manyPorts {
		parts = append(parts, "at most "+Group(c.TimeWait)+" ports in TIME_WAIT")
	}
	return strings.Join(parts, ", ")
}
