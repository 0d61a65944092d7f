package coordinator

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A fakeHost speaks as a host does, without agents: every agent does perAgent
// requests a window in the first row.
type fakeHost struct {
	name     string
	lis      *bufconn.Listener
	scenario *scenarios.Scenario
	perAgent uint64

	// What goes wrong, by offset from the epoch; zero = nothing.
	version   string        // instead of the run's
	skew      time.Duration // of its wall clock
	uptime    time.Duration // of its monotonic clock when it starts
	drift     float64       // of that clock, seconds a second
	unable    string        // Ready says so
	breaks    []time.Duration
	dieAt     time.Duration // the process ends without a word
	freezeAt  time.Duration // says nothing from here on
	thawAt    time.Duration // until here
	loseAgent time.Duration // its first agent dies
	deaf      bool          // never finishes after Stop
	failing   bool          // every request fails with a status
	badReport bool          // reports garbage
	stalls    bool          // while it says nothing its agents stand still
	cutAt     time.Duration // nobody hears it from here on; it ends 12 s later, and leaves what it has
	open      uint64        // requests that are open from the first window to the last, where one is censored
	keeps     func(spool []byte) ([]byte, error)

	creds    credentials.TransportCredentials
	runID    string
	exit     chan struct{}
	exitOnce sync.Once
	err      error

	// Below belongs to serve.
	stream      grpc.BidiStreamingClient[loadctlpb.SessionRequest, loadctlpb.SessionResponse]
	hangUp      context.CancelFunc
	orders      chan incoming
	unacked     []*loadctlpb.SessionRequest
	seq, order  uint64
	agents      []string
	prepared    *loadctlpb.Prepare
	booted      time.Time
	epoch       time.Duration // on its monotonic clock, 0 = not known
	next        int64
	ends        map[uint32]time.Duration
	drained     map[uint32]bool
	stopped     bool
	finishedSeq uint64
	began       []uint32
	reshares    []*loadctlpb.Reshare
	readdressed [][]string
	dead        []string
	faults      []string
	refused     string
	resumes     int
	stopReason  string
	cut         bool
	spool       []byte
	collected   bool
	did         stats.Snapshot // all of it, whoever heard of it
	stoppedAt   time.Duration
}

type incoming struct {
	m   *loadctlpb.SessionResponse
	err error
	on  any
}

func (h *fakeHost) Name() string { return h.name }

func (h *fakeHost) Start(_ context.Context, _, runID string, ca []byte, admit func([]byte) ([]byte, error)) error {
	pair, err := admitted(h.name, admit)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return errors.New("no CA")
	}
	h.creds = credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool, ServerName: ServerName,
	})
	h.runID, h.booted = runID, time.Now()
	h.exit = make(chan struct{})
	h.orders = make(chan incoming)
	h.ends, h.drained = map[uint32]time.Duration{}, map[uint32]bool{}
	go h.serve()
	return nil
}

// admitted gets a certificate for a key of its own.
func admitted(name string, admit func([]byte) ([]byte, error)) (tls.Certificate, error) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	cert, err := admit(request(name, key))
	if err != nil {
		return tls.Certificate{}, err
	}
	block, _ := pem.Decode(cert)
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}, nil
}

func request(name string, key crypto.Signer) []byte {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		panic(err)
	}
	return der
}

func (h *fakeHost) Wait() error { <-h.exit; return h.err }
func (h *fakeHost) Kill()       { h.exitOnce.Do(func() { h.err = errors.New("killed"); close(h.exit) }) }

func (h *fakeHost) leave() { h.exitOnce.Do(func() { close(h.exit) }) }

// monotonic is the host's own clock.
func (h *fakeHost) monotonic() time.Duration {
	passed := time.Since(h.booted)
	return h.uptime + passed + time.Duration(h.drift*float64(passed))
}

func (h *fakeHost) offset() time.Duration {
	if h.epoch == 0 {
		return -1
	}
	return h.monotonic() - h.epoch
}

func (h *fakeHost) serve() {
	defer h.leave()
	conn, err := grpc.NewClient("passthrough:///coordinator", grpc.WithTransportCredentials(h.creds),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return h.lis.DialContext(ctx) }))
	if err != nil {
		h.err = err
		return
	}
	defer conn.Close()
	client := loadctlpb.NewCoordinatorServiceClient(conn)
	if h.err = h.dial(client); h.err != nil {
		return
	}
	defer func() { h.hangUp() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-h.exit:
			return
		case in := <-h.orders:
			if in.on != h.stream {
				continue
			}
			if in.err != nil {
				return
			}
			if h.frozen() {
				continue
			}
			if !h.obey(in.m) {
				return
			}
		case <-tick.C:
			if h.dieAt > 0 && h.offset() >= h.dieAt {
				h.err = errors.New("signal: killed")
				return
			}
			if h.frozen() {
				continue
			}
			if h.cutAt > 0 && h.offset() >= h.cutAt && !h.cut {
				h.cut, h.stream = true, nil
				h.hangUp()
			}
			if h.cut && h.offset() >= h.cutAt+12*time.Second {
				h.finish()
				h.err = h.leaveBehind()
				return
			}
			if len(h.breaks) > 0 && h.offset() >= h.breaks[0] {
				h.breaks = h.breaks[1:]
				h.hangUp()
				h.resumes++
				if h.err = h.dial(client); h.err != nil {
					return
				}
			}
			h.work()
		}
	}
}

func (h *fakeHost) frozen() bool {
	return h.freezeAt > 0 && h.offset() >= h.freezeAt && (h.thawAt == 0 || h.offset() < h.thawAt)
}

func (h *fakeHost) dial(client loadctlpb.CoordinatorServiceClient) error {
	ctx, cancel := context.WithCancel(context.Background())
	st, err := client.Session(ctx)
	if err != nil {
		cancel()
		return err
	}
	h.stream, h.hangUp = st, cancel
	version := cmp.Or(h.version, "v-test")
	err = st.Send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Hello{Hello: &loadctlpb.Hello{
		Protocol: wire.Protocol, Version: version, RunId: h.runID, Host: h.name, LastSeq: h.seq, LastOrder: h.order,
		Machine: &loadctlpb.Machine{Cores: 4, MaxFiles: 20_000, PortLow: 32768, PortHigh: 60999, TwReuse: new(uint32(2)), Os: "linux", Arch: "amd64"},
	}}})
	go func() {
		for {
			m, err := st.Recv()
			select {
			case h.orders <- incoming{m, err, st}:
			case <-h.exit:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return err
}

func (h *fakeHost) obey(m *loadctlpb.SessionResponse) bool {
	if m.GetSeq() > 0 {
		if m.GetSeq() <= h.order {
			return true
		}
		h.order = m.GetSeq()
	}
	switch {
	case m.GetWelcome() != nil:
		if h.refused = m.GetWelcome().GetRefused(); h.refused != "" {
			h.stoppedAt = h.offset()
			return false
		}
		h.acked(m.GetWelcome().GetAckedSeq())
		for _, u := range h.unacked {
			_ = h.stream.Send(u)
		}
	case m.GetPing() != nil:
		h.send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Pong{Pong: &loadctlpb.Pong{
			Id: m.GetPing().GetId(), Sent: m.GetPing().GetSent(), Received: int64(h.monotonic()), Wall: time.Now().Add(h.skew).UnixNano()}}})
	case m.GetPrepare() != nil:
		h.faults = m.GetPrepare().GetFaults()
		r := &loadctlpb.Ready{Failed: h.unable}
		h.prepared = m.GetPrepare()
		for i, a := range m.GetPrepare().GetAgents() {
			h.agents = append(h.agents, a.GetName())
			r.Agents = append(r.Agents, &loadctlpb.AgentStarted{Name: a.GetName(), Pid: int32(100 + i)})
		}
		h.send(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Ready{Ready: r}})
	case m.GetStart() != nil:
		h.epoch = time.Duration(m.GetStart().GetEpochMonotonic())
	case m.GetBegin() != nil:
		p := m.GetBegin().GetPhase()
		h.began = append(h.began, p)
		if phase := &h.scenario.Phases[p]; phase.Executor != scenarios.HeldConnections {
			h.ends[p] = time.Duration(m.GetBegin().GetAt()) + phase.Duration()
		} else {
			h.ends[p] = 1 << 62
			h.numbered(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_PhaseEvent{
				PhaseEvent: &loadctlpb.PhaseEvent{Phase: p, State: "connected", At: m.GetBegin().GetAt()}}})
		}
	case m.GetEnd() != nil:
		h.ends[m.GetEnd().GetPhase()] = time.Duration(m.GetEnd().GetAt())
	case m.GetReshare() != nil:
		h.reshares = append(h.reshares, m.GetReshare())
	case m.GetReaddress() != nil:
		h.readdressed = append(h.readdressed, m.GetReaddress().GetAddresses())
	case m.GetDrain() != nil:
		for p, end := range h.ends {
			h.ends[p] = min(end, time.Duration(m.GetDrain().GetAt()))
		}
	case m.GetStop() != nil:
		h.stopReason, h.stoppedAt = m.GetStop().GetReason(), h.offset()
		if !h.deaf {
			h.finish()
		}
	case m.GetAck() != nil:
		h.acked(m.GetAck().GetSeq())
		return !h.stopped || h.finishedSeq > m.GetAck().GetSeq()
	}
	return true
}

func (h *fakeHost) acked(seq uint64) {
	h.unacked = slices.DeleteFunc(h.unacked, func(m *loadctlpb.SessionRequest) bool { return wire.Seq(m) <= seq })
}

func (h *fakeHost) send(m *loadctlpb.SessionRequest) {
	if h.stream != nil {
		_ = h.stream.Send(m)
	}
}

// leaveBehind writes what nobody confirmed as a host does that ran short of memory: in disorder, and some of it twice.
func (h *fakeHost) leaveBehind() error {
	var b bytes.Buffer
	head := &loadctlpb.SpoolHead{Protocol: wire.Protocol, Version: "v-test", RunId: h.runID, Host: h.name}
	if _, err := protodelim.MarshalTo(&b, head); err != nil {
		return err
	}
	middle := len(h.unacked) / 2
	for _, m := range slices.Concat(h.unacked[middle:], h.unacked[:middle+1]) {
		if _, err := protodelim.MarshalTo(&b, m); err != nil {
			return err
		}
	}
	h.spool = b.Bytes()
	return errors.New("nothing was heard of the coordinator for 12s")
}

// Collect gives what was left, once the host has ended.
func (h *fakeHost) Collect(_ context.Context, take func(io.Reader) error) error {
	<-h.exit
	if h.spool == nil {
		return fs.ErrNotExist
	}
	spool, err := h.spool, error(nil)
	if h.keeps != nil {
		spool, err = h.keeps(spool)
	}
	if err == nil {
		err = take(bytes.NewReader(spool))
	}
	h.collected = err == nil
	return err
}

func (h *fakeHost) numbered(m *loadctlpb.SessionRequest) {
	h.seq++
	switch {
	case m.GetReport() != nil:
		m.GetReport().Seq = h.seq
	case m.GetPhaseEvent() != nil:
		m.GetPhaseEvent().Seq = h.seq
	case m.GetAgentLost() != nil:
		m.GetAgentLost().Seq = h.seq
	case m.GetFinished() != nil:
		m.GetFinished().Seq = h.seq
	}
	h.unacked = append(h.unacked, m)
	h.send(m)
}

// work does what is due by now: whole windows, phases that ended.
func (h *fakeHost) work() {
	if h.epoch == 0 || h.stopped {
		return
	}
	if h.loseAgent > 0 && h.offset() >= h.loseAgent && len(h.dead) == 0 {
		dead := h.agents[0]
		h.dead, h.agents = append(h.dead, dead), h.agents[1:]
		l := h.scenario.Layout
		missing := &stats.Snapshot{Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, len(l.Phases))}
		missing.Cells[0].Intended = 3
		missing.Cells[0].Classes[stats.Censored] = 3
		h.numbered(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_AgentLost{AgentLost: wire.EncodeAgentLost(0,
			&stats.AgentLoss{Agent: dead, Why: "signal: killed", At: h.offset(), Missing: missing.Cells, Phases: missing.Phases})}})
	}
	for h.offset() >= time.Duration(h.next+1)*time.Second+20*time.Millisecond {
		h.report()
	}
	for p, end := range h.ends {
		if !h.drained[p] && h.offset() >= end+50*time.Millisecond {
			h.drained[p] = true
			h.numbered(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_PhaseEvent{
				PhaseEvent: &loadctlpb.PhaseEvent{Phase: p, State: "drained", At: int64(end)}}})
		}
	}
}

func (h *fakeHost) report() {
	l := h.scenario.Layout
	s := &stats.Snapshot{Window: h.next, Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, len(l.Phases))}
	n := h.perAgent * uint64(len(h.agents))
	s.Cells[0].Intended = n
	class := stats.OK
	if h.failing {
		class = stats.HTTPError
	}
	s.Cells[0].Classes[class] = n
	if h.open > 0 && h.next == 0 {
		s.Cells[0].Classes[class] -= h.open
	}
	if h.open > 0 && h.stopped {
		s.Cells[0].Classes[class] += h.open - 1
		s.Cells[0].Classes[stats.Censored] = 1
	}
	s.Cells[0].Response = measured(h.next, n)
	var agents []stats.AgentWindow
	for _, a := range h.agents {
		agents = append(agents, stats.AgentWindow{Name: a, Host: h.name, State: "ok", Intended: h.perAgent, Requests: h.perAgent})
	}
	if h.stalls {
		h.stall(s, agents)
	}
	h.next++
	h.did.Merge(s)
	m := wire.EncodeReport(0, s, agents)
	if h.badReport {
		m.Merged.Cells = m.Merged.Cells[:0]
	}
	h.numbered(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Report{Report: m}})
}

// stall makes of a window what a generator does that stands still: an answer that had come is read
// when it is over, and belongs to the second in which it fell asleep. What was due is late.
func (h *fakeHost) stall(s *stats.Snapshot, agents []stats.AgentWindow) {
	length, late := h.thawAt-h.freezeAt, 0
	switch h.next {
	case int64(h.freezeAt / time.Second):
		s.Cells[0].Response.Record(length)
	case int64(h.thawAt / time.Second):
		late = 50
	}
	lag := new(stats.Histogram)
	for i := range 100 {
		lag.Record(length * time.Duration(max(0, late-i)) / 50)
	}
	s.Phases[0].IterIntended, s.Phases[0].PacerLag, agents[0].PacerLag = 1, lag, lag
}

// measured is what n requests of a window took: of each window something else.
func measured(window int64, n uint64) *stats.Histogram {
	took := new(stats.Histogram)
	for i := range n {
		took.Record(time.Duration(window+1)*time.Millisecond + time.Duration(i)*time.Microsecond)
	}
	return took
}

func (h *fakeHost) finish() {
	if h.stopped {
		return
	}
	h.stopped = true
	if h.epoch != 0 {
		h.report()
	}
	totals := make([]stats.AgentTotal, len(h.agents))
	for i, a := range h.agents {
		totals[i] = stats.AgentTotal{Name: a, PID: 100 + i, CPU: time.Second}
	}
	h.numbered(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Finished{
		Finished: wire.EncodeFinished(0, totals, stats.Usage{Name: h.name, CPU: time.Second})}})
	h.finishedSeq = h.seq
}
