package plan

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// phaseWords says what a phase does, for people who did not write the file.
func phaseWords(s *scenarios.Scenario, i int, arrivals uint64) string {
	p := &s.Phases[i]
	parts := []string{}
	switch {
	case p.Executor == scenarios.HeldConnections:
		parts = append(parts, holdWords(s, p)...)
	case p.Executor.Open():
		parts = append(parts, openWords(s, p, arrivals)...)
	default:
		parts = append(parts, stages(p.Profile, usersOf)+", each waiting for its answer before it goes on (closed)")
	}
	if pool := poolWords(p); pool != "" {
		parts = append(parts, pool)
	}
	if start := startWords(s, p); start != "" {
		parts = append(parts, start)
	}
	if !p.Record {
		parts = append(parts, "accounted apart, so that no result sees it")
	}
	return strings.Join(parts, "; ")
}

func openWords(s *scenarios.Scenario, p *scenarios.Phase, arrivals uint64) []string {
	parts := []string{stages(p.Profile, perSecond) + " whatever the target answers (open)",
		fmt.Sprintf("%s by a %s schedule", times(int(arrivals), "arrival"), p.Arrivals)}
	if p.Over >= 0 {
		parts = append(parts, "on the connections of "+s.Phases[p.Over].Name)
	}
	lag := p.MaxLag
	if lag <= 0 {
		lag = s.HTTP.Timeout
	}
	if p.MaxVUs > 0 {
		return append(parts, fmt.Sprintf("at most %s in flight, others wait and are not_sent after %s", Thousands(p.MaxVUs), lag))
	}
	return parts
}

func holdWords(s *scenarios.Scenario, p *scenarios.Phase) []string {
	rate := "as fast as it goes"
	if p.ConnectRate > 0 {
		rate = "at " + perSecond(p.ConnectRate)
	}
	parts := []string{fmt.Sprintf("%s, opened %s and held for %s after the last", times(p.Connections, "connection"), rate, p.Hold)}
	if hb := p.Heartbeat; hb != nil {
		text := fmt.Sprintf("a heartbeat on each every %s", hb.Every)
		if hb.Jitter > 0 {
			text += fmt.Sprintf(" ± %g %%", 100*hb.Jitter)
		}
		parts = append(parts, text)
	}
	return append(parts, [...]string{
		scenarios.Reconnect: "one that the target closes is opened again",
		scenarios.Count:     "one that the target closes is counted",
		scenarios.Abort:     "one that the target closes ends the run",
	}[p.OnClose])
}

// startWords says what a phase waits for, other than the end of the one before it.
func startWords(s *scenarios.Scenario, p *scenarios.Phase) string {
	text := ""
	if p.Start.With >= 0 {
		text = s.Phases[p.Start.With].Name + [...]string{
			scenarios.AfterBegin: " begins", scenarios.AfterConnected: " is connected",
			scenarios.AfterFinished: " has stopped issuing", scenarios.AfterDrained: " has drained",
		}[p.Start.After]
	}
	switch {
	case text == "" && p.Start.Delay > 0:
		return "begins " + p.Start.Delay.String() + " after the phase before it"
	case text != "" && p.Start.Delay > 0:
		return "begins " + p.Start.Delay.String() + " after " + text
	case text != "":
		return "begins when " + text
	}
	return ""
}

// stages writes a profile: 20 users for 3s; 50/s to 400/s in 12s, then 400/s for 4s.
func stages(p arrival.Profile, unit func(float64) string) string {
	var parts []string
	for _, s := range p {
		if s.From == s.To {
			parts = append(parts, fmt.Sprintf("%s for %s", unit(s.To), s.Duration))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s to %s in %s", unit(s.From), unit(s.To), s.Duration))
	}
	return strings.Join(parts, ", then ")
}

func usersOf(v float64) string {
	if v == 1 {
		return "1 user"
	}
	return decimal(v) + " users"
}

func perSecond(v float64) string { return decimal(v) + "/s" }

// decimal writes a number that is mostly whole.
func decimal(v float64) string {
	if v == float64(int(v)) {
		return Thousands(int(v))
	}
	return fmt.Sprintf("%.4g", v)
}
