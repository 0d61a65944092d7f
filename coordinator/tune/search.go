package tune

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// What a trial is for. Searches for a capacity have kinds of their own.
const (
	kindHalving  = "halving"
	kindFinal    = "final"
	kindEffects  = "effects"  // the interaction check
	kindValidate = "validate" // after a fresh start
	kindHold     = "hold"     // of Goal Cheapest
)

// mostRepeats is how often a trial that cannot be believed is made again, and patience the same of a setting
// that was measured before.
const (
	mostRepeats = 2
	patience    = 6
)

// A Search is a tuning under way. It is a function of its Config and of what it was told.
type Search struct {
	cfg    Config
	points []point // the incumbent first
	params []Param

	queue  []job
	stage  stage // once the queue is empty; nil = over
	blocks int   // planned

	tried   []Tried
	of      map[int][]seen // the trials that count, by setting
	in      map[cell]float64
	out     map[int]string // who is refused, and why
	refused []Refused
	broke   map[int]int // valid trials at which a limit was broken
	took    time.Duration
	flags   []string

	measured map[int]bool // who had a trial that can be believed

	firstRung int // settings in it
	finalists []int
	capacity  map[int]Inner
	held      map[int]int // of Goal Cheapest
	doubts    []int       // who is refused, and not by what the load did to it
	best, rec int
	effects   []Effect
	validated bool
	outcome   Outcome
	why       string
}

// A stage plans jobs, or none, and says what is next.
type stage func(*Search) stage

// A job is one trial that is due, or one search for a capacity.
type job struct {
	who, rung, block int
	kind             string
	restart          bool
	repeats          int // as it was invalid
	broken           int // trials that could not be made
	inner            Inner
}

// A seen is one trial that counts: y is the logarithm of its throughput.
type seen struct {
	rung, block int
	kind        string
	y           float64
}

// A cell is where a setting was measured once: its y is in Search.in.
type cell struct{ block, who int }

// New starts a tuning. The error says everything that is wrong with c.
func New(c Config) (*Search, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Search{cfg: c.withDefaults(), out: map[int]string{}, broke: map[int]int{}, held: map[int]int{}, capacity: map[int]Inner{},
		of: map[int][]seen{}, in: map[cell]float64{}, measured: map[int]bool{}}
	s.params, s.best, s.rec = s.cfg.Params, -1, -1
	if s.cfg.Goal == Cheapest {
		s.points, s.refused = s.cfg.space(s.cfg.combinations())
		s.stage = byCost
	} else {
		want, why := s.cfg.first()
		s.points, s.refused = s.cfg.space(want)
		s.flag(why)
		s.flag(s.cfg.notJudged())
		s.stage = begin
	}
	if err := s.costs(); err != nil {
		return nil, err
	}
	if s.cfg.MaxTrials == 0 && s.cfg.Goal == Most {
		s.cfg.MaxTrials = max(150, 4*len(s.points))
	}
	s.firstRung = len(s.points) - 1
	s.advance()
	return s, nil
}

// Next is the trial that is due; it says the same until Tell.
func (s *Search) Next() (trial.Ask, bool) {
	if len(s.queue) == 0 || s.outcome != "" {
		return trial.Ask{}, false
	}
	j := s.queue[0]
	a := trial.Ask{Kind: j.kind, Load: s.cfg.Load, Settle: s.cfg.Settle, Length: s.cfg.Length, GiveUp: s.cfg.GiveUp}
	if j.inner != nil {
		a, _ = j.inner.Next()
	}
	a.Number, a.Setting, a.Restart = len(s.tried)+1, s.points[j.who].setting, j.restart
	return a, true
}

// Tell takes what came of the trial that Next asked for. After the end it is nothing.
func (s *Search) Tell(t trial.Told) {
	ask, ok := s.Next()
	if !ok {
		return
	}
	j := s.queue[0]
	s.took += t.Took
	s.tried = append(s.tried, Tried{Ask: ask, Told: t, Rung: j.rung, Block: j.block})
	now := &s.tried[len(s.tried)-1]
	if t.Broken == "" && t.Validity != stats.Invalid {
		s.measured[j.who] = true
	}
	switch {
	case j.inner != nil: // which repeats trials itself
		s.inside(j, t, now)
	case t.Broken != "":
		s.noTrial(t, now)
	case t.Validity == stats.Invalid:
		s.invalid(t, now)
	default:
		s.queue = s.queue[1:]
		s.judge(j, t, now)
	}
	s.advance()
}

// inside passes a trial on to the search for a capacity that asked for it.
func (s *Search) inside(j job, t trial.Told, now *Tried) {
	now.Used = t.Broken == ""
	j.inner.Tell(t)
	if _, more := j.inner.Next(); !more {
		s.queue = s.queue[1:]
	}
}

// noTrial makes a trial that could not be made once more: what a hook met may have been gone a second later.
func (s *Search) noTrial(t trial.Told, now *Tried) {
	j := &s.queue[0]
	if j.broken++; j.broken > 1 {
		now.Note = s.undecide(j.who, "could not be tried: "+t.Broken)
		return
	}
	now.Note = "could not be tried: " + t.Broken + ": repeated once"
}

// invalid makes a trial again whoever is to blame: a machine that others disturb for a moment looks as one at its limit
// does. Where the setting was measured before it is the moment, which may take a while.
func (s *Search) invalid(t trial.Told, now *Tried) {
	j := &s.queue[0]
	j.broken = 0 // two that could not be made are in a row or not at all
	again := mostRepeats
	if s.measured[j.who] {
		again = patience
	}
	if j.repeats++; j.repeats <= again {
		now.Note = "invalid: repeated"
		return
	}
	now.Note = s.spoilt(j.who, spoiltWords(t, j.repeats))
}

// judge takes a valid trial. The setting in force counts even where it breaks a limit, as others are compared with it.
func (s *Search) judge(j job, t trial.Told, now *Tried) {
	why := s.breaks(t)
	if why != "" {
		s.broke[j.who]++
	}
	if j.kind == kindHold {
		s.lead(j, why, now)
		return
	}
	if why != "" && j.who != inForce {
		now.Note = s.refuse(j.who, why)
		return
	}
	if !(t.Throughput > 0) || math.IsInf(t.Throughput, 0) {
		now.Note = s.refuse(j.who, "served nothing")
		return
	}
	if why != "" {
		now.Note = why
	}
	now.Used = true
	y := math.Log(t.Throughput)
	s.of[j.who] = append(s.of[j.who], seen{j.rung, j.block, j.kind, y})
	s.in[cell{j.block, j.who}] = y
}

// advance drops jobs of settings that are out, and plans more when none is left.
func (s *Search) advance() {
	for s.outcome == "" {
		for len(s.queue) > 0 && (s.out[s.queue[0].who] != "" || s.alone(s.queue[0])) {
			s.queue = s.queue[1:]
		}
		switch {
		case len(s.queue) > 0 && s.spent():
			s.end(Unfinished, s.short())
		case len(s.queue) > 0:
			return
		case s.stage == nil:
			s.nobody()
		default:
			s.stage = s.stage(s)
		}
	}
}

func (s *Search) end(o Outcome, why string) {
	if s.outcome == "" {
		s.outcome, s.why, s.queue, s.stage = o, why, nil, nil
	}
}

func (s *Search) flag(text string) {
	if text != "" {
		s.flags = append(s.flags, text)
	}
}
