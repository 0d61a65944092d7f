package scenarios

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Level takes the place of a file's load by one steady load: that of a trial of a search.
// Users do what they do in the file, with its target, pauses and checks. Each kind has its
// share of the load as in the file: by rate if all recorded phases are open, by users
// if all are closed, and else the same as the others. Connections that the file holds stay
// held. Of a file that does nothing but hold them they are the load: Rate and Users are 0, and
// their heartbeats are recorded, as they are all that is asked.
type Level struct {
	Rate        float64       // iterations a second, of all users together; 0 = closed users
	Users       int           // closed: all of them
	Connections int           // held open meanwhile, in the file's proportions; 0 = as many as the file holds
	Settle      time.Duration // of the load, before it is recorded
	Length      time.Duration // recorded
	SLO         []string      // "METRIC: LIMIT", in place of the file's; none = its slo, or else its thresholds
}

// holdLead is how long held connections rest before the load begins.
const holdLead = 500 * time.Millisecond

// atLevel makes the file one level.
func (p *parser) atLevel(l *Level) {
	mix := p.s.levelMix()
	if len(mix) == 0 && !p.onlyHolds(l) {
		return
	}
	p.s.Level = l
	holds := p.s.heldPhases(l)
	if l.Connections > 0 && l.Connections < len(holds) {
		p.wrong(nil, "%d phases hold connections, so that a level of %d is fewer than one for each", len(holds), l.Connections)
		return
	}
	limits := p.levelLimits(l)
	p.s.Phases, p.limits = holds, nil
	p.s.Thresholds = limits
	for i := range mix {
		p.s.addLevel(l, &mix[i], len(mix) > 1, len(holds))
	}
}

// onlyHolds says whether a file without requests can be had at a level, and what is wrong if not.
func (p *parser) onlyHolds(l *Level) bool {
	switch {
	case !p.s.HoldsOnly():
		p.wrong(nil, "no phase sends requests or holds connections, so that there is no load to search")
	case l.Rate > 0 || l.Users > 0:
		p.wrong(nil, "the phases only hold connections: their number is the load to search, and there is no rate (loadctl capacity --over connections)")
	default:
		return true
	}
	return false
}

// HoldsOnly says whether the phases hold connections and send nothing but heartbeats.
func (s *Scenario) HoldsOnly() bool {
	return len(s.Phases) > 0 && !slices.ContainsFunc(s.Phases, func(ph Phase) bool { return ph.Executor != HeldConnections })
}

// A kindLoad is one kind of user in the recorded load of a file.
type kindLoad struct {
	phase Phase
	share float64 // of the iterations, or of the users
}

// levelMix is who makes the recorded load: each kind of user once, as in the phase that has
// most of it. Without recorded phases it is who warms up.
func (s *Scenario) levelMix() (all []kindLoad) {
	for _, recorded := range []bool{true, false} {
		if all = s.levelParts(recorded); len(all) > 0 {
			break
		}
	}
	alike := func(open bool) bool {
		return !slices.ContainsFunc(all, func(m kindLoad) bool { return m.phase.Executor.Open() != open })
	}
	known, sum := alike(true) || alike(false), 0.0
	for i := range all {
		if !known {
			all[i].share = 1
		}
		sum += all[i].share
	}
	for i := range all {
		all[i].share /= sum
	}
	return all
}

func (s *Scenario) levelParts(recorded bool) (all []kindLoad) {
	for i := range s.Phases {
		ph := &s.Phases[i]
		if ph.Executor == HeldConnections || ph.Record != recorded || ph.Profile.Peak() <= 0 {
			continue
		}
		one := kindLoad{*ph, ph.Profile.Peak()}
		one.phase.Over = s.heldBefore(ph.Over)
		at := slices.IndexFunc(all, func(m kindLoad) bool { return m.phase.User == ph.User })
		switch {
		case at < 0:
			all = append(all, one)
		case one.share > all[at].share:
			all[at] = one
		}
	}
	return all
}

// heldBefore is where a phase that holds connections comes among those that do; -1 of none.
func (s *Scenario) heldBefore(phase int) (n int) {
	if phase < 0 {
		return -1
	}
	for i := range phase {
		if s.Phases[i].Executor == HeldConnections {
			n++
		}
	}
	return n
}

// OpenRate is how many iterations a second the kinds of users that make the recorded load begin together, each at its
// peak; 0 where any of them is closed.
func (s *Scenario) OpenRate() (rate float64) {
	for _, m := range s.levelMix() {
		if !m.phase.Executor.Open() {
			return 0
		}
		rate += m.phase.Profile.Peak()
	}
	return rate
}

// heldPhases are the phases that hold connections, which begin together and outlast the level.
// Connections of a level where the file holds none are silent ones.
func (s *Scenario) heldPhases(l *Level) (held []Phase) {
	asked := 0
	for i := range s.Phases {
		if ph := s.Phases[i]; ph.Executor == HeldConnections {
			held = append(held, ph)
			asked += ph.Connections
		}
	}
	if len(held) == 0 && l.Connections > 0 {
		held, asked = []Phase{{Name: "hold", Executor: HeldConnections, User: -1, Record: true, Over: -1, HeartbeatCell: -1, OnClose: Reconnect, Connections: 1}}, 1
	}
	left, only := l.Connections, s.HoldsOnly()
	for i := range held {
		ph := &held[i]
		ph.Start, ph.Hold, ph.Record = Start{With: i - 1, After: AfterBegin}, holdLead+l.Settle+l.Length, ph.Record || only
		if l.Connections > 0 {
			after := len(held) - 1 - i
			share := left
			if after > 0 {
				share = int(math.Round(float64(l.Connections) * float64(ph.Connections) / float64(max(asked, 1))))
			}
			ph.Connections = max(min(share, left-after), 1) // one at least is left for each
			left -= ph.Connections
		}
	}
	return held
}

// addLevel adds a phase that settles and one that is recorded. The latter uses the connections
// of the former, lest all of them were opened at the moment from which it counts. The former goes on
// without arrivals until then, as its connections end with it.
func (s *Scenario) addLevel(l *Level, m *kindLoad, several bool, holds int) {
	name := func(phase string) string {
		if several {
			return phase + "-" + s.Users[m.phase.User].Name
		}
		return phase
	}
	first := len(s.Phases)
	settle := m.steady(l, s, first, holds)
	level := settle
	settle.Name, settle.Record = name("settle"), false
	level.Name, level.Record = name("level"), true
	settle.Profile = append(settle.steps(l.Settle), arrival.Stage{Duration: l.Length})
	level.Profile = level.steps(l.Length)
	level.Start = Start{With: first, After: AfterBegin, Delay: l.Settle}
	if level.Executor.Open() && level.Over < 0 && level.Pool.Reuse == ReuseShared {
		level.Over = first
	}
	s.Phases = append(s.Phases, settle, level)
}

// steps is the profile of one level for a while.
func (p *Phase) steps(length time.Duration) arrival.Profile {
	level := p.Profile[0].From
	return arrival.Profile{{From: level, To: level, Duration: length}}
}

// steady is a phase at its share of the load; its profile has that alone.
func (m *kindLoad) steady(l *Level, s *Scenario, index, holds int) Phase {
	ph := m.phase
	level := math.Max(1, math.Round(float64(l.Users)*m.share))
	ph.Executor, ph.MaxVUs = ConstantVUs, 0
	if l.Rate > 0 {
		ph.Executor, level = ConstantArrivalRate, l.Rate*m.share
		ph.MaxVUs = max(m.phase.MaxVUs, s.roomFor(ph.User, level))
		if !m.phase.Executor.Open() {
			ph.Pool.Reuse, ph.MaxLag = ReuseShared, s.HTTP.Timeout
		}
	}
	ph.Profile = arrival.Profile{{From: level, To: level}}
	ph.Start = Start{With: -1}
	if holds > 0 {
		ph.Start = Start{With: holds - 1, After: AfterConnected, Delay: holdLead}
	} else if index > 0 {
		ph.Start = Start{With: 0, After: AfterBegin}
	}
	return ph
}

// roomFor is how many iterations may be in flight: three times as many as there are when each
// request takes as long as the SLO allows, and at least a second's worth. More tell nothing that
// is not known, and cost ports: so there are no more than enoughRoom of them, unless the SLO itself lets be more.
func (s *Scenario) roomFor(user int, rate float64) int {
	pause, _ := s.Users[user].idle()
	slowest := time.Duration(0)
	for _, limit := range s.ResponseLimits() {
		slowest = max(slowest, limit)
	}
	allowed := rate * (pause.Seconds() + slowest.Seconds()*s.steps(user))
	room := max(3*allowed, rate*(pause.Seconds()+s.steps(user)))
	return int(math.Ceil(max(leastRoom, min(room, max(allowed, enoughRoom)))))
}

const (
	leastRoom  = 100
	enoughRoom = 10_000
)

// levelLimits are the limits that a level is held to: those given, or the file's slo, or its
// thresholds. Phases that limits name are gone, so that they are of all that is recorded.
func (p *parser) levelLimits(l *Level) []stats.Threshold {
	limits, errs := readSLO(l.SLO, p.names.list)
	for _, err := range errs { // of who did not ask Scenario.SLO before
		p.wrong(nil, "%v", err)
	}
	if len(l.SLO) > 0 {
		return limits
	}
	limits = slices.DeleteFunc(slices.Clone(p.s.Thresholds), func(t stats.Threshold) bool { return !t.SLO })
	if len(limits) == 0 {
		limits = slices.Clone(p.s.Thresholds)
	}
	beats := func(t *stats.Threshold) bool { // of heartbeats, which are no results where anything else is sent
		return !p.s.HoldsOnly() && slices.ContainsFunc(p.s.Phases, func(ph Phase) bool { return ph.Executor == HeldConnections && ph.Name == t.Tags.Phase })
	}
	limits = slices.DeleteFunc(limits, func(t stats.Threshold) bool {
		_, counted := t.BadShare()
		if counted = counted && !beats(&t); !counted {
			p.s.Uncounted = append(p.s.Uncounted, t)
		}
		return !counted
	})
	for i := range limits {
		limits[i].AbortOnFail, limits[i].Tags.Phase = false, ""
	}
	if len(limits) == 0 && !p.s.HoldsOnly() { // whether connections are refused or dropped counts by itself
		p.wrong(nil, "a search needs an SLO that counts bad requests, such as slo: {response_time: [p(99)<200ms], failed: [rate<0.1%%]}, or --slo")
	}
	return limits
}
