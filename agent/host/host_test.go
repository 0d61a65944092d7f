package host

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

func TestAWholeRun(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	for i := range 3 {
		s.measure(i)
		seq, merged, agents := s.window()
		if seq != uint64(i+1) || merged.Window != int64(i) || merged.Cells[0].Classes[stats.OK] != 2*perWindow {
			t.Errorf("report %d: window %d, cells %+v", seq, merged.Window, merged.Cells[0])
		}
		if len(agents) != 2 || agents[0].Name != "a-1" || agents[1].State != "ok" {
			t.Errorf("agents %+v", agents)
		}
		s.ack(seq)
	}
	s.stop()
	totals := s.finished()
	w.wantEnd("")
	for i, a := range totals {
		if a.Lost != "" || a.PID != int(w.agents[i].GetPid()) || a.Requests != 3*perWindow {
			t.Errorf("total %+v", a)
		}
	}
}

func TestHelloSaysWhoAndWhat(t *testing.T) {
	t.Parallel()
	h := begin(t, plain).session().hello
	if h.GetProtocol() != wire.Protocol || h.GetVersion() != version || h.GetRunId() != "r1" || h.GetHost() != "a" {
		t.Errorf("hello %v", h)
	}
	if m := h.GetMachine(); m.GetCores() == 0 || m.GetMaxFiles() == 0 || m.GetOs() == "" {
		t.Errorf("machine %v", m)
	}
}

// TestRealAgents drives a target with the agents of the product.
func TestRealAgents(t *testing.T) {
	t.Parallel()
	var answered atomic.Uint64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered.Add(1) }))
	defer target.Close()
	w := begin(t, real)
	s := w.welcome(0)
	p := prepare(2)
	p.BaseUrl, p.Addresses = target.URL, []string{strings.TrimPrefix(target.URL, "http://")}
	s.prepare(p)
	s.ready()
	s.start(0)
	s.measure(0) // the phase begins
	var total stats.Snapshot
	for drained := false; !drained; {
		switch m := s.next(); {
		case m.GetReport() != nil:
			total.Merge(decoded(t, w, m.GetReport()))
		case m.GetPhaseEvent() != nil:
			drained = m.GetPhaseEvent().GetState() == "drained"
		}
	}
	s.stop()
	m := s.next()
	for ; m.GetFinished() == nil; m = s.next() {
		if m.GetReport() != nil {
			total.Merge(decoded(t, w, m.GetReport()))
		}
	}
	s.ack(m.GetFinished().GetSeq())
	w.wantEnd("")
	if c := total.Cells[0]; c.Intended != 40 || c.Classes[stats.OK] != 40 || answered.Load() != 40 {
		t.Errorf("intended %d, classes %v, answered %d; want 40", c.Intended, c.Classes, answered.Load())
	}
	due := uint64(0)
	for _, a := range m.GetFinished().GetAgents() {
		due += a.GetDue()
	}
	if due != 40 {
		t.Errorf("agents say that %d requests became due, want 40", due)
	}
}

func decoded(t *testing.T, w *world, m *loadctlpb.Report) *stats.Snapshot {
	t.Helper()
	s, _, err := wire.DecodeReport(m, "a", w.scenario.Layout)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatCannotBePreparedIsSaidAndEndsAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		spoil func(*loadctlpb.Prepare)
		want  []string
	}{
		"an agent of another version": {kind: old, want: []string{"mixed versions", "v-old", version}},
		"an agent that fails":         {kind: unable, want: []string{"agent a-", "out of memory"}},
		"an agent that dies":          {kind: broken, want: []string{"ended before it was ready", "exit status 3", "no such luck"}},
		"an agent that says nothing":  {kind: mute, want: []string{"not ready within 300ms"}},
		"no agents":                   {spoil: func(p *loadctlpb.Prepare) { p.Agents = nil }, want: []string{"no agents"}},
		"a scenario with a mistake":   {spoil: func(p *loadctlpb.Prepare) { p.Source = []byte("version: 1\n") }, want: []string{"the scenario"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, c.kind, func(cfg *Config) {
				if c.kind == mute {
					cfg.PrepareWithin = 300 * time.Millisecond
				}
			})
			s := w.welcome(0)
			p := prepare(2)
			if c.spoil != nil {
				c.spoil(p)
			}
			s.prepare(p)
			failed := s.ready().GetFailed()
			for _, part := range c.want {
				if !strings.Contains(failed, part) {
					t.Errorf("failed %q lacks %q", failed, part)
				}
			}
			s.stop()
			s.finished()
			w.wantEnd("")
		})
	}
}

func TestPreparedTwiceIsAnError(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, 0)
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Prepare{Prepare: prepare(1)}})
	if failed := expect[*loadctlpb.SessionRequest_Ready](s).Ready.GetFailed(); failed != "prepared twice" {
		t.Errorf("failed %q", failed)
	}
	s.finished()
	w.wantEnd("")
}

func TestOrdersReachTheAgentsTheyAreFor(t *testing.T) {
	t.Parallel()
	_, s := started(t, plain, 2, 0)
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Reshare{Reshare: &loadctlpb.Reshare{
		Agents: []*loadctlpb.AgentPlan{{Name: "a-2", Share: []*loadctlpb.Slot{{Of: 2}, {Index: 1, Of: 2}}}, {Name: "b-1"}},
	}}})
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Pause{Pause: &loadctlpb.Pause{Paused: true}}})
	got := map[string]int{}
	for range 3 {
		got[expect[*loadctlpb.SessionRequest_Notice](s).Notice.GetText()]++
	}
	want := map[string]int{"a-2 reshared, 2 slots": 1, "a-1 paused true": 1, "a-2 paused true": 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAPhaseEventWaitsForAllAgents(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	w.halt(0)
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_End{End: &loadctlpb.End{At: 7}}})
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Pause{Pause: &loadctlpb.Pause{}}})
	if m := s.next(); m.GetNotice().GetText() != "a-2 paused false" {
		t.Errorf("got %v before all have finished", m)
	}
	w.signal(0, syscall.SIGCONT)
	if e := expect[*loadctlpb.SessionRequest_PhaseEvent](s).PhaseEvent; e.GetState() != "finished" || e.GetAt() != 7 {
		t.Errorf("event %v", e)
	}
}

func TestDrainedAgentsEndTheHost(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	s.measure(0)
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Drain{Drain: &loadctlpb.Drain{}}})
	if _, merged, _ := s.window(); merged.Cells[0].Intended != 2*perWindow {
		t.Errorf("intended %d", merged.Cells[0].Intended)
	}
	for _, a := range s.finished() {
		if a.Lost != "" {
			t.Errorf("%s lost: %s", a.Name, a.Lost)
		}
	}
	w.wantEnd("")
}

func TestStopBeforePrepareEndsTheHost(t *testing.T) {
	t.Parallel()
	w := begin(t, plain)
	s := w.welcome(0)
	s.stop()
	if totals := s.finished(); len(totals) != 0 {
		t.Errorf("totals %+v", totals)
	}
	w.wantEnd("")
}

func TestWhoDoesNotStopIsKilled(t *testing.T) {
	t.Parallel()
	w, s := started(t, deaf, 1, 0, func(c *Config) { c.StopWithin = 300 * time.Millisecond })
	s.stop()
	const why = "did not stop within 300ms, and was killed"
	if got := expect[*loadctlpb.SessionRequest_AgentLost](s).AgentLost.GetWhy(); got != why {
		t.Errorf("lost: %s", got)
	}
	if totals := s.finished(); totals[0].Lost != why {
		t.Errorf("total %+v", totals[0])
	}
	w.wantEnd("")
}

func TestAHostOutlivesNobody(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{plain, deaf, mute} {
		t.Run(fmt.Sprintf("lifeline of %s agents", kind), func(t *testing.T) {
			t.Parallel()
			lifeline := make(chan struct{})
			w := begin(t, kind, func(c *Config) { c.Lifeline, c.StopWithin = lifeline, 300*time.Millisecond })
			s := w.welcome(0)
			s.prepare(prepare(2))
			if kind != mute {
				s.ready()
				s.start(0)
			}
			close(lifeline)
			w.wantEnd("whoever started this host is gone")
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		w, _ := started(t, plain, 2, 0)
		w.cancel()
		w.wantEnd("context canceled")
	})
	t.Run("lifeline before anybody answers", func(t *testing.T) {
		t.Parallel()
		lifeline := make(chan struct{})
		close(lifeline)
		begin(t, plain, func(c *Config) { c.Lifeline = lifeline }).wantEnd("whoever started this host is gone")
	})
}

func TestASilentCoordinatorEndsAll(t *testing.T) {
	t.Parallel()
	t.Run("while its stream is open", func(t *testing.T) {
		t.Parallel()
		w, _ := started(t, plain, 2, 0, func(c *Config) { c.Silence = 8 * time.Second }) // longer than getting ready takes
		w.wantEnd("nothing was heard of the coordinator for 8s")
	})
	t.Run("from the beginning", func(t *testing.T) {
		t.Parallel()
		silence := func(c *Config) { c.Silence = 500 * time.Millisecond }
		begin(t, plain, silence).wantEnd("nothing was heard of the coordinator for 500ms")
	})
}

func TestConfigNamesAllThatIsMissing(t *testing.T) {
	err := Run(t.Context(), Config{})
	for _, field := range []string{"Coordinator", "RunID", "Name", "Dial", "AgentCommand"} {
		if err == nil || !strings.Contains(err.Error(), field+": missing") {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}
