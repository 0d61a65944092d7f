package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/loadctl/loadctl/agent"
	"github.com/loadctl/loadctl/agent/internal/counters"
	"github.com/loadctl/loadctl/agent/internal/frame"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// agentKind is the variable that makes this binary an agent of a kind.
const agentKind = "LOADCTL_HOST_TEST_AGENT"

// Kinds of agents. All but real are fake: they do what orders say, when they say it,
// and no request.
const (
	plain    = "plain"
	real     = "real"     // agent.Run
	old      = "old"      // of another version
	unable   = "unable"   // cannot prepare
	broken   = "broken"   // ends before it says a word
	mute     = "mute"     // never ready
	deaf     = "deaf"     // does not stop
	garbage  = "garbage"  // sends what is no message once it is to begin
	nonsense = "nonsense" // tells every window twice
)

func agentMain(kind string) int {
	conn, err := agent.Inherited(socketFD)
	if err == nil && kind == real {
		err = agent.Run(context.Background(), agent.Config{Conn: conn, Version: version})
	} else if err == nil {
		err = (&fakeAgent{kind: kind, conn: conn}).run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

// A fakeAgent takes orders as cues: Begin measures a window and reports it, End
// counts what is never reported, Drain ends it.
type fakeAgent struct {
	kind string
	conn net.Conn
	up   *frame.Writer
	name string
	rec  *stats.Recorder
}

var errEnough = errors.New("nothing more to do")

func (a *fakeAgent) run() error {
	if a.kind == broken {
		return errors.New("no such luck")
	}
	a.up = frame.NewWriter(a.conn)
	r := frame.NewReader(a.conn)
	for {
		m := &loadctlpb.AgentDown{}
		if err := r.Read(m); err != nil {
			return fmt.Errorf("the host is gone: %w", err)
		}
		if err := a.obey(m); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (a *fakeAgent) obey(m *loadctlpb.AgentDown) error {
	switch m := m.GetMessage().(type) {
	case *loadctlpb.AgentDown_Prepare:
		return a.prepare(m.Prepare)
	case *loadctlpb.AgentDown_Begin:
		return a.measure(m.Begin.GetAt() / int64(time.Second))
	case *loadctlpb.AgentDown_End:
		a.count(unreported, unreportedOK)
		return a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_PhaseEvent{PhaseEvent: &loadctlpb.PhaseEvent{
			Phase: m.End.GetPhase(), State: "finished", At: m.End.GetAt(),
		}}})
	case *loadctlpb.AgentDown_Reshare:
		return a.notice(fmt.Sprintf("%s reshared, %d slots", a.name, len(m.Reshare.GetAgents()[0].GetShare())))
	case *loadctlpb.AgentDown_Pause:
		return a.notice(fmt.Sprintf("%s paused %t", a.name, m.Pause.GetPaused()))
	case *loadctlpb.AgentDown_Drain:
		return a.finish()
	case *loadctlpb.AgentDown_Stop:
		if a.kind != deaf {
			return a.finish()
		}
	}
	return nil
}

func (a *fakeAgent) prepare(m *loadctlpb.AgentPrepare) error {
	p := m.GetPrepare()
	a.name = p.GetAgents()[0].GetName()
	s, err := scenarios.Parse(p.GetFile(), p.GetSource(), scenarios.Options{})
	if err != nil {
		return err
	}
	block, err := counters.Map(os.NewFile(uintptr(m.GetCountersFd()), "counters"), s.Layout.CounterWords())
	if err != nil {
		return err
	}
	a.rec = stats.NewRecorder(s.Layout, block.Split(1)[0])
	h := &loadctlpb.AgentHello{Protocol: wire.Protocol, Version: version}
	switch a.kind {
	case mute:
		return nil
	case old:
		h.Version = "v-old"
	case unable:
		h.Failed = "out of memory"
	}
	return a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Hello{Hello: h}})
}

// What a fake agent does in each window, and after an End.
const (
	perWindow    = 10
	unreported   = 5
	unreportedOK = 2
)

func (a *fakeAgent) count(intended, ok int) {
	for range intended {
		a.rec.Intend(0)
	}
	for range ok {
		a.rec.Record(&stats.Sample{Class: stats.OK, Status: 200, Done: time.Millisecond})
	}
}

func (a *fakeAgent) measure(window int64) error {
	if a.kind == garbage {
		_, err := a.conn.Write([]byte{0xff, 0xff, 0xff, 0xff})
		return err
	}
	a.count(perWindow, perWindow)
	s := a.rec.Cut(window)
	m := &loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Report{Report: &loadctlpb.AgentReport{
		Snapshot: wire.EncodeSnapshot(s),
		Health:   wire.EncodeAgentWindow(&stats.AgentWindow{Name: a.name, Requests: perWindow}),
	}}}
	if a.kind == nonsense {
		return errors.Join(a.say(m), a.say(m))
	}
	return a.say(m)
}

func (a *fakeAgent) notice(text string) error {
	n := wire.EncodeNotice(0, &stats.Event{Kind: "agent", Text: text})
	return a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Notice{Notice: n}})
}

func (a *fakeAgent) finish() error {
	total := wire.EncodeAgentTotal(&stats.AgentTotal{Name: a.name, PID: os.Getpid()})
	if err := a.say(&loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Done{Done: &loadctlpb.AgentDone{Usage: total}}}); err != nil {
		return err
	}
	return errEnough
}

func (a *fakeAgent) say(m *loadctlpb.AgentUp) error { return a.up.Write(m) }
