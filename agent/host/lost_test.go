package host

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// lost is the next loss, decoded.
func (s *session) lost() *stats.AgentLoss {
	s.w.t.Helper()
	l, err := wire.DecodeAgentLost(expect[*loadctlpb.SessionRequest_AgentLost](s).AgentLost, s.w.scenario.Layout)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return l
}

func wantWhy(t *testing.T, l *stats.AgentLoss, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(l.Why, p) {
			t.Errorf("lost %q lacks %q", l.Why, p)
		}
	}
}

func TestWhatAKilledAgentHadNotEndedIsCensored(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	s.measure(0)
	s.window()
	s.countOnly()
	w.signal(0, syscall.SIGKILL)
	l := s.lost()
	wantWhy(t, l, "killed by signal 9", "perhaps because memory ran out")
	c := l.Missing[0]
	if l.Agent != "a-1" || c.Intended != unreported || c.Classes[stats.OK] != unreportedOK || c.Classes[stats.Censored] != unreported-unreportedOK {
		t.Errorf("%s misses %+v", l.Agent, c)
	}
	s.measure(1)
	_, merged, agents := s.window()
	if merged.Cells[0].Intended != perWindow+unreported || len(agents) != 1 || agents[0].Name != "a-2" {
		t.Errorf("window %d of %+v: %+v", merged.Window, agents, merged.Cells[0])
	}
	s.stop()
	totals := s.finished()
	if totals[0].Lost != l.Why || totals[0].Requests != perWindow+unreportedOK || totals[1].Lost != "" {
		t.Errorf("totals %+v", totals)
	}
	w.wantEnd("")
}

func TestAWindowHandedInBeforeADeathIsMergedAndNotMissed(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	w.halt(1)
	s.measure(0)
	// What a-1 says after its report tells that the host has it.
	s.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Pause{Pause: &loadctlpb.Pause{}}})
	expect[*loadctlpb.SessionRequest_Notice](s)
	w.signal(0, syscall.SIGKILL)
	l := s.lost()
	if c := l.Missing[0]; c.Intended != 0 || c.Ended() != 0 {
		t.Errorf("missing %+v", c)
	}
	w.signal(1, syscall.SIGCONT)
	if _, merged, agents := s.window(); merged.Cells[0].Intended != 2*perWindow || len(agents) != 2 {
		t.Errorf("window %d of %+v: %+v", merged.Window, agents, merged.Cells[0])
	}
}

func TestTheLastAgentsDeathEndsTheHost(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, 0)
	w.signal(0, syscall.SIGKILL)
	s.lost()
	if totals := s.finished(); !strings.Contains(totals[0].Lost, "killed") {
		t.Errorf("totals %+v", totals)
	}
	w.wantEnd("")
}

func TestAStoppedAgentIsLateThenLostThenKilled(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, time.Second, func(c *Config) { c.LostAfter = lateAfter + 500*time.Millisecond })
	w.halt(0)
	for i := range 60 {
		s.measure(i)
	}
	n := expect[*loadctlpb.SessionRequest_Notice](s).Notice
	if text := n.GetText(); text != "a-1 is late: its window 0 is overdue" {
		t.Errorf("notice %q", text)
	}
	// Its window was waited for, and comes without it.
	if _, merged, agents := s.window(); merged.Window != 0 || merged.Cells[0].Intended != perWindow || len(agents) != 1 {
		t.Errorf("window %d of %+v: %+v", merged.Window, agents, merged.Cells[0])
	}
	wantWhy(t, s.lost(), "reported nothing for 2.5s", "was killed")
	if err := syscall.Kill(int(w.agents[0].GetPid()), 0); err == nil {
		t.Error("it is still there")
	}
	s.stop()
	if totals := s.finished(); totals[0].Lost == "" || totals[1].Lost != "" {
		t.Errorf("totals %+v", totals)
	}
	w.wantEnd("")
}

func TestAnAgentThatComesBackWasLate(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, time.Second, func(c *Config) { c.LostAfter = 4 * within })
	w.halt(0)
	for i := range 3 {
		s.measure(i)
	}
	expect[*loadctlpb.SessionRequest_Notice](s)
	w.signal(0, syscall.SIGCONT)
	for i := range 3 {
		_, merged, agents := s.window()
		if want := map[bool]string{true: "late", false: "ok"}[i == 0]; agents[0].State != want || merged.Cells[0].Intended != perWindow {
			t.Errorf("window %d: %s, want %s; %+v", merged.Window, agents[0].State, want, merged.Cells[0])
		}
	}
}

func TestAnAgentThatTalksNonsenseIsLost(t *testing.T) {
	t.Parallel()
	t.Run("a window twice", func(t *testing.T) {
		t.Parallel()
		w, s := started(t, nonsense, 1, 0)
		s.measure(0)
		if _, merged, _ := s.window(); merged.Cells[0].Intended != perWindow {
			t.Errorf("merged %+v", merged.Cells[0])
		}
		l := s.lost()
		wantWhy(t, l, "nonsense", "window 0")
		if l.Missing[0].Intended != 0 {
			t.Errorf("missing %+v", l.Missing[0])
		}
		s.finished()
		w.wantEnd("")
	})
	t.Run("no message at all", func(t *testing.T) {
		t.Parallel()
		w, s := started(t, garbage, 1, 0, func(c *Config) { c.StopWithin = 300 * time.Millisecond })
		s.measure(0)
		wantWhy(t, s.lost(), "message too long")
		s.finished()
		w.wantEnd("")
	})
}

// TestAHostThatWasDoneFailedWhenItsLinkWasRefused: the coordinator that had everything let
// nobody in any more, and the host said that it could not be done.
func TestAHostThatWasDoneFailedWhenItsLinkWasRefused(t *testing.T) {
	h := &host{done: true, box: newOutbox()}
	if h.giveUp(errRefused); h.failed != nil {
		t.Error(h.failed)
	}
}
