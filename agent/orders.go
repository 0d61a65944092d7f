package agent

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/loadctl/loadctl/agent/internal/pulse"
	"github.com/loadctl/loadctl/agent/loop"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// order passes an order of the host on to the loops. An order that makes no sense
// is an error: going on would run another load than the others believe.
func (l *load) order(m *loadctlpb.AgentDown) error {
	switch m := m.GetMessage().(type) {
	case *loadctlpb.AgentDown_Beat:
	case *loadctlpb.AgentDown_Start:
		l.begin(m.Start.GetEpochMonotonic())
		l.clock.begin(l.epoch)
		l.do(loop.Start{Epoch: m.Start.GetEpochMonotonic()})
	case *loadctlpb.AgentDown_Begin:
		return l.onPhase(m.Begin.GetPhase(), func(phase int) loop.Command {
			return loop.Begin{Phase: phase, At: stats.Offset(m.Begin.GetAt())}
		})
	case *loadctlpb.AgentDown_End:
		return l.onPhase(m.End.GetPhase(), func(phase int) loop.Command {
			return loop.End{Phase: phase, At: stats.Offset(m.End.GetAt())}
		})
	case *loadctlpb.AgentDown_Reshare:
		return l.reshare(m.Reshare)
	case *loadctlpb.AgentDown_Pause:
		l.do(loop.Pause{Paused: m.Pause.GetPaused(), At: stats.Offset(m.Pause.GetAt())})
	case *loadctlpb.AgentDown_Drain:
		l.do(loop.Drain{At: stats.Offset(m.Drain.GetAt()), Deadline: stats.Offset(m.Drain.GetDeadline())})
	case *loadctlpb.AgentDown_Readdress:
		return l.readdress(m.Readdress)
	case *loadctlpb.AgentDown_Stop:
		l.stop()
	default:
		return fmt.Errorf("an order this agent does not know: %T", m)
	}
	return nil
}

// begin notes when the load begins, and watches from then on how this process is served.
func (l *load) begin(epoch int64) {
	l.epoch = epoch
	if l.pulse == nil {
		l.pulse = pulse.Start(epoch)
	}
}

func (l *load) onPhase(phase uint32, command func(int) loop.Command) error {
	if int(phase) >= len(l.scenario.Layout.Phases) {
		return fmt.Errorf("an order for phase %d of %d", phase, len(l.scenario.Layout.Phases))
	}
	l.do(command(int(phase)))
	return nil
}

// reshare gives every loop its part of the agent's new share. Splitting goes slot
// by slot, so what a loop had before stays with it.
func (l *load) reshare(m *loadctlpb.Reshare) error {
	for _, plan := range m.GetAgents() {
		if plan.GetName() != l.name {
			continue
		}
		share, err := wire.DecodeShare(plan.GetShare())
		if err != nil {
			return err
		}
		for i, part := range share.Split(len(l.loops)) {
			l.loops[i].Do(loop.Reshare{From: stats.Offset(m.GetFrom()), Share: part})
		}
	}
	return nil
}

// readdress sends new connections to other addresses.
func (l *load) readdress(m *loadctlpb.Readdress) error {
	addrs, err := each(m.GetAddresses(), netip.ParseAddrPort)
	if err != nil {
		return fmt.Errorf("readdress: %w", err)
	}
	if len(addrs) == 0 {
		return errors.New("readdress: no address")
	}
	l.do(loop.Readdress{Addrs: addrs})
	return nil
}
