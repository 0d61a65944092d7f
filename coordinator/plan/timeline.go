package plan

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// timelineSchema names the form of a Timeline as JSON; fields are only ever added.
const timelineSchema = "loadctl.explain/v1"

// A Timeline is what a scenario does, step by step, if the target keeps up. Arrivals
// are those of the schedules that a run with the seed follows, one by one.
type Timeline struct {
	Schema    string        `json:"schema"`
	Scenario  string        `json:"scenario"`
	Model     string        `json:"model"`
	Seed      uint64        `json:"seed"`
	DurationS float64       `json:"duration_s"`
	EveryS    float64       `json:"every_s"`
	Arrivals  uint64        `json:"arrivals"` // of all phases
	Agents    []AgentPart   `json:"agents"`
	Phases    []PhaseStory  `json:"phases"`
	Steps     []Step        `json:"steps"`
	Duration  time.Duration `json:"-"`
}

// An AgentPart is what one agent gets of all the arrivals.
type AgentPart struct {
	Name     string `json:"name"`
	Arrivals uint64 `json:"arrivals"`
}

// A PhaseStory is what one phase does.
type PhaseStory struct {
	PlannedPhase
	Executor string   `json:"executor"`
	Recorded bool     `json:"recorded"`
	Arrivals uint64   `json:"arrivals"`
	PerAgent []uint64 `json:"arrivals_per_agent"` // in the order of Timeline.Agents
	Words    string   `json:"words"`
}

// A Step is a stretch of the run: all from From on, before To.
type Step struct {
	FromS  float64  `json:"from_s"`
	ToS    float64  `json:"to_s"`
	Phases []string `json:"phases"` // under way at some moment of it
	Load
	Agents []Load `json:"agents"` // in the order of Timeline.Agents; they add up to the step's
}

// A Load is what is asked for in a step.
type Load struct {
	Users       uint64 `json:"users"`       // of closed phases, the most at any moment
	Arrivals    uint64 `json:"arrivals"`    // of open phases, due in the step
	Connections uint64 `json:"connections"` // held ones, one a user, and what open phases may take: max_vus or a second's arrivals
}

func (l *Load) add(o Load) {
	l.Users, l.Arrivals, l.Connections = l.Users+o.Users, l.Arrivals+o.Arrivals, l.Connections+o.Connections
}

// Most steps of a timeline, and how many it has by itself.
const (
	mostSteps  = 100_000
	usualSteps = 60
)

// Every is the length of steps that make a readable timeline: about 60 at most.
func Every(duration time.Duration) time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, every := range []time.Duration{s, 2 * s, 5 * s, 10 * s, 15 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 6 * h, 12 * h} {
		if duration <= usualSteps*every {
			return every
		}
	}
	days := duration/(usualSteps*24*h) + 1
	return days * 24 * h
}

// Explain follows a scenario in steps of every (0 = of Every) and deals it out to
// the agents of these names.
func Explain(s *scenarios.Scenario, seed uint64, agents []string, every time.Duration) (Timeline, error) {
	duration := s.PlannedDuration()
	if every <= 0 {
		every = Every(duration)
	}
	if n := int64(duration / every); n >= mostSteps {
		return Timeline{}, fmt.Errorf("every %s makes %s steps of %s, more than %s; take longer ones", every, Thousands(int(n)), duration, Thousands(mostSteps))
	}
	e := newExplainer(s, seed, agents, every)
	for i := range s.Phases {
		e.phase(i)
	}
	e.sum()
	return e.line, nil
}

// An explainer builds a timeline, phase by phase.
type explainer struct {
	s      *scenarios.Scenario
	plan   []scenarios.Planned
	every  time.Duration
	shares []arrival.Share
	line   Timeline
}

func newExplainer(s *scenarios.Scenario, seed uint64, agents []string, every time.Duration) *explainer {
	duration := s.PlannedDuration()
	e := &explainer{s: s, plan: s.Plan(), every: every, shares: arrival.Whole().Split(len(agents))}
	e.line = Timeline{
		Schema: timelineSchema, Scenario: s.Name, Model: s.Model(), Seed: seed,
		Duration: duration, DurationS: duration.Seconds(), EveryS: every.Seconds(),
	}
	for _, name := range agents {
		e.line.Agents = append(e.line.Agents, AgentPart{Name: name})
	}
	for at := time.Duration(0); at < duration; at += every {
		e.line.Steps = append(e.line.Steps, Step{
			FromS: at.Seconds(), ToS: min(at+every, duration).Seconds(), Phases: []string{}, Agents: make([]Load, len(agents)),
		})
	}
	return e
}

// phase adds what a phase does to the steps it is under way in.
func (e *explainer) phase(i int) {
	p := &e.s.Phases[i]
	story := PhaseStory{
		PlannedPhase: plannedPhases(e.s)[i], Executor: p.Executor.String(), Recorded: p.Record, PerAgent: make([]uint64, len(e.shares)),
	}
	first, last := e.span(e.plan[i].Begin, e.plan[i].Gone)
	for k := first; k <= last; k++ {
		e.line.Steps[k].Phases = append(e.line.Steps[k].Phases, p.Name)
	}
	switch {
	case p.Executor == scenarios.HeldConnections:
		e.hold(i, first, last)
	case p.User < 0: // nobody to run it
	case p.Executor.Open():
		e.open(i, &story, first, last)
	default:
		e.closed(i)
	}
	story.Words = phaseWords(e.s, i, story.Arrivals)
	e.line.Phases = append(e.line.Phases, story)
}

// span gives the first and the last step between two moments; none when first > last.
func (e *explainer) span(begin, end time.Duration) (first, last int) {
	return int(begin / e.every), min(int((end-1)/e.every), len(e.line.Steps)-1)
}

// put adds users and connections of one phase to a step. They are numbered within
// their phase, and an agent has those whose number its share owns.
func (e *explainer) put(k int, l Load) {
	step := &e.line.Steps[k]
	step.add(l)
	for a, share := range e.shares {
		step.Agents[a].add(Load{Users: share.Of(l.Users), Connections: share.Of(l.Connections)})
	}
}

// sum adds up what the agents were given one by one.
func (e *explainer) sum() {
	for k := range e.line.Steps {
		step := &e.line.Steps[k]
		for a := range step.Agents {
			step.Arrivals += step.Agents[a].Arrivals
			e.line.Agents[a].Arrivals += step.Agents[a].Arrivals
		}
		e.line.Arrivals += step.Arrivals
	}
}
