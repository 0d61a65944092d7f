package capacity

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// The kinds of trials, in the order in which a search goes through them.
const (
	ramp    = "ramp"    // double the load until it breaks the SLO, or halve it until it holds
	bracket = "bracket" // halve the gap between what held and what broke
	refine  = "refine"  // around the likeliest capacity
	confirm = "confirm" // a longer one, at the lower end of the interval
	anchor  = "anchor"  // an early one again: is the target what it was?
)

const (
	repeats    = 2   // how often an invalid trial is made again
	patience   = 6   // the same, where the generator has made more load; and how many trials may be in vain from the start
	mostTrials = 300 // of a search, whatever the budget
	fewest     = 10  // iterations in a trial, however slow: fewer say nothing, and none is no trial
)

// A Search is one under way. It is a state machine without a world: given the same
// configuration and the same trials it asks and answers the same.
type Search struct {
	c     Config
	tried []Tried
	took  time.Duration

	kind  string
	ask   trial.Ask
	over  bool
	ended Outcome // how it was ended early; "" = it was not
	why   string

	low, high float64 // the highest load that held and the lowest that broke: of ramp and bracket; 0 = none
	uncounted float64 // lowest load that broke a limit which is not counted; 0 = none
	ceiling   float64 // lowest load at which the generator was at its limit; 0 = none
	since     int     // trials before are of a target that was still warming up
	warmed    int     // how often that happened
	invalid   int     // trials one after the other, of the present load
	broken    int

	atTop      bool // confirming the most that may be asked
	confirms   int
	verified   float64
	verifiedBy int
	weakly     float64 // load that a confirming trial of degraded validity held, and none broke since; 0 = none
	weaklyBy   int
	anchored   bool

	step    float64 // by which factor the load is raised or lowered next, while it is not between two
	doubted int     // number of the trial that is repeated before it is believed; 0 = none

	fits  []posterior // by clause; no cells = not known
	flags []string
}

// New is a search that has not begun.
func New(c Config) *Search {
	s := &Search{c: c.defaults(), kind: ramp}
	s.fits = make([]posterior, len(s.c.Clauses))
	s.stepFrom(s.c.Guess)
	s.try(min(s.c.Start, s.top()))
	return s
}

// Next is the trial to make now; not ok: the search is over.
func (s *Search) Next() (trial.Ask, bool) { return s.ask, !s.over }

// Tell takes what came of it.
func (s *Search) Tell(told trial.Told) {
	if s.over {
		return
	}
	s.took += told.Took
	s.tried = append(s.tried, Tried{Ask: s.ask, Told: told})
	t := &s.tried[len(s.tried)-1]
	switch {
	case told.Broken != "":
		s.brokenTrial(t)
	case told.Validity == stats.Invalid:
		s.invalidTrial(t)
	default:
		s.broken, s.invalid = 0, 0
		s.learn(t)
	}
}

// load is a trial's place on the axis.
func (s *Search) load(a trial.Ask) float64 {
	if s.c.Axis == Connections {
		return float64(a.Connections)
	}
	return a.Rate
}

// top is the most that may be asked for.
func (s *Search) top() float64 {
	if s.c.Most == 0 {
		return math.Inf(1)
	}
	return s.c.Most
}

// try asks for a trial of the present kind, or ends the search if the budget has no room for it.
func (s *Search) try(load float64) {
	at := s.at(load)
	length := s.length(s.kind)
	if at.Rate > 0 {
		length = max(length, min(s.c.Confirm, time.Duration(math.Ceil(fewest/at.Rate))*time.Second))
	}
	if len(s.tried) > 0 && s.took+s.cost(length) > s.c.Budget || len(s.tried) >= mostTrials {
		s.conclude()
		return
	}
	s.ask = trial.Ask{Number: len(s.tried) + 1, Kind: s.kind, Load: at, Settle: s.c.Settle, Length: length, GiveUp: trial.GiveUpFrom(s.c.Clauses)}
}

func (s *Search) at(load float64) trial.Load {
	if s.c.Axis == Connections {
		return trial.Load{Rate: s.c.Rate, Connections: int(math.Round(load))}
	}
	if s.c.Whole {
		load = math.Round(load)
	}
	return trial.Load{Rate: load, Connections: s.c.Connections}
}

func (s *Search) length(kind string) time.Duration {
	switch kind {
	case ramp:
		return s.c.Ramp
	case bracket:
		return s.c.Bracket
	case confirm:
		return s.c.Confirm
	}
	return s.c.Refine
}

// cost is what a trial of this length will take, by what others took beside.
func (s *Search) cost(length time.Duration) time.Duration {
	beside, n := 2*time.Second, time.Duration(1)
	for i := range s.tried {
		if t := &s.tried[i]; t.Used && !t.GaveUp {
			beside, n = beside+max(t.Took-t.Settle-t.Measured, 0), n+1
		}
	}
	return s.c.Settle + length + beside/n
}

// again repeats the trial that was just made.
func (s *Search) again(t *Tried, note string) {
	t.Note = note
	s.try(s.load(t.Ask))
}

func (s *Search) brokenTrial(t *Tried) {
	s.broken++
	if s.broken == 1 {
		s.again(t, "no trial: repeated once")
		return
	}
	t.Note = "no trial, twice"
	s.end(Broken, t.Broken)
}

// invalidTrial repeats a trial whoever is to blame: a machine that others disturb for a moment looks
// as one at its limit does. Three in a row are the limit of the generator, unless it has made more
// load before.
func (s *Search) invalidTrial(t *Tried) {
	s.invalid, s.broken = s.invalid+1, 0
	most := s.mostValid()
	disturbed := most >= s.load(t.Ask)
	if s.invalid <= repeats || disturbed && s.invalid <= patience {
		s.again(t, "invalid: repeated")
		return
	}
	s.invalid = 0
	t.Note = "invalid: the generator's limit"
	switch {
	case disturbed:
		t.Note = "invalid: the machine is disturbed"
		s.end(Unfinished, fmt.Sprintf("%s, though those at %s were valid before: something disturbs the generator's machine", s.beyond(t), s.say(most)))
	case most == 0 && len(s.tried) > patience:
		s.end(Broken, s.beyond(t))
	default:
		s.limited(t)
	}
}

// mostValid is the highest load of a valid trial; 0 of none.
func (s *Search) mostValid() (most float64) {
	for i := range s.tried {
		if e := &s.tried[i]; e.Broken == "" && e.Validity != stats.Invalid {
			most = max(most, s.load(e.Ask))
		}
	}
	return most
}

// end is over before its time.
func (s *Search) end(o Outcome, why string) { s.over, s.ended, s.why = true, o, why }

// conclude is over because all was done, or the budget is spent.
func (s *Search) conclude() { s.over = true }

func (s *Search) flag(format string, a ...any) { s.flags = append(s.flags, fmt.Sprintf(format, a...)) }
