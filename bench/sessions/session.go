package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// An invitation is what a coordinator tells a host when it starts it.
type invitation struct {
	Name    string `json:"name"`
	Variant int    `json:"variant"`
	Address string `json:"address"`
	RunID   string `json:"run_id"`
	CA      []byte `json:"ca"`
	Cert    []byte `json:"cert"`
	Key     []byte `json:"key"`
}

// version is what both sides say they are.
const version = "bench"

// reportsAfter is how long after a window's end hosts hand it in: agents cut it, and their host merges them.
const reportsAfter = 20 * time.Millisecond

// A session is a host's, without agents.
type session struct {
	invitation
	windows *windows
	stream  grpc.BidiStreamingClient[loadctlpb.SessionRequest, loadctlpb.SessionResponse]

	sending sync.Mutex
	seq     uint64

	agents   []string
	started  chan time.Duration // the epoch, on this machine's monotonic clock
	stopped  chan struct{}      // the coordinator said stop
	stopping sync.Once
	acked    chan uint64
	late     time.Duration // the most that a report was sent after it was due
}

// run is the session from its first word to its last.
func (s *session) run(ctx context.Context) error {
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.stream, err = loadctlpb.NewCoordinatorServiceClient(conn).Session(ctx); err != nil {
		return err
	}
	s.started, s.stopped, s.acked = make(chan time.Duration, 1), make(chan struct{}), make(chan uint64, 1)
	if err := s.greet(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.listen() }()
	if err := s.work(ended); err != nil {
		return err
	}
	return s.leave(ended)
}

func (s *session) dial() (*grpc.ClientConn, error) {
	pair, err := tls.X509KeyPair(s.Cert, s.Key)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA) {
		return nil, errors.New("no CA")
	}
	return grpc.NewClient("passthrough:///"+s.Address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool, ServerName: coordinator.ServerName,
	})))
}

func (s *session) send(m *loadctlpb.SessionRequest) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.stream.Send(m)
}

// numbered sends what comes exactly once.
func (s *session) numbered(of func(seq uint64) *loadctlpb.SessionRequest) error {
	s.seq++
	return s.send(of(s.seq))
}

func (s *session) greet() error {
	return s.send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Hello{Hello: &loadctlpb.Hello{
		Protocol: wire.Protocol, Version: version, RunId: s.RunID, Host: s.Name,
		Machine: &loadctlpb.Machine{Cores: 4, MaxFiles: 1 << 20, MemoryBytes: 8 << 30, PortLow: 1024, PortHigh: 65535,
			TwReuse: new(uint32(1)), Os: "linux", Arch: "amd64", Kernel: "6.1"},
	}}})
}

// listen does what the coordinator says, until the stream ends.
func (s *session) listen() error {
	for {
		m, err := s.stream.Recv()
		if err != nil {
			return err
		}
		if err := s.obey(m); err != nil {
			return err
		}
	}
}

func (s *session) obey(m *loadctlpb.SessionResponse) error {
	switch {
	case m.GetPing() != nil:
		return s.send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Pong{Pong: &loadctlpb.Pong{
			Id: m.GetPing().GetId(), Sent: m.GetPing().GetSent(), Received: machine.Monotonic(), Wall: time.Now().UnixNano()}}})
	case m.GetAck() != nil:
		select {
		case <-s.acked:
		default:
		}
		s.acked <- m.GetAck().GetSeq()
	case m.GetWelcome().GetRefused() != "":
		return fmt.Errorf("refused: %s", m.GetWelcome().GetRefused())
	case m.GetPrepare() != nil:
		return s.prepare(m.GetPrepare())
	case m.GetStart() != nil:
		s.started <- time.Duration(m.GetStart().GetEpochMonotonic())
	case m.GetStop() != nil:
		s.stopping.Do(func() { close(s.stopped) }) // a host that is given up is told more than once
	}
	return nil
}

func (s *session) prepare(p *loadctlpb.Prepare) error {
	if err := s.windows.prepare(p); err != nil {
		return err
	}
	r := &loadctlpb.Ready{}
	for i, a := range p.GetAgents() {
		s.agents = append(s.agents, a.GetName())
		r.Agents = append(r.Agents, &loadctlpb.AgentStarted{Name: a.GetName(), Pid: int32(100 + i)})
	}
	return s.send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Ready{Ready: r}})
}

// work hands in window after window, and that the phase has ended, until the coordinator says stop.
func (s *session) work(ended <-chan error) error {
	var epoch time.Duration
	select {
	case epoch = <-s.started:
	case <-s.stopped:
		return nil
	case err := <-ended:
		return err
	}
	for window := int64(0); ; window++ {
		due := epoch + time.Duration(window+1)*stats.WindowLength + reportsAfter
		timer := time.NewTimer(due - time.Duration(machine.Monotonic()))
		select {
		case <-timer.C:
		case <-s.stopped:
			if window >= s.windows.seconds || time.Duration(machine.Monotonic()) < due {
				return nil // else it is handed in before the last word, as all that was measured is
			}
		case err := <-ended:
			return err
		}
		if err := s.report(window, due); err != nil {
			return err
		}
	}
}

func (s *session) report(window int64, due time.Duration) error {
	err := s.numbered(func(seq uint64) *loadctlpb.SessionRequest {
		r := s.windows.of(window, s.Variant, s.agents)
		r.Seq = seq
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Report{Report: r}}
	})
	s.late = max(s.late, time.Duration(machine.Monotonic())-due)
	if err != nil || window+1 != s.windows.seconds {
		return err
	}
	return s.numbered(func(seq uint64) *loadctlpb.SessionRequest {
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_PhaseEvent{
			PhaseEvent: &loadctlpb.PhaseEvent{Seq: seq, State: "drained", At: int64(s.windows.seconds) * int64(stats.WindowLength)}}}
	})
}

// leave says the last word, and waits until it was heard.
func (s *session) leave(ended <-chan error) error {
	totals := make([]stats.AgentTotal, len(s.agents))
	for i, a := range s.agents {
		totals[i] = stats.AgentTotal{Name: a, PID: 100 + i, CPU: time.Second}
	}
	err := s.numbered(func(seq uint64) *loadctlpb.SessionRequest {
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Finished{
			Finished: wire.EncodeFinished(seq, totals, stats.Usage{Name: s.Name, CPU: time.Second})}}
	})
	for err == nil {
		select {
		case seq := <-s.acked:
			if seq == s.seq {
				return nil
			}
		case err = <-ended:
		}
	}
	return err
}
