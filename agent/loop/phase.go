package loop

import (
	"time"

	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A phase is what a loop knows of one phase of the scenario.
type phase struct {
	index  int
	spec   *scenarios.Phase
	user   *scenarios.User // nil for held connections without heartbeat
	state  phaseState
	begin  stats.Offset // moved by pauses
	endAt  stats.Offset // nothing becomes due from then on
	maxLag time.Duration
	pool   *pool // where its requests find connections
	own    *pool // the connections it opens; pool, or nil with `over`

	sched     *arrival.Schedule // open
	attends   *attendance       // the same
	ramp      *vu.Ramp          // closed
	change    vu.Change
	changing  bool
	level     uint64  // closed: users 0 … level−1 are active, on whatever loop
	residents []int32 // closed: tasks by user number; none
	hold      *hold   // held connections

	fresh, going queue // first steps, and later ones, waiting for a connection
	limit        int   // iterations at once; 0 = any number

	iterations, inFlight, connections, held, users int
	connecting, parting                            int // connections being opened; waiting for their end
	closing                                        closings
	slow                                           bool // its user has requests of a slow network
}

type phaseState uint8

const (
	waiting phaseState = iota
	running
	draining
	done
)

func (l *Loop) makePhases() {
	s := l.config.Scenario
	for i := range s.Phases {
		p := &phase{index: i, spec: &s.Phases[i], endAt: never, fresh: emptyQueue, going: emptyQueue}
		if p.spec.User >= 0 && p.spec.User < len(s.Users) {
			p.user = &s.Users[p.spec.User]
		}
		if p.maxLag = p.spec.MaxLag; p.maxLag <= 0 {
			p.maxLag = s.HTTP.Timeout
		}
		p.own = newPool(p)
		p.pool = p.own
		l.phases = append(l.phases, p)
	}
	for _, p := range l.phases {
		if over := p.spec.Over; over >= 0 && over < len(l.phases) && over != p.index && !l.holds(p.index) {
			p.pool = l.phases[over].own
		}
		p.pool.takers = append(p.pool.takers, p)
		if p.user != nil && p.user.Slow() {
			p.slow = true
			p.pool.narrow = max(p.pool.narrow, p.user.SlowestBuffer())
		}
	}
}

func (l *Loop) holds(phase int) bool {
	return l.config.Scenario.Phases[phase].Executor == scenarios.HeldConnections
}

// begin starts a phase at the moment it was meant to, however late.
func (l *Loop) begin(c Begin) {
	if c.Phase < 0 || c.Phase >= len(l.phases) || l.phases[c.Phase].state != waiting {
		return
	}
	p := l.phases[c.Phase]
	if l.draining && c.At >= l.drainAt {
		return
	}
	p.state, p.begin = running, c.At
	l.sharePool(p)
	p.own.nextDial = p.begin + p.own.turn
	if p.spec.Executor != scenarios.HeldConnections {
		p.endAt = min(p.endAt, c.At+p.spec.Profile.Duration())
	}
	switch {
	case p.spec.Executor == scenarios.HeldConnections:
		l.beginHold(p)
	case p.user == nil:
		p.endAt = c.At
	case p.spec.Executor.Open():
		l.beginOpen(p)
	default:
		l.beginClosed(p)
	}
}

// beginOpen makes the schedule of this loop's share of arrivals.
func (l *Loop) beginOpen(p *phase) {
	seed := arrival.Mix(l.config.Seed, uint64(p.index))
	p.sched = arrival.New(p.spec.Profile, p.spec.Arrivals, seed, l.config.Share)
	for _, r := range l.reshare {
		p.sched.Reshare(r.From-p.begin, r.Share)
	}
	p.attends = newAttendance(p, l.config.Scenario, l.pace.tick)
	l.limitUsers(p)
}

// limitUsers takes the loop's part of max_vus. No run is planned with more loops
// than it has users; without a plan a loop still takes one, as 0 is any number.
func (l *Loop) limitUsers(p *phase) {
	if p.spec.MaxVUs > 0 {
		p.limit = max(int(l.share.Of(uint64(p.spec.MaxVUs))), 1)
	}
}

func (l *Loop) endPhase(c End) {
	if c.Phase >= 0 && c.Phase < len(l.phases) {
		p := l.phases[c.Phase]
		p.endAt = min(p.endAt, c.At)
	}
}

// finish moves phases on: to draining when their end has come, to done when
// nothing of theirs is open.
func (l *Loop) finish() {
	for _, p := range l.phases {
		if p.state == running && l.now >= p.endAt && !l.heldUp(p) && !l.issuable(p) {
			l.poller.flush()
			l.stopPhase(p)
		}
		if p.state == draining && l.drained(p) {
			p.state = done
			l.tell(Output{Phase: &PhaseEvent{Phase: p.index, State: Drained, At: l.now}})
		}
	}
}

// heldUp says whether a pause keeps the phase from its end.
func (l *Loop) heldUp(p *phase) bool { return l.standsStill(p.endAt) && !l.draining }

// stopPhase ends issuing: pauses are cut short, requests are not.
func (l *Loop) stopPhase(p *phase) {
	p.state = draining
	if l.isTight(p) {
		l.tight--
	}
	l.tell(Output{Phase: &PhaseEvent{Phase: p.index, State: Finished, At: p.endAt}})
	for i := range l.tasks.used {
		t := l.tasks.at(i)
		if int(t.phase) == p.index && (t.state == pausing || t.state == parked) {
			l.abort(i, t)
		}
	}
	if p.hold != nil {
		p.hold.stop()
	}
}

// drained says whether nothing of a stopped phase is open. Its connections stay while others
// use them.
func (l *Loop) drained(p *phase) bool {
	if p.iterations > 0 || p.inFlight > 0 || p.users > 0 {
		return false
	}
	if l.taken(p) {
		return false
	}
	l.closeIdle(p.own)
	return p.connections == p.parting && (p.hold == nil || p.hold.opening+p.hold.reopening == 0)
}

// taken says whether a running phase uses the connections of p.
func (l *Loop) taken(p *phase) bool {
	for _, taker := range p.own.takers {
		if taker != p && (taker.state == running || taker.state == draining) {
			return true
		}
	}
	return false
}
