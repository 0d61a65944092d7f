package frontier

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A Search is a frontier being found.
type Search struct {
	config Config
	levels []level
	at     int // the level that is searched
	inner  Inner
	asked  *question // and not told yet
	number int       // of the last trial
	took   time.Duration

	lost  int // levels in a row that could not be held
	short int // levels that the budget was too short for
	end   capacity.Outcome
	why   string
}

// A level is one number of connections.
type level struct {
	connections int
	result      *capacity.Result // once it is over; nil = its search was told nothing
	skipped     string
	numbers     map[int]int      // of its trials: in the inner search, and in this one
	lost        []capacity.Tried // trials that its search was not told of
}

// A question is a trial that an inner search asks for.
type question struct {
	trial.Ask
	inner    int  // its number there
	repeated bool // it was asked before, and lost connections
}

// New begins a search. The config must be valid.
func New(c Config) *Search {
	s := &Search{config: c.defaults()}
	for _, n := range s.config.Levels {
		s.levels = append(s.levels, level{connections: n, numbers: map[int]int{}})
	}
	return s
}

// Next is the next trial of whichever level it is the turn of.
func (s *Search) Next() (trial.Ask, bool) {
	for s.asked == nil && s.begin() {
		ask, more := s.inner.Next()
		if !more {
			s.done()
			continue
		}
		s.ask(question{ask, ask.Number, false})
	}
	if s.asked == nil {
		return trial.Ask{}, false
	}
	return s.asked.Ask, true
}

func (s *Search) ask(q question) {
	s.number++
	q.Number, q.Connections = s.number, s.levels[s.at].connections
	s.asked = &q
}

// begin sees to it that a level is being searched; false when all is over.
func (s *Search) begin() bool {
	switch {
	case s.end != "" || s.at >= len(s.levels):
		return false
	case s.inner != nil:
		return true
	case s.left() < leastBudget:
		s.short = len(s.levels) - s.at
		s.rest(fmt.Sprintf("not tried: the budget of %s was used up", s.config.Budget))
		return false
	}
	s.inner = s.config.Inner(s.want())
	return true
}

func (s *Search) left() time.Duration { return s.config.Budget - s.took }

// want is what the level's search is for. It has its part of what is left, and the first one,
// that does not know where to begin, half as much again.
func (s *Search) want() Want {
	w := Want{Connections: s.levels[s.at].connections, Neighbour: s.neighbour()}
	parts, mine := float64(len(s.levels)-s.at), 1.0
	if w.Neighbour != nil {
		w.Start, w.Guess = s.start(), guess(w.Neighbour)
	} else if parts > 1 {
		parts, mine = parts+0.5, 1.5
	}
	w.Budget = time.Duration(float64(s.left()) * mine / parts)
	return w
}

// neighbour is the last level that holds some rate.
func (s *Search) neighbour() *capacity.Result {
	for i := s.at - 1; i >= 0; i-- {
		if r := s.levels[i].result; r != nil && known(r) > 0 {
			return r
		}
	}
	return nil
}

// start is the largest rate that is known to hold with fewer connections, as the nearest level may
// know little, unless the nearest one knows it to be too much.
func (s *Search) start() (rate float64) {
	for i := range s.at {
		r := s.levels[i].result
		if r == nil {
			continue
		}
		if r.High > 0 && rate > r.High {
			rate = 0
		}
		rate = max(rate, known(r))
	}
	return rate
}

// How far from a neighbour's capacity the rate of a level is looked for, at least, and how wide the
// neighbour's interval may be, lest its middle means little.
const (
	nearby = 0.06
	vague  = 0.15
)

// guess is where a level's rate is likely to be: about that of its neighbour, or a little below.
func guess(r *capacity.Result) capacity.Guess {
	if r.Capacity <= 0 || r.Low <= 0 || r.High <= 0 || r.High/r.Low > math.Exp(2*vague) {
		return capacity.Guess{}
	}
	return capacity.Guess{Low: min(r.Low, r.Capacity*(1-nearby)), High: max(r.High, r.Capacity*(1+nearby))}
}

// known is a rate that is likely to hold, and no claim; 0 where none is known. What a confirming
// trial held counts too: an interval that had no time to become narrow begins far below it.
func known(r *capacity.Result) float64 {
	switch {
	case r.Outcome == capacity.Nothing || r.Outcome == capacity.Broken:
		return 0
	case r.Low > 0 || r.Verified > 0:
		return max(r.Low, r.Verified)
	}
	return r.Capacity
}

// Tell takes what came of the trial that was asked for.
func (s *Search) Tell(t trial.Told) {
	if s.asked == nil {
		return
	}
	q, l := *s.asked, &s.levels[s.at]
	s.asked = nil
	s.took += t.Took
	if s.lostConnections(&t) {
		s.again(q, t)
		return
	}
	l.numbers[q.inner] = q.Number
	s.inner.Tell(t)
}

// lostConnections says whether connections failed though requests were served well: then it
// was not the rate that was too much. Where the generator could not open them, nothing is known.
func (s *Search) lostConnections(t *trial.Told) bool {
	if len(t.Broke) == 0 || t.Broken != "" || t.Validity == stats.Invalid || t.Growing || t.GaveUp {
		return false
	}
	for i, c := range s.config.Clauses {
		if i < len(t.Counts) && t.Counts[i].Share() > c.Allowed {
			return false
		}
	}
	return true
}

// again repeats a trial that lost connections, once: they may have been in the way of something
// else. Twice in a row is the level's own answer.
func (s *Search) again(q question, t trial.Told) {
	l := &s.levels[s.at]
	if !q.repeated {
		l.lost = append(l.lost, capacity.Tried{Ask: q.Ask, Told: t, Note: "connections failed, though the SLO held: repeated"})
		q.repeated = true
		s.ask(q)
		return
	}
	l.lost = append(l.lost, capacity.Tried{Ask: q.Ask, Told: t, Note: "connections failed again"})
	s.lost++
	l.result = s.soFar()
	l.skipped = fmt.Sprintf("the connections themselves fail: %s", t.Broke[0])
	s.next()
	if s.lost >= 2 {
		s.rest(fmt.Sprintf("not tried: fewer connections, %d, could not be held", l.connections))
	}
}

// done ends a level whose search is over.
func (s *Search) done() {
	l, r := &s.levels[s.at], s.inner.Result()
	l.result, s.lost = &r, 0
	s.next()
	switch r.Outcome {
	case capacity.Broken:
		s.end, s.why = capacity.Broken, fmt.Sprintf("at %d connections: %s", l.connections, r.Why)
		s.rest("not tried: trials could not be made")
	case capacity.Nothing:
		s.rest(fmt.Sprintf("not tried: no rate holds with fewer connections, %d", l.connections))
	}
}

// soFar is what the search of the level knows; nil where it was told nothing.
func (s *Search) soFar() *capacity.Result {
	if s.inner == nil || len(s.levels[s.at].numbers) == 0 {
		return nil
	}
	r := s.inner.Result()
	return &r
}

func (s *Search) next() { s.at, s.inner = s.at+1, nil }

// rest leaves out what has not begun.
func (s *Search) rest(why string) {
	for ; s.at < len(s.levels); s.at++ {
		s.levels[s.at].skipped = why
	}
	s.inner = nil
}
