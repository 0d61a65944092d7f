package scenarios

import (
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// Work is what the generator does in a second.
type Work struct {
	Requests float64
	Opened   float64 // connections
}

// Work is what loadctl does a second at the begin of each phase, at most and as far as the
// file says: no other moment has more. Of open phases those are the arrivals with the
// requests of an iteration, by the weights of the tasks; of held connections the heartbeats
// and those opened by connect_rate; of closed users those whose connection reached max_age. How often closed users ask is not known.
func (s *Scenario) Work() []Work {
	plan := s.Plan()
	work := make([]Work, len(plan))
	for i := range plan {
		for j := range plan {
			if plan[j].Begin <= plan[i].Begin && plan[i].Begin < plan[j].End {
				work[i].add(s.workOf(&s.Phases[j], plan[j], plan[i].Begin))
			}
		}
	}
	return work
}

func (w *Work) add(more Work) {
	w.Requests += more.Requests
	w.Opened += more.Opened
}

// workOf is what a phase has to do at a moment at which it is under way.
func (s *Scenario) workOf(p *Phase, t Planned, at time.Duration) (w Work) {
	switch {
	case p.Executor == HeldConnections:
		if p.Heartbeat != nil {
			w.Requests = float64(p.Connections) / p.Heartbeat.Every.Seconds()
		}
		if at < t.Connected {
			w.Opened = p.ConnectRate
		}
	case p.Executor.Open():
		w.Requests = peakFrom(p.Profile, at-t.Begin) * s.steps(p.User)
		w.Opened = s.opens(p)
	case p.Over < 0:
		w.Opened = p.replaced()
	}
	return w
}

// opens is how many connections an open phase opens a second: as many as end.
func (s *Scenario) opens(p *Phase) (rate float64) {
	o := &p.Pool
	requests := p.Profile.Peak() * s.steps(p.User)
	switch {
	case p.Over >= 0:
		return 0
	case o.Reuse == ReuseNone:
		rate = requests
	case o.Reuse == ReuseUser:
		rate = p.Profile.Peak()
	case o.MaxRequests > 0:
		rate = requests / (float64(o.MaxRequests) * (1 - Spread))
	}
	rate = min(rate+p.replaced(), requests)
	if o.ConnectRate > 0 {
		rate = min(rate, o.ConnectRate)
	}
	return rate
}

// steps is how many requests an iteration of a user has, by the weights of its tasks.
func (s *Scenario) steps(user int) (mean float64) {
	if user < 0 || user >= len(s.Users) {
		return 1
	}
	u := &s.Users[user]
	for i := range u.Tasks {
		mean += float64(u.Tasks[i].Weight*len(u.Tasks[i].Steps)) / float64(max(u.TotalWeight, 1))
	}
	return mean
}

// peakFrom is the highest rate that a profile has yet to come to: a phase may go on without arrivals.
func peakFrom(all arrival.Profile, at time.Duration) (peak float64) {
	end := time.Duration(0)
	for _, stage := range all {
		if end += stage.Duration; end > at || stage.Duration == 0 {
			peak = max(peak, stage.From, stage.To)
		}
	}
	return peak
}

// HeldOpened is how many connections the phases that hold them open a second, at most: those that no request opens.
func (s *Scenario) HeldOpened() (most float64) {
	plan := s.Plan()
	for i := range plan {
		sum := 0.0
		for j := range plan {
			if at := plan[i].Begin; s.Phases[j].Executor == HeldConnections && plan[j].Begin <= at && at < plan[j].Connected {
				sum += s.Phases[j].ConnectRate
			}
		}
		most = max(most, sum)
	}
	return most
}
