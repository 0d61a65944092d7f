package host

import (
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
)

// hello introduces this host, on every stream anew.
func (h *host) hello() *loadctlpb.Hello {
	m := machine.Read()
	var reuse *uint32
	if m.TwReuse.Is == plan.Known {
		reuse = proto.Uint32(uint32(m.TwReuse.N))
	}
	return &loadctlpb.Hello{
		Protocol: wire.Protocol, Version: h.cfg.Version, RunId: h.cfg.RunID, Host: h.cfg.Name,
		Machine: &loadctlpb.Machine{
			Cores: uint32(m.Cores), MaxFiles: m.MaxFiles, MemoryBytes: m.Memory,
			PortLow: uint32(m.PortLow), PortHigh: uint32(m.PortHigh),
			Kernel: m.Kernel, Os: m.OS, Arch: m.Arch, TwReuse: reuse, ReservedPorts: m.Reserved,
		},
	}
}

// obey does what the coordinator says.
func (h *host) obey(o order) {
	switch m := o.GetMessage().(type) {
	case *loadctlpb.SessionResponse_Prepare:
		if err := h.prepare(m.Prepare); err != nil {
			h.cannotPrepare(err)
		}
	case *loadctlpb.SessionResponse_Start:
		h.start(m.Start.GetEpochMonotonic())
	case *loadctlpb.SessionResponse_Begin:
		h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Begin{Begin: m.Begin}})
	case *loadctlpb.SessionResponse_End:
		h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_End{End: m.End}})
	case *loadctlpb.SessionResponse_Reshare:
		h.reshare(m.Reshare)
	case *loadctlpb.SessionResponse_Pause:
		h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Pause{Pause: m.Pause}})
	case *loadctlpb.SessionResponse_Drain:
		h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Drain{Drain: m.Drain}})
	case *loadctlpb.SessionResponse_Readdress:
		h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Readdress{Readdress: m.Readdress}})
	case *loadctlpb.SessionResponse_Stop:
		h.stop(m.Stop.GetReason())
		h.finish()
	}
}

func (h *host) relay(m *loadctlpb.AgentDown) {
	for _, c := range h.children {
		c.say(m)
	}
}

// prepare starts the agents and tells each its part.
func (h *host) prepare(p *loadctlpb.Prepare) error {
	if h.scenario != nil {
		return errors.New("prepared twice")
	}
	if len(p.GetAgents()) == 0 {
		return errors.New("no agents to start")
	}
	s, err := scenarios.Parse(p.GetFile(), p.GetSource(), wire.DecodeOptions(p))
	if err != nil {
		return fmt.Errorf("the scenario: %w", err)
	}
	h.scenario = s
	h.lostAfter(time.Duration(p.GetLostAfterNs()))
	h.prepareBy = time.Now().Add(h.cfg.PrepareWithin)
	for i, plan := range p.GetAgents() {
		if err := h.startAgent(i, plan, p); err != nil {
			return fmt.Errorf("starting agent %s: %w", plan.GetName(), err)
		}
	}
	h.log.Info("agents started", "agents", len(h.children))
	return nil
}

func (h *host) lostAfter(said time.Duration) {
	if h.watch.Lost <= 0 {
		h.watch.Lost = said
	}
	if h.watch.Lost <= 0 {
		h.watch.Lost = defaultLostAfter
	}
}

func (h *host) startAgent(id int, plan *loadctlpb.AgentPlan, p *loadctlpb.Prepare) error {
	c, err := launch(h.cfg.AgentCommand(), id, plan, h.scenario.Layout.CounterWords(), runtimeOf(plan, len(p.GetAgents()), os.LookupEnv))
	if err != nil {
		return err
	}
	h.children = append(h.children, c)
	h.windows.Join(id)
	h.phases.Join(id)
	part := proto.CloneOf(p)
	part.Agents = []*loadctlpb.AgentPlan{plan}
	c.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Prepare{Prepare: &loadctlpb.AgentPrepare{
		Prepare: part, CountersFd: countersFD,
	}}})
	go c.run(h.events, h.cfg.StopWithin) // its last event is taken before Run returns
	return nil
}

// cannotPrepare says why, and ends the agents that did start.
func (h *host) cannotPrepare(why error) {
	h.prepareBy = time.Time{}
	h.log.Warn("cannot prepare", "why", why)
	h.box.insist(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Ready{Ready: &loadctlpb.Ready{Failed: why.Error()}}})
	h.stop(why.Error())
}

// answerReady says that every agent is ready, once they are.
func (h *host) answerReady() {
	started := make([]*loadctlpb.AgentStarted, len(h.children))
	for i, c := range h.children {
		if !c.ready {
			return
		}
		started[i] = &loadctlpb.AgentStarted{Name: c.plan.GetName(), Pid: int32(c.total.PID)}
	}
	h.ready, h.prepareBy = true, time.Time{}
	h.box.insist(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Ready{Ready: &loadctlpb.Ready{Agents: started}}})
}

// start fixes the epoch on the clock that all processes of this machine share and
// nobody sets.
func (h *host) start(epoch int64) {
	h.epoch = epoch
	h.meter.Read() // what it reads next is since now
	h.box.insist(nil)
	h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Start{Start: &loadctlpb.AgentStart{EpochMonotonic: h.epoch}}})
}

func (h *host) reshare(m *loadctlpb.Reshare) {
	for _, plan := range m.GetAgents() {
		for _, c := range h.children {
			if c.plan.GetName() != plan.GetName() {
				continue
			}
			c.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Reshare{Reshare: &loadctlpb.Reshare{
				From: m.GetFrom(), Agents: []*loadctlpb.AgentPlan{plan},
			}}})
		}
	}
}

// stop ends every agent; those that take too long are killed.
func (h *host) stop(why string) {
	if h.stopping {
		return
	}
	h.stopping, h.killAt = true, time.Now().Add(h.cfg.StopWithin)
	h.relay(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Stop{Stop: &loadctlpb.Stop{Reason: why}}})
}

func (h *host) killAll(why string) {
	for _, c := range h.children {
		c.kill(why)
	}
}
