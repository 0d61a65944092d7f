package view

import (
	"fmt"
	"time"
)

// clockWorthANote is what clocks may differ by before it is worth a sentence.
const clockWorthANote = time.Millisecond

// clockNotes say where clocks differ, and that it does not matter.
func clockNotes(v *View) (n []string) {
	worst := time.Duration(0)
	for _, h := range v.Hosts {
		worst = max(worst, h.Apart)
	}
	if len(v.Hosts) > 1 && worst > clockWorthANote {
		n = append(n, fmt.Sprintf("The seconds of hosts may lie up to %s from the run's; times are measured by one clock each, and do not depend on it.", brief(worst)))
	}
	for _, a := range v.Agents {
		if a.ClockAhead.Abs() > clockWorthANote {
			n = append(n, fmt.Sprintf("The wall clock of agent %s was %s its host's; no figure depends on it.", a.Name, ahead(a.ClockAhead)))
		}
	}
	return n
}

// Clocks says in words how a host's clock compares with the coordinator's, "" where
// nobody asked.
func (p Process) Clocks() string {
	if p.Apart == 0 {
		return ""
	}
	return fmt.Sprintf("its seconds lie within %s of the run's; its wall clock is %s the coordinator's", brief(p.Apart), ahead(p.ClockAhead))
}

func ahead(d time.Duration) string {
	if d < 0 {
		return brief(-d) + " behind"
	}
	return brief(d) + " ahead of"
}

// brief is a duration to a tenth of a millisecond, or to a microsecond where that is all.
func brief(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond / 10).String()
}
