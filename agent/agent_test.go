package agent

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/agent/internal/frame"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A scripted host holds the other end of an agent's socket.
type scripted struct {
	t    *testing.T
	conn net.Conn
	down *frame.Writer
	up   *frame.Reader
	err  chan error
}

// run starts an agent in this process. It has ended when the test has.
func run(t *testing.T, silence time.Duration) *scripted {
	t.Helper()
	ours, theirs := net.Pipe()
	h := &scripted{t: t, conn: ours, down: frame.NewWriter(ours), up: frame.NewReader(ours), err: make(chan error, 1)}
	go func() { h.err <- Run(context.Background(), Config{Conn: theirs, Version: "v1 test", Silence: silence}) }()
	t.Cleanup(func() { ours.Close() })
	return h
}

// end is how the agent ended.
func (h *scripted) end() error {
	h.t.Helper()
	select {
	case err := <-h.err:
		return err
	case <-time.After(within):
		h.t.Fatal("the agent goes on")
		return nil
	}
}

func TestAnAgentEndsWithItsHost(t *testing.T) {
	h := run(t, 0)
	h.conn.Close()
	if err := h.end(); !errors.Is(err, errHostGone) {
		t.Errorf("it ended with %v", err)
	}
}

func TestAnAgentThatIsToldNothingEnds(t *testing.T) {
	h := run(t, 20*time.Millisecond)
	if err := h.end(); !errors.Is(err, errHostGone) || !strings.Contains(err.Error(), "said nothing") {
		t.Errorf("it ended with %v", err)
	}
}

func TestAnAgentThatIsStoppedBeforeItHasAPartEnds(t *testing.T) {
	h := run(t, 0)
	if err := h.down.Write(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Stop{Stop: &loadctlpb.Stop{}}}); err != nil {
		t.Fatal(err)
	}
	if err := h.end(); err == nil {
		t.Error("it handed nothing in, and says that all is well")
	}
}

func TestBytesThatAreNoMessageEndIt(t *testing.T) {
	for name, bytes := range map[string]string{
		"a length beyond reason": "\xff\xff\xff\xff....",
		"no protobuf":            "\x00\x00\x00\x04\xff\xff\xff\xff",
		"half a message":         "\x00\x00\x00\x10abc",
	} {
		h := run(t, 0)
		_, _ = h.conn.Write([]byte(bytes))
		h.conn.Close()
		if err := h.end(); err == nil {
			t.Errorf("%s: it ended as if nothing was", name)
		}
	}
}

// TestAPartThatCannotBeRunIsSaid: the host has to know why.
func TestAPartThatCannotBeRunIsSaid(t *testing.T) {
	plan := []*loadctlpb.AgentPlan{{Name: "local-1", Loops: 1}}
	for name, c := range map[string]struct {
		prepare *loadctlpb.Prepare
		want    string
	}{
		"two plans":      {&loadctlpb.Prepare{Agents: append(plan, plan...)}, "2 agents for one process"},
		"too many loops": {&loadctlpb.Prepare{Agents: []*loadctlpb.AgentPlan{{Loops: 5000}}}, "at most 256"},
		"no scenario":    {&loadctlpb.Prepare{Agents: plan, File: "x.yaml", Source: []byte("version: 2")}, "x.yaml:1"},
	} {
		h := run(t, 0)
		if err := h.down.Write(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Prepare{Prepare: &loadctlpb.AgentPrepare{Prepare: c.prepare, CountersFd: 4000}}}); err != nil {
			t.Fatal(err)
		}
		m := &loadctlpb.AgentUp{}
		if err := h.up.Read(m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		hello := m.GetHello()
		if !strings.Contains(hello.GetFailed(), c.want) || hello.GetProtocol() != wire.Protocol || hello.GetVersion() != "v1 test" {
			t.Errorf("%s: it says %v, want %q", name, hello, c.want)
		}
		if err := h.end(); err == nil {
			t.Errorf("%s: it ended as if nothing was", name)
		}
	}
}
