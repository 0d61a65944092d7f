package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Trial takes the place of a file's phases and target, to find out how many of the
// file's requests this machine can make: they go to a null target, which answers 200
// with nothing to all of them. They are as bare as can be: nobody pauses, no network is
// slow, and what answers are checked for is not looked at, as it is not there. A trial
// of closed users finds the most that can be made, one of arrivals whether a rate is kept.
type Trial struct {
	BaseURL string  // of the null target: plain HTTP, whatever the file's is
	Rate    float64 // of requests a second, of all users together; 0 = closed users
	Users   int     // closed: all of them, who ask again as soon as they are answered
	MaxVUs  int     // open: the most users of one kind in flight
	Warm    time.Duration
	Length  time.Duration // recorded, after Warm
}

// Asks says whether any phase sends requests, so that there is something to try.
func (s *Scenario) Asks() bool { return len(s.mix()) > 0 }

// Untried is what costs time in the file's load and is left out of a trial.
func (s *Scenario) Untried() (left []string) {
	if s.Target.TLS != nil {
		left = append(left, "TLS")
	}
	for i := range s.Users {
		for j := range s.Users[i].Tasks {
			if slices.ContainsFunc(s.Users[i].Tasks[j].Steps, func(s Step) bool { return len(s.Checks) > 0 }) {
				return append(left, "checks")
			}
		}
	}
	return left
}

// A portion is one kind of user in the mix of a file, or one that only sends heartbeats.
type portion struct {
	user  User
	phase *Phase // that it has its connections and arrivals as
	steps float64
	share float64 // of the requests of all
}

// try makes the file one trial.
func (p *parser) try(t *Trial) {
	mix := p.s.mix()
	if len(mix) == 0 {
		p.wrong(nil, "no phase sends requests")
		return
	}
	s := p.s
	s.beat = s.Beat()
	s.Trial, s.Target, s.Agents = t, Target{BaseURL: t.BaseURL}, Agents{}
	s.Users, s.Phases, p.limits = nil, nil, nil // no limit is of a phase that is left
	s.Thresholds = bareLimits(s.Thresholds)
	for _, one := range mix {
		s.Users = append(s.Users, one.user)
	}
	if t.Warm > 0 {
		p.stretch(t, mix, "warm-up", t.Warm)
	}
	p.stretch(t, mix, "null", t.Length)
}

// stretch adds a phase for each user; all of them begin together, when those before end.
func (p *parser) stretch(t *Trial, mix []portion, name string, length time.Duration) {
	first := len(p.s.Phases)
	for i := range mix {
		ph := mix[i].phaseOf(t, len(mix), length)
		ph.Name, ph.User, ph.Record = fmt.Sprintf("%s-%d", name, i+1), i, name != "warm-up"
		ph.MaxLag = p.s.HTTP.Timeout
		switch {
		case first > 0:
			ph.Start = Start{With: 0, After: AfterFinished}
		case i > 0:
			ph.Start = Start{With: 0, After: AfterBegin}
		}
		p.s.Phases = append(p.s.Phases, ph)
	}
}

// phaseOf is the load of one user. Caps and rates of connections are those of the file's
// own load, and left out; how long connections are kept is a part of what requests cost.
func (m *portion) phaseOf(t *Trial, of int, length time.Duration) Phase {
	ph := Phase{Executor: ConstantVUs, Over: -1, HeartbeatCell: -1, Start: Start{With: -1}}
	level := float64(max(1, t.Users/of))
	if t.Rate > 0 {
		ph.Executor, ph.MaxVUs, ph.Arrivals = ConstantArrivalRate, t.MaxVUs, m.phase.Arrivals
		level = t.Rate * m.share / m.steps
	}
	ph.Profile = arrival.Profile{{From: level, To: level, Duration: length}}
	from := m.phase.Pool
	ph.Pool = Pool{Reuse: from.Reuse, MaxAge: from.MaxAge, MaxRequests: from.MaxRequests, Reset: from.Reset}
	if m.phase.Executor == HeldConnections || m.phase.Over >= 0 {
		ph.Pool = Pool{Reuse: ReuseShared}
	}
	return ph
}

// mix is who sends requests in the file's load, recorded phases before others: each
// user once, as in the phase of its that sends most. The shares are those of the rates.
// How often closed users ask is not known: where there are such, all have the same.
func (s *Scenario) mix() (all []portion) {
	for _, recorded := range []bool{true, false} {
		if all = s.mixOf(recorded); len(all) > 0 {
			break
		}
	}
	sum, known := 0.0, true
	for i := range all {
		sum, known = sum+all[i].share, known && all[i].share > 0
	}
	for i := range all {
		if all[i].share /= sum; !known {
			all[i].share = 1 / float64(len(all))
		}
	}
	return all
}

// mixOf has the requests a second of each as its share, 0 where they are not known.
func (s *Scenario) mixOf(recorded bool) (all []portion) {
	at := map[string]int{}
	for i := range s.Phases {
		ph := &s.Phases[i]
		if ph.Record != recorded || ph.Executor == HeldConnections && ph.Heartbeat == nil {
			continue
		}
		one := s.partOf(ph)
		j, again := at[one.user.Name]
		switch {
		case !again:
			at[one.user.Name] = len(all)
			all = append(all, one)
		case one.share > all[j].share:
			all[j] = one
		}
	}
	return all
}

func (s *Scenario) partOf(ph *Phase) portion {
	one := portion{user: s.Users[ph.User].bare(), phase: ph, steps: s.steps(ph.User)}
	if ph.Executor.Open() {
		one.share = ph.Profile.Peak() * one.steps
	}
	if h := ph.Heartbeat; h != nil {
		task := one.user.Tasks[h.Task]
		task.Weight = 1
		one.user = User{Name: one.user.Name + " " + task.Name, Tasks: []Task{task}, TotalWeight: 1}
		one.steps, one.share = 1, float64(ph.Connections)/h.Every.Seconds()
	}
	return one
}

// bare is a copy that sends the same requests without pauses, and takes any answer that
// there is.
func (u *User) bare() User {
	b := User{Name: u.Name, Tasks: slices.Clone(u.Tasks), TotalWeight: u.TotalWeight}
	for i := range b.Tasks {
		t := &b.Tasks[i]
		t.Steps = slices.Clone(t.Steps)
		for j := range t.Steps {
			t.Steps[j].bare()
		}
	}
	return b
}

func (s *Step) bare() {
	s.Think, s.Network, s.Checks, s.NeedBody, s.Cells = Wait{}, Network{}, nil, false, nil
	s.Expect = []StatusRange{{200, 299}}
	if s.Extra != nil {
		own := *s.Extra
		s.Extra = &own
	}
}

// bareLimits are those that say how punctual the generator must be, without anything
// that could end a trial or that it does not have.
func bareLimits(all []stats.Threshold) (bare []stats.Threshold) {
	for _, t := range all {
		if slices.Contains(requestTimes, t.Metric) {
			t.AbortOnFail, t.Tags = false, stats.Tags{}
			bare = append(bare, t)
		}
	}
	return bare
}
