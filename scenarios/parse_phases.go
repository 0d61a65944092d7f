package scenarios

import (
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A phaseDraft is a phase whose references to other phases are still names.
type phaseDraft struct {
	phase   Phase
	object  *object
	enabled bool
	start   *object
}

var executors = []string{
	"constant-vus", "ramping-vus", "constant-arrival-rate", "ramping-arrival-rate", "held-connections",
}

// anyPhase are the keys of every phase, executorKeys those of each executor.
const anyPhase = "name enabled executor user start record "

var executorKeys = [...]string{
	ConstantVUs:         "vus duration pool",
	RampingVUs:          "vus stages pool",
	ConstantArrivalRate: "rate duration max_vus max_lag arrivals over pool",
	RampingArrivalRate:  "start_rate stages max_vus max_lag arrivals over pool",
	HeldConnections:     "connections connect_rate hold heartbeat on_close",
}

// readPhases reads all phases, then what they say of each other, and keeps the
// enabled ones.
func (p *parser) readPhases(top *object) {
	at := top.require("phases")
	for _, item := range p.list(at, "phases") {
		p.phases = append(p.phases, p.phase(item))
	}
	p.uniquePhases()
	var kept []int
	for i := range p.phases {
		if p.phases[i].enabled {
			kept = append(kept, i)
		}
	}
	if at != nil && at.Kind == sequenceNode && len(kept) == 0 {
		p.wrong(at, "phases has no phase that is enabled")
	}
	for _, i := range kept {
		p.references(&p.phases[i])
	}
	for _, i := range kept {
		p.s.Phases = append(p.s.Phases, p.phases[i].phase)
	}
	p.order(kept)
}

func (p *parser) uniquePhases() {
	for i := range p.phases {
		name := p.phases[i].phase.Name
		again := slices.ContainsFunc(p.phases[:i], func(d phaseDraft) bool { return d.phase.Name == name })
		if again && name != "" {
			p.wrong(p.phases[i].object.get("name"), "two phases have the name %q", name)
		}
	}
}

func (p *parser) phase(n *node) phaseDraft {
	o := p.object(n, "phase", grammar.phase)
	d := phaseDraft{object: o, enabled: true}
	d.phase = Phase{User: -1, Record: true, Over: -1, HeartbeatCell: -1, Start: Start{With: -1}}
	ph := &d.phase
	if at := o.require("name"); at != nil {
		o.text("name", &ph.Name)
		p.goodName(at, "phase", ph.Name)
	}
	o.flag("enabled", &d.enabled)
	o.flag("record", &ph.Record)
	d.start = p.object(o.get("start"), "start", grammar.start)
	if p.executor(o, ph) {
		p.phaseUser(o, ph)
		p.phaseLoad(o, ph)
		p.phasePool(o, ph)
	}
	return d
}

// executor reads how a phase makes load, and refuses keys of the others.
func (p *parser) executor(o *object, ph *Phase) bool {
	at := o.require("executor")
	if at == nil {
		return false
	}
	if at.Value == "capacity-search" {
		p.hinted(at, "loadctl capacity FILE searches, and takes the file's slo:", "there is no executor capacity-search")
		return false
	}
	kind := -1
	o.choice("executor", executors, &kind)
	if kind < 0 {
		return false
	}
	ph.Executor = Executor(kind)
	allowed := strings.Fields(anyPhase + executorKeys[kind])
	known := strings.Fields(grammar.phase.known)
	for _, e := range o.Entries {
		if slices.Contains(known, e.Name) && !slices.Contains(allowed, e.Name) {
			p.wrong(e.Key, "%q means nothing for %s, which has %s", e.Name, executors[kind],
				strings.ReplaceAll(executorKeys[kind], " ", ", "))
		}
	}
	return true
}

func (p *parser) phaseUser(o *object, ph *Phase) {
	at := o.get("user")
	if at == nil {
		if ph.Executor != HeldConnections {
			p.onlyUser(o, ph)
		}
		return
	}
	name, ok := p.text(at, "user")
	if !ok {
		return
	}
	ph.User = slices.IndexFunc(p.s.Users, func(u User) bool { return u.Name == name })
	if ph.User < 0 {
		p.unknown(at, "user", name, p.userNames())
	}
}

// onlyUser takes the one user there is; with several the phase must say which.
func (p *parser) onlyUser(o *object, ph *Phase) {
	if len(p.s.Users) == 1 {
		ph.User = 0
		return
	}
	o.require("user")
}

func (p *parser) userNames() []string {
	var names []string
	for i := range p.s.Users {
		names = append(names, p.s.Users[i].Name)
	}
	return names
}

// phaseLoad reads how much load a phase makes.
func (p *parser) phaseLoad(o *object, ph *Phase) {
	ph.MaxLag = p.s.HTTP.Timeout
	p.before = p.mistakes()
	switch ph.Executor {
	case ConstantVUs:
		vus := 0
		o.require("vus")
		o.count("vus", 1, &vus)
		p.level(o, ph, float64(vus))
	case RampingVUs:
		vus := 0
		o.count("vus", 0, &vus)
		p.stages(o, ph, float64(vus), false)
	case ConstantArrivalRate:
		rate := 0.0
		if at := o.require("rate"); at != nil {
			o.rate("rate", &rate)
		}
		p.level(o, ph, rate)
		p.open(o, ph)
	case RampingArrivalRate:
		rate := 0.0
		o.rate("start_rate", &rate)
		p.stages(o, ph, rate, true)
		p.open(o, ph)
	case HeldConnections:
		p.held(o, ph)
	}
}

func (p *parser) level(o *object, ph *Phase, height float64) {
	var d time.Duration
	o.require("duration")
	o.duration("duration", 1, &d)
	ph.Profile = arrival.Profile{{From: height, To: height, Duration: d}}
	p.someLoad(o, ph)
}

// stages reads {target, duration} one after another; each moves from where the one
// before it ended.
func (p *parser) stages(o *object, ph *Phase, from float64, rates bool) {
	at := o.require("stages")
	for _, item := range p.list(at, "stages") {
		so := p.object(item, "stage", grammar.stage)
		to, vus := from, 0
		var d time.Duration
		so.require("target")
		so.require("duration")
		so.duration("duration", 1, &d)
		if rates {
			so.rate("target", &to)
		} else if so.has("target") {
			so.count("target", 0, &vus)
			to = float64(vus)
		}
		ph.Profile = append(ph.Profile, arrival.Stage{From: from, To: to, Duration: d})
		from = to
	}
	if at != nil && at.Kind == sequenceNode && len(at.Content) == 0 {
		p.wrong(at, "stages has no stage")
	}
	p.someLoad(o, ph)
}

// someLoad notes a phase that would do nothing, or never end.
func (p *parser) someLoad(o *object, ph *Phase) {
	switch {
	case p.mistakes() > p.before || len(o.Meant) > 0: // what was refused may have been its load
	case ph.Profile.Peak() == 0:
		p.wrong(o.Node, "phase %s makes no load: its rate is 0 throughout", ph.Name)
	case ph.Executor.Open() && ph.Profile.Count() == 0:
		p.wrong(o.Node, "phase %s is over before its first arrival", ph.Name)
	case ph.Profile.Duration() > maxDuration:
		p.wrong(o.Node, "phase %s lasts longer than %v", ph.Name, maxDuration)
	}
}

func (p *parser) open(o *object, ph *Phase) {
	law := int(arrival.Poisson)
	o.choice("arrivals", []string{"poisson", "uniform"}, &law)
	ph.Arrivals = arrival.Law(law)
	o.count("max_vus", 1, &ph.MaxVUs)
	o.duration("max_lag", 1, &ph.MaxLag)
}
