package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/internal/counters"
	"github.com/loadctl/loadctl/agent/internal/frame"
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

const version = "v-test"

// within is how long anything may take before a test gives up: it says nothing
// about how long things take.
const within = 30 * time.Second

const scenarioText = `version: 1
name: t
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 40/s, duration: 2s, arrivals: uniform}
`

// endless is the same load for longer than any test waits.
var endless = []byte(strings.Replace(scenarioText, "duration: 2s", "duration: 10m", 1))

// A target answers and counts.
type target struct {
	*httptest.Server
	answered atomic.Uint64
}

func serve(t *testing.T) *target {
	t.Helper()
	s := &target{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.answered.Add(1) }))
	t.Cleanup(s.Close)
	return s
}

// A fakeHost is the other end of an agent under test: it says what the test says,
// and gathers what it hears.
type fakeHost struct {
	t     *testing.T
	conn  net.Conn
	r     *frame.Reader
	w     *frame.Writer
	ended chan struct{}
	err   error // of Run, once ended

	layout   *stats.Layout
	counters *counters.Block
	loops    int
	epoch    int64
	windows  []int64
	early    []int64 // windows that came before their end
	total    stats.Snapshot
	states   []string // of phases
	arrivals []stats.ArrivalTest
	health   []stats.AgentWindow
}

// begin runs an agent at one end of a socket pair. Whatever the test does, the
// agent must end once its host has gone.
func begin(t *testing.T, change ...func(*Config)) *fakeHost {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := Inherited(fds[0])
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Inherited(fds[1])
	if err != nil {
		t.Fatal(err)
	}
	return beginOn(t, ours, theirs, change...)
}

func beginOn(t *testing.T, ours, theirs net.Conn, change ...func(*Config)) *fakeHost {
	t.Helper()
	h := &fakeHost{t: t, conn: ours, r: frame.NewReader(ours), w: frame.NewWriter(ours), ended: make(chan struct{})}
	c := Config{Conn: theirs, Version: version, Silence: 4 * within}
	for _, f := range change {
		f(&c)
	}
	go func() { h.err = Run(context.Background(), c); close(h.ended) }()
	t.Cleanup(h.leave)
	return h
}

func (h *fakeHost) leave() {
	h.conn.Close()
	_ = h.wait()
	_ = h.counters.Close()
}

// wait gives how the agent ended.
func (h *fakeHost) wait() error {
	h.t.Helper()
	select {
	case <-h.ended:
		return h.err
	case <-time.After(within):
		h.t.Fatal("the agent does not end")
		return nil
	}
}

// wantEnd expects an end for a reason, "" for one in order.
func (h *fakeHost) wantEnd(reason string) {
	h.t.Helper()
	err := h.wait()
	if reason == "" && err != nil || reason != "" && (err == nil || !strings.Contains(err.Error(), reason)) {
		h.t.Errorf("the agent ended with %v, want %q", err, reason)
	}
}

func (h *fakeHost) say(m *loadctlpb.AgentDown) {
	h.t.Helper()
	if err := h.w.Write(m); err != nil {
		h.t.Fatal(err)
	}
}

// next is what the agent says next, false at its end.
func (h *fakeHost) next() (*loadctlpb.AgentUp, bool) {
	h.t.Helper()
	_ = h.conn.SetReadDeadline(time.Now().Add(within))
	m := &loadctlpb.AgentUp{}
	if err := h.r.Read(m); errors.Is(err, os.ErrDeadlineExceeded) {
		h.t.Fatal("the agent says nothing")
	} else if err != nil {
		return nil, false
	}
	return m, true
}

// gather takes what the agent says until done says so, or it ends.
func (h *fakeHost) gather(done func(*loadctlpb.AgentUp) bool) {
	h.t.Helper()
	for {
		m, ok := h.next()
		if !ok {
			return
		}
		h.take(m)
		if done(m) {
			return
		}
	}
}

func (h *fakeHost) take(m *loadctlpb.AgentUp) {
	h.t.Helper()
	switch {
	case m.GetReport() != nil:
		now := machine.Monotonic()
		health, herr := wire.DecodeAgentWindow(m.GetReport().GetHealth(), "h")
		if herr != nil {
			h.t.Error(herr)
		}
		h.arrivals = append(h.arrivals, health.Arrivals...)
		h.health = append(h.health, health)
		s, err := wire.DecodeSnapshot(m.GetReport().GetSnapshot(), h.layout)
		if err != nil {
			h.t.Fatal(err)
		}
		if now < h.epoch+(s.Window+1)*int64(time.Second) {
			h.early = append(h.early, s.Window)
		}
		h.windows = append(h.windows, s.Window)
		h.total.Merge(s)
	case m.GetPhaseEvent() != nil:
		h.states = append(h.states, m.GetPhaseEvent().GetState())
	}
}

func drained(m *loadctlpb.AgentUp) bool { return m.GetPhaseEvent().GetState() == "drained" }

func done(m *loadctlpb.AgentUp) bool { return m.GetDone() != nil }

func reported(m *loadctlpb.AgentUp) bool { return m.GetReport() != nil }

func never(*loadctlpb.AgentUp) bool { return false }

// prepare is a part for one agent that has the whole load, aimed at s.
func prepare(s *target, loops int) *loadctlpb.Prepare {
	return &loadctlpb.Prepare{
		File: "t.yaml", Source: []byte(scenarioText), BaseUrl: s.URL, Addresses: []string{strings.TrimPrefix(s.URL, "http://")},
		Agents: []*loadctlpb.AgentPlan{{Name: "a-1", Loops: uint32(loops), Share: []*loadctlpb.Slot{{Of: 1}}}},
	}
}

// prepare gives the agent its part, and the answer.
func (h *fakeHost) prepare(p *loadctlpb.Prepare, loops int) *loadctlpb.AgentHello {
	h.t.Helper()
	h.say(h.part(p, loops))
	m, ok := h.next()
	if !ok {
		h.t.Fatalf("the agent ended: %v", h.wait())
	}
	return m.GetHello()
}

// part is the order to prepare, with counters for so many loops.
func (h *fakeHost) part(p *loadctlpb.Prepare, loops int) *loadctlpb.AgentDown {
	h.t.Helper()
	s, err := scenarios.Parse("t.yaml", []byte(scenarioText), scenarios.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.layout, h.loops = s.Layout, loops
	block, shared, err := counters.Create(loops * s.Layout.CounterWords())
	if err != nil {
		h.t.Fatal(err)
	}
	defer shared.Close()
	h.counters = block
	fd, err := syscall.Dup(int(shared.Fd())) // the agent's, as if it were another process
	if err != nil {
		h.t.Fatal(err)
	}
	return &loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Prepare{Prepare: &loadctlpb.AgentPrepare{Prepare: p, CountersFd: uint32(fd)}}}
}

// start lets the load begin, so long from now.
func (h *fakeHost) start(in time.Duration) {
	h.t.Helper()
	h.epoch = machine.Monotonic() + int64(in)
	h.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Start{Start: &loadctlpb.AgentStart{EpochMonotonic: h.epoch}}})
	h.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Begin{Begin: &loadctlpb.Begin{}}})
}

func (h *fakeHost) stop() {
	h.t.Helper()
	h.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Stop{Stop: &loadctlpb.Stop{}}})
}

// started is an agent under load.
func started(t *testing.T, change ...func(*Config)) (*fakeHost, *target) {
	t.Helper()
	s := serve(t)
	h := begin(t, change...)
	if hello := h.prepare(prepare(s, 1), 1); hello.GetFailed() != "" {
		t.Fatal(hello.GetFailed())
	}
	h.start(0)
	return h, s
}

// accounts is what was measured, in words.
func accounts(s *stats.Snapshot) string {
	c := &s.Cells[0]
	return fmt.Sprintf("intended %d, ok %d, censored %d, ended %d", c.Intended, c.Classes[stats.OK], c.Classes[stats.Censored], c.Ended())
}
