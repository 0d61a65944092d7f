package coordinator

import (
	"fmt"

	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

func (d *driver) phaseEvent(l *link, e *loadctlpb.PhaseEvent) {
	name, phase, at := l.host.Name(), int(e.GetPhase()), stats.Offset(e.GetAt())
	switch e.GetState() {
	case "connected":
		d.step(run.Connected{Host: name, Phase: phase, At: at})
	case "drained":
		d.step(run.Drained{Host: name, Phase: phase, At: at})
	case "broken":
		d.step(run.Broken{Text: fmt.Sprintf("the target closed a held connection of phase %s (on_close: abort)", d.phaseName(phase))})
	}
}

func (d *driver) phaseName(i int) string {
	if i < 0 || i >= len(d.cfg.Scenario.Phases) {
		return fmt.Sprint(i)
	}
	return d.cfg.Scenario.Phases[i].Name
}

// agentLost takes the loss of one agent, which its host found out. What the
// agent had counted and not reported comes with it.
func (d *driver) agentLost(l *link, m *loadctlpb.AgentLost) {
	name := l.host.Name()
	loss, err := wire.DecodeAgentLost(m, d.cfg.Scenario.Layout)
	if err != nil {
		d.changes(d.fleet.LoseHost(name, "its news of a lost agent cannot be read: "+err.Error()))
		return
	}
	if a := d.fleet.Agent(loss.Agent); a == nil || a.Host != name {
		d.say(stats.Severe, "agent", fmt.Sprintf("host %s lost an agent it does not have: %s", name, loss.Agent))
		return
	}
	found := d.fleet.LoseAgent(loss.Agent, loss.Why)
	if len(found) == 0 {
		return
	}
	d.book.lost(name, loss)
	d.tell(stats.Update{Lost: loss})
	d.changes(found)
}

// notice takes an event of a host. One of kind abort ends the run. Every loop notes
// the same of itself, and once is enough to read.
func (d *driver) notice(m *loadctlpb.Notice) {
	e := wire.DecodeNotice(m)
	if e.Kind == "note" {
		if d.noted[e.Text] {
			return
		}
		if d.noted == nil {
			d.noted = map[string]bool{}
		}
		d.noted[e.Text] = true
	}
	d.tell(stats.Update{Event: &e})
	if e.Kind == "abort" {
		d.step(run.Broken{Text: e.Text})
	}
}

func (d *driver) hostFinished(l *link, m *loadctlpb.Finished) {
	name := l.host.Name()
	d.lastWord(l, m)
	l.finished = true
	d.fleet.Finish(name)
	d.step(run.Finished{Host: name})
}

// lastWord takes what a host says of itself when all its agents have ended.
func (d *driver) lastWord(l *link, m *loadctlpb.Finished) {
	agents, host := wire.DecodeFinished(m, l.host.Name())
	d.usage.finished(agents, host)
}
