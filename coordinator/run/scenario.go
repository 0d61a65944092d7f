package run

import (
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// PhasesOf says what a machine needs to know of a scenario's phases.
func PhasesOf(s *scenarios.Scenario) []Phase {
	phases := make([]Phase, len(s.Phases))
	for i := range s.Phases {
		p := &s.Phases[i]
		phases[i] = Phase{
			Name:          p.Name,
			Duration:      p.Duration(),
			Holds:         p.Executor == scenarios.HeldConnections,
			Over:          p.Over,
			Start:         p.Start,
			ConnectWithin: connectWithin(p, s.HTTP.ConnectTimeout),
			DrainWithin:   p.MaxLag + LongestTimeout(s),
		}
	}
	return phases
}

// connectWithin is a generous bound of a hold's connecting: all slots of its
// connect rate three times, as what failed stands in line behind the others for
// each of its three tries (once, at 100 a second, when it has no rate), the tries of
// the last, and half a minute for a machine that is busy.
func connectWithin(p *scenarios.Phase, timeout time.Duration) time.Duration {
	rate := p.ConnectRate / 3
	if rate <= 0 {
		rate = 100
	}
	slots := time.Duration(float64(p.Connections) / rate * float64(time.Second))
	return slots + 3*timeout + 2*time.Second + 30*time.Second
}

// DrainOf is how long open requests may take to end: the longest time-out of
// the scenario, at least 10 s.
func DrainOf(s *scenarios.Scenario) time.Duration {
	return max(LongestTimeout(s), 10*time.Second)
}

// LongestTimeout is the longest time-out of any request of the scenario.
func LongestTimeout(s *scenarios.Scenario) time.Duration {
	longest := s.HTTP.Timeout
	for _, u := range s.Users {
		for _, t := range u.Tasks {
			for i := range t.Steps {
				longest = max(longest, t.Steps[i].Timeout)
			}
		}
	}
	return longest
}
