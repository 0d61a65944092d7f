package coordinator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

func (c *Config) pacing() string { return cmp.Or(c.Pacing, "auto") }

func (c *Config) tick() time.Duration { return cmp.Or(c.Tick, time.Millisecond) }

func (c *Config) agentLost() time.Duration { return cmp.Or(c.Timing.AgentLost, 6*time.Second) }

// tell grows the run by an update and passes it on. What happens before the
// run has begun waits for it, so that Started comes first.
func (d *driver) tell(u stats.Update) {
	if d.run.Layout == nil && u.Started == nil {
		d.early = append(d.early, u)
		return
	}
	d.run.Apply(u)
	d.cfg.Sink(u)
	if u.Started == nil {
		return
	}
	for _, e := range d.early {
		d.run.Apply(e)
		d.cfg.Sink(e)
	}
	d.early = nil
}

func (d *driver) say(level stats.Level, kind, text string) {
	d.tell(stats.Update{Event: &stats.Event{At: d.machine.Offset(d.now()), Level: level, Kind: kind, Text: text}})
}

// began writes down what the run is.
func (d *driver) began(epoch time.Time) {
	d.tell(stats.Update{Started: &stats.Started{Info: d.info(epoch), Layout: d.cfg.Scenario.Layout, Agents: d.agents()}})
	for _, w := range slices.Concat(d.cfg.Scenario.Warnings, d.cfg.Warnings) {
		d.say(stats.Warning, "note", w)
	}
	for _, f := range d.cfg.Faults {
		d.say(stats.Warning, "note", fmt.Sprintf("on purpose wrong in this run: %s", f))
	}
	for _, a := range d.aim.Silent {
		d.say(stats.Warning, "note", fmt.Sprintf("the target does not answer at %s, an address of its name: it is left out", a))
	}
	worst := time.Duration(0)
	for _, l := range d.links {
		worst = max(worst, l.clock.WorstApart())
	}
	d.say(stats.Informative, "agent", fmt.Sprintf("%d agents on %d hosts start together within %s", len(d.fleet.Agents()), len(d.links), worst.Round(time.Microsecond)))
}

// apart is how far seconds of hosts may lie from the run's now. Those of a single
// host are the run's.
func (d *driver) apart() (worst time.Duration) {
	if len(d.links) < 2 {
		return 0
	}
	for _, l := range d.links {
		if d.fleet.Host(l.host.Name()).State != fleet.Lost {
			worst = max(worst, l.clock.Apart(d.now()))
		}
	}
	return worst
}

func (d *driver) agents() []stats.AgentTotal {
	all := make([]stats.AgentTotal, 0, len(d.fleet.Agents()))
	for _, a := range d.fleet.Agents() {
		all = append(all, stats.AgentTotal{Name: a.Name, Host: a.Host, PID: d.usage.pids[a.Name], LostAt: stats.Never})
	}
	return all
}

func (d *driver) info(epoch time.Time) stats.Info {
	c, s := d.cfg, d.cfg.Scenario
	sum := sha256.Sum256(s.Source)
	return stats.Info{
		RunID: c.RunID, Scenario: s.Name, File: c.File, Source: s.Source, SHA256: hex.EncodeToString(sum[:]),
		Description: s.Description, Tags: s.Tags, Tool: c.Version, Args: c.Args,
		Started: epoch, Planned: s.PlannedDuration(), Target: c.baseURL(), Seed: c.Seed,
		Model: s.Model(), Arrivals: arrivalsOf(s), Rate: s.PeakRate(), Requests: plan.Asked(s), Ceiling: c.Ceiling, Asked: s.ConnectionsAsked(),
		Timeout: s.HTTP.Timeout, SmallestSLO: s.SmallestResponseLimit(), Beat: s.Beat(), Machine: d.describe(),
		Idle: s.Idle(), Pacing: c.pacing(), Tick: c.tick(), OnLoss: onLoss(s.Agents.OnLoss), AgentsMin: s.Agents.Min,
	}
}

// arrivalsOf is the law of the recorded open phases, "" if there are none.
func arrivalsOf(s *scenarios.Scenario) string {
	law := ""
	for i := range s.Phases {
		p := &s.Phases[i]
		if !p.Executor.Open() || !p.Record {
			continue
		}
		name := "poisson"
		if p.Arrivals == arrival.Uniform {
			name = "uniform"
		}
		if law != "" && law != name {
			return "poisson+uniform"
		}
		law = name
	}
	return law
}

func onLoss(p scenarios.OnLoss) string {
	switch p {
	case scenarios.Degrade:
		return "degrade"
	case scenarios.Redistribute:
		return "redistribute"
	}
	return "fail"
}

// finish judges a run that is over and closes its record.
func (d *driver) finish() (stats.Result, error) {
	outcome := d.machine.Outcome()
	if d.run.Layout == nil { // it never began: there is no record to close
		return d.neverBegan(outcome)
	}
	d.endWatch()
	d.tellLate()
	d.nameFound()
	if n := d.counted.finish(d.watching.asked()); n != nil {
		d.tell(stats.Update{Counted: n})
	}
	d.tell(stats.Update{Verdicts: stats.JudgeAll(d.cfg.Scenario.Thresholds, &d.run)})
	d.tell(stats.Update{State: &stats.State{Name: run.Done.String()}})
	result := outcome.Result(d.run.Verdicts, d.run.Validity, d.ended)
	d.tell(stats.Update{Ended: &stats.Ended{
		Result: result, Agents: d.usage.totals(d.run.Agents), Hosts: d.hosts(), Self: self(),
	}})
	if outcome.Failed != "" {
		return result, errors.New(outcome.Failed)
	}
	return result, nil
}

// A Reconnecter is a Host whose connection may break and be made again; Reconnects is how often it was.
type Reconnecter interface{ Reconnects() int }

// hosts are all that took part, with what became of them.
func (d *driver) hosts() (all []stats.Usage) {
	for _, l := range d.links {
		if !l.joined {
			continue
		}
		u, m := d.usage.of(l.host.Name()), l.machine
		u.ClockAhead, u.Apart = l.clock.Wall(), l.clock.WorstApart()
		u.Machine = stats.Machine{
			OS: m.GetOs(), Arch: m.GetArch(), Kernel: m.GetKernel(), Version: l.version, Cores: uint64(m.GetCores()), Memory: m.GetMemoryBytes(),
		}
		u.Streams = max(l.streams-1, 0)
		if r, ok := l.host.(Reconnecter); ok {
			u.Connections = r.Reconnects()
		}
		if h := d.fleet.Host(l.host.Name()); h.State == fleet.Lost {
			u.Lost, u.LostAt = h.Why, l.lostAt
		}
		all = append(all, u)
	}
	return all
}

func (d *driver) neverBegan(o run.Outcome) (stats.Result, error) {
	switch {
	case d.refused != nil && !o.Interrupted:
		return neverBegan(d.refused), d.refused
	case o.Failed != "" && !o.Interrupted:
		err := errors.New(o.Failed)
		return neverBegan(err), err
	}
	return o.Result(nil, stats.Validity{}, 0), nil
}

// tellLate says what was kept apart of hosts that had been given up.
func (d *driver) tellLate() {
	for _, l := range d.links {
		if l.late.windows > 0 {
			d.say(stats.Warning, "agent", fmt.Sprintf("host %s handed in %d windows with %d requests after it was given up: kept apart, in no figure",
				l.host.Name(), l.late.windows, l.late.requests))
		}
	}
}
