package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

const version = "v-test"

const scenarioText = `version: 1
name: t
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 40/s, duration: 1s, arrivals: uniform}
`

// within is how long anything may take before a test gives up: it says nothing
// about how long things take.
const within = 30 * time.Second

// A world is a host under test with a scripted coordinator.
type world struct {
	loadctlpb.UnimplementedCoordinatorServiceServer
	t        *testing.T
	cfg      Config
	cancel   context.CancelFunc
	sessions chan *session
	ended    chan struct{}
	err      error // of Run, once ended

	seq      uint64 // order given last
	scenario *scenarios.Scenario
	agents   []*loadctlpb.AgentStarted
}

// begin runs a host whose agents are of a kind. Whatever the test does, the host
// must end, and leave no agent behind.
func begin(t *testing.T, kind string, change ...func(*Config)) *world {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	w := &world{t: t, sessions: make(chan *session, 64), ended: make(chan struct{})}
	w.cfg = Config{
		Coordinator: "coordinator", RunID: "r1", Name: "a", Version: version, Silence: 4 * within,
		AgentCommand: agentCommand(kind),
		Dial: []grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		},
	}
	for _, f := range change {
		f(&w.cfg)
	}
	w.serve(lis)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go func() { w.err = Run(ctx, w.cfg); close(w.ended) }()
	t.Cleanup(w.nothingIsLeft)
	return w
}

func agentCommand(kind string) func() *exec.Cmd {
	return func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), agentKind+"="+kind)
		return c
	}
}

func (w *world) serve(lis net.Listener) {
	server := grpc.NewServer()
	loadctlpb.RegisterCoordinatorServiceServer(server, w)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(lis) })
	w.t.Cleanup(func() { server.Stop(); serving.Wait() })
}

func (w *world) nothingIsLeft() {
	w.cancel()
	w.wait()
	for _, a := range w.agents {
		if err := syscall.Kill(int(a.GetPid()), 0); !errors.Is(err, syscall.ESRCH) {
			w.t.Errorf("agent %s outlives its host", a.GetName())
		}
	}
}

// wait gives how the host ended.
func (w *world) wait() error {
	w.t.Helper()
	select {
	case <-w.ended:
		return w.err
	case <-time.After(within):
		w.t.Fatal("the host does not end")
		return nil
	}
}

// wantEnd expects an end for a reason, "" for one in order.
func (w *world) wantEnd(reason string) {
	w.t.Helper()
	err := w.wait()
	if reason == "" && err != nil || reason != "" && (err == nil || !strings.Contains(err.Error(), reason)) {
		w.t.Errorf("the host ended with %v, want %q", err, reason)
	}
}

type serverStream = grpc.BidiStreamingServer[loadctlpb.SessionRequest, loadctlpb.SessionResponse]

// A session is one stream of the host, as the coordinator sees it.
type session struct {
	w     *world
	st    serverStream
	hello *loadctlpb.Hello
	heard chan *loadctlpb.SessionRequest // closed with the stream
	end   chan struct{}
}

// Session hands a stream to the test, and keeps it until either side ends it.
func (w *world) Session(st serverStream) error {
	first, err := st.Recv()
	if err != nil {
		return err
	}
	s := &session{w: w, st: st, hello: first.GetHello(),
		heard: make(chan *loadctlpb.SessionRequest, 1024), end: make(chan struct{})}
	w.sessions <- s
	go s.read() // ends with the stream
	select {
	case <-s.end:
	case <-st.Context().Done():
	}
	return nil
}

func (s *session) read() {
	defer close(s.heard)
	for {
		m, err := s.st.Recv()
		if err != nil {
			return
		}
		s.heard <- m
	}
}

// session waits for the host to dial.
func (w *world) session() *session {
	w.t.Helper()
	select {
	case s := <-w.sessions:
		return s
	case <-time.After(within):
		w.t.Fatal("the host does not dial")
		return nil
	}
}

// welcome waits for the host to dial, and takes it in, having everything up to acked.
func (w *world) welcome(acked uint64) *session {
	w.t.Helper()
	s := w.session()
	s.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Welcome{Welcome: &loadctlpb.Welcome{
		Protocol: wire.Protocol, Version: version, AckedSeq: acked,
	}}})
	return s
}

func (s *session) send(m *loadctlpb.SessionResponse) {
	s.w.t.Helper()
	if err := s.st.Send(m); err != nil {
		s.w.t.Fatal(err)
	}
}

func (s *session) hangUp() { close(s.end) }

// order sends the next order.
func (s *session) order(m *loadctlpb.SessionResponse) {
	s.w.t.Helper()
	s.w.seq++
	m.Seq = s.w.seq
	s.send(m)
}

// next is what the host says next, but for pongs.
func (s *session) next() *loadctlpb.SessionRequest {
	s.w.t.Helper()
	m, ok := s.nextOrEnd()
	if !ok {
		s.w.t.Fatal("the stream ended")
	}
	return m
}

func (s *session) nextOrEnd() (m *loadctlpb.SessionRequest, ok bool) {
	s.w.t.Helper()
	for {
		select {
		case m, ok = <-s.heard:
		case <-time.After(within):
			s.w.t.Fatal("the host says nothing")
		}
		if !ok || m.GetPong() == nil {
			return m, ok
		}
	}
}

// expect is the next message of a kind; what is between is dropped.
func expect[M any](s *session) M {
	s.w.t.Helper()
	for {
		if m, ok := s.next().GetMessage().(M); ok {
			return m
		}
	}
}

func (s *session) ready() *loadctlpb.Ready {
	s.w.t.Helper()
	r := expect[*loadctlpb.SessionRequest_Ready](s).Ready
	s.w.agents = r.GetAgents()
	return r
}

// window is the next report, decoded.
func (s *session) window() (uint64, *stats.Snapshot, []stats.AgentWindow) {
	s.w.t.Helper()
	m := expect[*loadctlpb.SessionRequest_Report](s).Report
	merged, agents, err := wire.DecodeReport(m, "a", s.w.scenario.Layout)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return m.GetSeq(), merged, agents
}

func (s *session) finished() []stats.AgentTotal {
	s.w.t.Helper()
	m := expect[*loadctlpb.SessionRequest_Finished](s).Finished
	agents, _ := wire.DecodeFinished(m, "a")
	s.ack(m.GetSeq())
	return agents
}

func (s *session) ack(seq uint64) {
	s.w.t.Helper()
	s.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Ack{Ack: &loadctlpb.Ack{Seq: seq}}})
}

// Orders.

func prepare(agents int) *loadctlpb.Prepare {
	p := &loadctlpb.Prepare{File: "t.yaml", Source: []byte(scenarioText), Addresses: []string{"127.0.0.1:1"}}
	for i := range agents {
		p.Agents = append(p.Agents, &loadctlpb.AgentPlan{
			Name: fmt.Sprintf("a-%d", i+1), Loops: 1,
			Share: []*loadctlpb.Slot{{Index: uint64(i), Of: uint64(agents)}},
		})
	}
	return p
}

func (s *session) prepare(p *loadctlpb.Prepare) {
	s.w.t.Helper()
	s.w.scenario, _ = scenarios.Parse(p.GetFile(), p.GetSource(), scenarios.Options{})
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Prepare{Prepare: p}})
}

// start gives the epoch, some time ago.
func (s *session) start(ago time.Duration) {
	s.w.t.Helper()
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Start{
		Start: &loadctlpb.Start{EpochMonotonic: machine.Monotonic() - int64(ago)},
	}})
}

// measure makes each fake agent report a window.
func (s *session) measure(window int) {
	s.w.t.Helper()
	s.order(beginOrder(window))
}

func beginOrder(window int) *loadctlpb.SessionResponse {
	return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Begin{Begin: &loadctlpb.Begin{
		At: int64(window) * int64(time.Second),
	}}}
}

// countOnly makes each fake agent count what it will not report, and waits for that.
func (s *session) countOnly() {
	s.w.t.Helper()
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_End{End: &loadctlpb.End{}}})
	expect[*loadctlpb.SessionRequest_PhaseEvent](s)
}

func (s *session) stop() {
	s.w.t.Helper()
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Stop{Stop: &loadctlpb.Stop{Reason: "enough"}}})
}

// halt stops an agent's process, and waits until it stands still.
func (w *world) halt(agent int) {
	w.t.Helper()
	w.signal(agent, syscall.SIGSTOP)
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(int(w.agents[agent].GetPid()), &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		w.t.Fatalf("not stopped: %v, status %#x", err, status)
	}
}

// signal sends an agent's process a signal.
func (w *world) signal(agent int, s syscall.Signal) {
	w.t.Helper()
	if err := syscall.Kill(int(w.agents[agent].GetPid()), s); err != nil {
		w.t.Fatal(err)
	}
}

// started is a host whose agents have begun, with the epoch some time ago.
func started(t *testing.T, kind string, agents int, ago time.Duration, change ...func(*Config)) (*world, *session) {
	t.Helper()
	w := begin(t, kind, change...)
	s := w.welcome(0)
	s.prepare(prepare(agents))
	if r := s.ready(); r.GetFailed() != "" || len(r.GetAgents()) != agents {
		t.Fatalf("ready: %v", r)
	}
	s.start(ago)
	return w, s
}
