package scenarios

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Model names the kinds of load of the recorded phases, joined by "+" in the order
// closed, open, hold: such as "open+hold".
func (s *Scenario) Model() string {
	names := []string{"closed", "open", "hold"}
	has := make([]bool, len(names))
	for i := range s.Phases {
		if p := &s.Phases[i]; p.Record {
			has[p.model()] = true
		}
	}
	var found []string
	for i, name := range names {
		if has[i] {
			found = append(found, name)
		}
	}
	return strings.Join(found, "+")
}

func (p *Phase) model() int {
	switch {
	case p.Executor == HeldConnections:
		return 2
	case p.Executor.Open():
		return 1
	}
	return 0
}

// A Planned is when a phase should begin, be connected (held connections; else
// Begin) and stop issuing, if the target keeps up. Gone is when its connections are
// closed: End, and later for a hold that phases are still over.
type Planned struct{ Begin, Connected, End, Gone time.Duration }

// fallbackConnectRate is what one machine opens a second when nobody limits it.
const fallbackConnectRate = 5000

// Plan gives each phase's planned times. A run may take longer: targets that
// answer late delay what starts after drained or connected.
func (s *Scenario) Plan() []Planned {
	plan := make([]Planned, len(s.Phases))
	done := make([]bool, len(s.Phases))
	for i := range s.Phases {
		s.planPhase(i, plan, done)
	}
	for i := range plan {
		plan[i].Gone = s.gone(i, plan)
	}
	return plan
}

// gone is when the connections of a phase are closed, as the loop keeps those of a hold
// while others use them.
func (s *Scenario) gone(i int, plan []Planned) time.Duration {
	end := plan[i].End
	for j := range s.Phases {
		if s.Phases[j].Over == i {
			end = max(end, plan[j].End)
		}
	}
	return end
}

// planPhase plans those a phase waits for, then the phase. Parse refuses circles.
func (s *Scenario) planPhase(i int, plan []Planned, done []bool) {
	if done[i] {
		return
	}
	done[i] = true
	p := &s.Phases[i]
	begin := p.Start.Delay
	switch {
	case p.Start.With >= 0:
		s.planPhase(p.Start.With, plan, done)
		begin += plan[p.Start.With].moment(p.Start.After)
	case i > 0:
		s.planPhase(i-1, plan, done)
		begin += plan[i-1].End
	}
	connected := begin + p.connecting()
	plan[i] = Planned{Begin: begin, Connected: connected, End: connected + p.Duration()}
}

func (t Planned) moment(e StartEvent) time.Duration {
	switch e {
	case AfterBegin:
		return t.Begin
	case AfterConnected:
		return t.Connected
	}
	return t.End
}

// connecting is how long a hold takes to open its connections.
func (p *Phase) connecting() time.Duration {
	if p.Executor != HeldConnections {
		return 0
	}
	rate := p.ConnectRate
	if rate == 0 {
		rate = fallbackConnectRate
	}
	return time.Duration(float64(p.Connections) / rate * float64(time.Second))
}

// PlannedDuration is how long the run issues load if the target keeps up: the end
// of its last phase, the time to connect included, the final drain not.
func (s *Scenario) PlannedDuration() time.Duration {
	end := time.Duration(0)
	for _, t := range s.Plan() {
		end = max(end, t.End)
	}
	return end
}

// MaxConnections is the most connections that are open at once over all agents, if
// the target keeps up. An open phase without connections of its own and without
// max_vus is taken to need one for each arrival of a second.
func (s *Scenario) MaxConnections() int { return s.mostAtOnce((*Phase).connections) }

// MaxBusy is the most connections with a request under way at once over all agents, if
// the target keeps up: those that are only held are not. Heartbeats under way are not
// counted.
func (s *Scenario) MaxBusy() int { return min(s.mostAtOnce((*Phase).busy), s.MaxConnections()) }

// mostAtOnce is the most of what phases have open, at the begin of each: no other moment
// has more.
func (s *Scenario) mostAtOnce(of func(*Phase) int) (most int) {
	plan := s.Plan()
	for i := range plan {
		open := 0
		for j := range plan {
			if plan[j].Begin <= plan[i].Begin && (plan[i].Begin < plan[j].Gone || i == j) {
				open += of(&s.Phases[j])
			}
		}
		most = max(most, open)
	}
	return most
}

func (p *Phase) connections() int {
	switch {
	case p.Executor == HeldConnections:
		return p.Connections
	case p.Over >= 0:
		return 0
	}
	return p.busy()
}

// busy is how many connections users of the phase may ask over at once.
func (p *Phase) busy() int {
	if p.Executor == HeldConnections {
		return 0
	}
	most := int(math.Ceil(p.Profile.Peak()))
	if p.Executor.Open() && p.MaxVUs > 0 {
		most = p.MaxVUs
	}
	if p.Pool.Max > 0 {
		most = min(most, p.Pool.Max)
	}
	return most
}

// PeakRate is the highest rate of iterations a second of any moment, over the
// phases with an open model.
func (s *Scenario) PeakRate() float64 {
	plan := s.Plan()
	most := 0.0
	for i := range plan {
		sum := 0.0
		for j := range plan {
			if s.Phases[j].Executor.Open() && plan[j].Begin <= plan[i].Begin && plan[i].Begin < plan[j].End {
				sum += s.Phases[j].Profile.Peak()
			}
		}
		most = max(most, sum)
	}
	return most
}

// ConnectionsAsked is how many connections hold phases ask for, over all of them.
func (s *Scenario) ConnectionsAsked() int {
	asked := 0
	for i := range s.Phases {
		asked += s.Phases[i].Connections
	}
	return asked
}

// SmallestTimeLimit is the smallest upper limit of any time of requests among
// thresholds; 0 without one.
func (s *Scenario) SmallestTimeLimit() time.Duration {
	return s.smallestLimit(requestTimes...)
}

// requestTimes are the metrics of how long requests take.
var requestTimes = []string{"response_time", "service_time", "first_byte_time"}

// SmallestResponseLimit is the smallest upper limit of response time among
// thresholds and slo, 0 if there is none. The generator's own lateness is judged
// against it.
func (s *Scenario) SmallestResponseLimit() time.Duration { return s.smallestLimit("response_time") }

// ResponseLimits are all upper limits of response time, in rising order.
func (s *Scenario) ResponseLimits() []time.Duration { return s.limits("response_time") }

func (s *Scenario) smallestLimit(metrics ...string) time.Duration {
	if limits := s.limits(metrics...); len(limits) > 0 {
		return limits[0]
	}
	return 0
}

// limits are the upper limits among thresholds of metrics that are times, each once.
func (s *Scenario) limits(metrics ...string) (limits []time.Duration) {
	for i := range s.Thresholds {
		t := &s.Thresholds[i]
		limit := t.Time()
		if slices.Contains(metrics, t.Metric) && strings.HasPrefix(t.Op, "<") && limit > 0 {
			limits = append(limits, limit)
		}
	}
	slices.Sort(limits)
	return slices.Compact(limits)
}

// Beat is the shortest interval between heartbeats of a file that only holds
// connections; 0 where it sends anything else, or no heartbeats. A trial is judged by
// that of its file.
func (s *Scenario) Beat() time.Duration {
	if s.Trial != nil {
		return s.beat
	}
	least := time.Duration(0)
	for i := range s.Phases {
		p := &s.Phases[i]
		switch {
		case p.Executor != HeldConnections:
			if p.Record {
				return 0
			}
		case p.Heartbeat != nil && (least == 0 || p.Heartbeat.Every < least):
			least = p.Heartbeat.Every
		}
	}
	return least
}
