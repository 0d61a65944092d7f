package gate

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A stage is what a gate is at.
type stage uint8

const (
	warming stage = iota
	holding
	comparing
	over
)

// A Gate is one search for a verdict: a trial.Search. Warm-ups first, then the hold, then the pairs;
// it is over as soon as the verdict is sure.
type Gate struct {
	set   Config
	stage stage
	pair  int      // under way, from 1, of all stages; 0 = warm-ups
	order []string // sides that the pair still lacks
	half  map[string]*trial.Told

	trials []Tried
	took   time.Duration
	void   map[string]voids // by side

	base, candidate Lead
	hold            Verdict
	comparisons     []*comparison
	pairs           int // complete ones of the comparison
	spent           ledger

	verdict     Verdict
	why, broken string
}

// voids are trials in a row that came to nothing.
type voids struct{ invalid, broken int }

// What is tried again: so often in a row, of one side.
const (
	invalidAgain = 2
	patience     = 6 // the same, where such a load was made before
	brokenAgain  = 1
)

// New begins a gate. A config that Validate or Admit has words against makes one that is over,
// invalid for that reason.
func New(set Config) *Gate {
	g := &Gate{set: set.withDefaults(), void: map[string]voids{}, half: map[string]*trial.Told{},
		verdict: Inconclusive, why: "it is not finished", hold: Inconclusive}
	g.comparisons = newComparisons(&g.set)
	err := set.Validate()
	if err == nil && set.Stored != nil {
		err = Admit(set)
	}
	if err != nil {
		g.end(Invalid, "%v", err)
		return g
	}
	g.order = g.sides()
	return g
}

func (g *Gate) unpaired() bool { return g.set.Stored != nil }

func (g *Gate) sides() []string {
	if g.unpaired() {
		return []string{Candidate}
	}
	return []string{Base, Candidate}
}

// Next is the trial to make now.
func (g *Gate) Next() (trial.Ask, bool) {
	if g.stage == over {
		return trial.Ask{}, false
	}
	kind := g.kind()
	a := trial.Ask{Number: len(g.trials) + 1, Kind: kind, Side: g.order[0],
		Load:   trial.Load{Rate: g.set.rate(kind), Connections: g.set.Connections},
		Settle: g.set.Settle, Length: g.set.length(kind)}
	if kind == Holds {
		a.GiveUp = trial.GiveUpFrom(g.set.Clauses)
	}
	return a, true
}

func (g *Gate) kind() string {
	switch g.stage {
	case warming:
		return WarmUp
	case holding:
		return Holds
	}
	return Pairs
}

// Tell takes what came of it.
func (g *Gate) Tell(told trial.Told) {
	ask, ok := g.Next()
	if !ok {
		return
	}
	g.took += told.Took
	g.trials = append(g.trials, Tried{Ask: ask, Told: told, Pair: g.pair})
	t := &g.trials[len(g.trials)-1]
	switch {
	case told.Broken != "":
		g.tellBroken(t)
	case ask.Kind == WarmUp:
		t.Note, g.void[t.Side] = "warm-up: not counted", voids{}
		g.advance()
	case told.Validity == stats.Invalid || told.Requests == 0:
		g.tellInvalid(t)
	default:
		g.tellGood(t)
	}
	g.afford()
}

func (g *Gate) tellGood(t *Tried) {
	g.void[t.Side] = voids{}
	t.Used, t.Held = true, !broke(&t.Told, g.set.Clauses)
	g.half[t.Side] = &t.Told
	if g.stage == holding {
		g.lead(t.Side).add(t.Held)
		if g.judgeHold(); g.stage != holding {
			return
		}
	}
	g.advance()
}

// advance goes on to what is next of the stage: the other side, another pair, another stage.
func (g *Gate) advance() {
	if g.order = g.order[1:]; len(g.order) > 0 {
		return
	}
	switch g.stage {
	case warming:
		g.afterWarming()
	case comparing:
		if g.judgePair(); g.stage == comparing {
			g.newPair()
		}
	default:
		g.newPair()
	}
}

func (g *Gate) afterWarming() {
	g.stage = comparing
	if g.set.Hold {
		g.stage = holding
	}
	g.newPair()
}

// newPair draws which side is first: what drifts, and what one trial leaves to the next, then falls on
// either side by chance.
func (g *Gate) newPair() {
	g.pair++
	g.order, g.half = g.sides(), map[string]*trial.Told{}
	random := rand.New(rand.NewPCG(g.set.Seed, uint64(g.pair)))
	if random.Uint64()&1 == 1 {
		slices.Reverse(g.order)
	}
}

func (g *Gate) lead(side string) *Lead {
	if side == Base {
		return &g.base
	}
	return &g.candidate
}

// judgeHold looks at the leads after each trial. The base is the control: a regression
// needs it to hold what the candidate does not, and where it does not hold, nothing is said of the candidate. Stored runs
// are no control: on a slower day nothing would hold, so the candidate fails by no hold then.
func (g *Gate) judgeHold() {
	switch {
	case !g.unpaired() && g.base.lead() <= -baseLead:
		g.hold = Invalid
		g.end(Invalid, "the environment: the base itself %s at %s, %s below its own capacity: find it again, on this machine as it is now",
			brokeWords(g.base), rateWords(g.set.rate(Holds)), percent(g.set.HoldMargin))
	case g.candidate.lead() <= -candidateLead && g.unpaired():
		g.afterHold()
	case g.candidate.lead() <= -candidateLead && g.base.lead() >= baseLead:
		g.hold = Regression
		g.end(Regression, "the candidate %s at %s, which the base held in %d of %d", brokeWords(g.candidate), rateWords(g.set.rate(Holds)), g.base.Held, g.base.all())
	case g.candidate.lead() >= candidateLead:
		g.hold = Pass
		g.afterHold()
	case g.candidate.all() >= mostHolds && len(g.order) == 1:
		g.afterHold()
	}
}

func (g *Gate) afterHold() {
	switch {
	case g.set.Compare:
		g.stage = comparing
		g.newPair()
	case g.hold == Pass && g.unpaired():
		g.end(Pass, "the candidate holds %s, %s below the capacity of the baseline", rateWords(g.set.rate(Holds)), percent(g.set.HoldMargin))
	case g.hold == Pass:
		g.end(Pass, "the candidate holds %s, as the base does", rateWords(g.set.rate(Holds)))
	default:
		g.end(Inconclusive, "%s", g.openHold())
	}
}

// judgePair takes a complete pair, and looks where it is time.
func (g *Gate) judgePair() {
	g.pairs++
	if g.unpaired() {
		g.judgeStored()
		return
	}
	for _, c := range g.comparisons {
		c.add(c.value(g.half[Base]), c.value(g.half[Candidate]))
	}
	last := g.pairs >= mostPairs
	if _, turn := turnAt(g.pairs); turn || last {
		g.look(last)
	}
	if g.stage == comparing {
		g.giveUp(last)
	}
}

func (g *Gate) look(last bool) {
	forPass, forFail := g.spent.spend(g.pairs, len(g.set.Primary), last)
	pass(g.comparisons, forPass, &g.set)
	fail(g.comparisons, forFail, &g.set, func(c *comparison) float64 { return stats.RankSigns(c.d).Above(c.limit(&g.set)) })
	g.conclude()
}

// conclude ends the gate when the metrics say enough.
func (g *Gate) conclude() {
	var failed []*comparison
	open := false
	for _, c := range g.comparisons {
		switch {
		case c.primary && c.verdict == Regression:
			failed = append(failed, c)
		case c.primary && c.verdict != Pass:
			open = true
		}
	}
	switch {
	case len(failed) > 0:
		g.end(Regression, "%s", g.worseWords(failed))
	case open:
	case g.set.Hold && g.hold != Pass:
		g.end(Inconclusive, "the metrics are not worse, but %s", g.openHold())
	default:
		g.end(Pass, "%s", passWords(&g.set, g.pairs, g.unpaired()))
	}
}

// afford ends the gate where what is next would not be over within the budget. A pair
// is begun only if both its trials fit. What the pairs say by then has the last look: when
// it comes depends on the clock, not on what was seen.
func (g *Gate) afford() {
	if g.stage == over || g.took+time.Duration(len(g.order))*g.usual() <= g.set.Budget {
		return
	}
	if g.stage == comparing && !g.unpaired() && g.pairs >= fewestPairs {
		if g.look(true); g.stage == over {
			return
		}
	}
	g.end(Inconclusive, "the budget of %v is spent: %s", g.set.Budget, g.undecided())
}

// usual is how long a trial of the kind that is next takes.
func (g *Gate) usual() time.Duration {
	kind := g.kind()
	sum, n := time.Duration(0), time.Duration(0)
	for i := range g.trials {
		if t := &g.trials[i]; t.Kind == kind && t.Used {
			sum, n = sum+t.Took, n+1
		}
	}
	if n == 0 {
		return g.set.Settle + g.set.length(kind)
	}
	return sum / n
}
