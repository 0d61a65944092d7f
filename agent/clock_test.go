package agent

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/faults"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// A fakeClock is a wall clock that is set by hand.
type fakeClock struct{ ahead, now int64 }

func (c *fakeClock) read() (int64, int64) { return c.ahead, c.now }

// watched lets a clock go on for some seconds, look by look, and gives the windows.
func watched(c *fakeClock, w *clockWatch, epoch int64, seconds int, each func(at time.Duration)) (all []stats.AgentWindow) {
	c.now = epoch
	w.begin(epoch)
	for range seconds {
		for range int(time.Second / watchEvery) {
			c.now += int64(watchEvery)
			each(time.Duration(c.now - epoch))
			w.look(epoch)
		}
		var one stats.AgentWindow
		w.window(&one)
		all = append(all, one)
	}
	return all
}

func TestAClockThatIsSetIsSeenOnce(t *testing.T) {
	c := &fakeClock{ahead: 1 << 60}
	w := &clockWatch{read: c.read}
	w.look(0)
	c.ahead += int64(time.Hour) // before the run, so nobody's business
	got := watched(c, w, 77, 5, func(at time.Duration) {
		switch at {
		case 1500 * time.Millisecond:
			c.ahead += int64(500 * time.Millisecond)
		case 3200 * time.Millisecond: // to and fro
			c.ahead -= int64(50 * time.Millisecond)
		case 3600 * time.Millisecond:
			c.ahead += int64(50 * time.Millisecond)
		}
	})
	for i, want := range []stats.AgentWindow{
		{}, {ClockStep: 500 * time.Millisecond, ClockStepAt: 1500 * time.Millisecond},
		{}, {ClockStep: -50 * time.Millisecond, ClockStepAt: 3200 * time.Millisecond}, {},
	} {
		if g := got[i]; g.ClockStep != want.ClockStep || g.ClockStepAt != want.ClockStepAt {
			t.Errorf("window %d: set by %s at %s, want %s at %s", i, g.ClockStep, g.ClockStepAt, want.ClockStep, want.ClockStepAt)
		}
	}
}

func TestAClockThatIsSlewed(t *testing.T) {
	for by, want := range map[time.Duration]time.Duration{50 * time.Microsecond: 0, 5 * time.Millisecond: 50 * time.Millisecond} {
		c := &fakeClock{}
		for i, g := range watched(c, &clockWatch{read: c.read}, 1, 2, func(time.Duration) { c.ahead += int64(by) }) {
			if g.ClockStep != want {
				t.Errorf("window %d: by %s a look, said to be set by %s", i, by, g.ClockStep)
			}
		}
	}
}

func TestAFalsifiedClock(t *testing.T) {
	c := &fakeClock{}
	all := []faults.Fault{{By: 500 * time.Millisecond}, {By: -20 * time.Millisecond, From: 2500 * time.Millisecond}}
	w := &clockWatch{read: c.read, shift: faults.WallShift(all, "a-1")}
	w.look(0)
	got := watched(c, w, 1, 4, func(time.Duration) {})
	for i, g := range got {
		if want := map[int]time.Duration{2: -20 * time.Millisecond}[i]; g.ClockStep != want {
			t.Errorf("window %d: set by %s, want %s", i, g.ClockStep, want)
		}
	}
	if w.ahead != int64(480*time.Millisecond) {
		t.Errorf("ahead by %s in the end", time.Duration(w.ahead))
	}
}

// TestAnAgentTellsThatItsClockWasSet, in one window, and whose it is.
func TestAnAgentTellsThatItsClockWasSet(t *testing.T) {
	t.Parallel()
	h := begin(t)
	p := prepare(serve(t), 1)
	p.Faults = []string{"clock=-10s", "clock=+500ms@1s,agent=a-1", "clock=+9s@0.5s,agent=a-2"}
	h.prepare(p, 1)
	h.start(0)
	var said []*loadctlpb.AgentReport
	h.gather(func(m *loadctlpb.AgentUp) bool {
		if r := m.GetReport(); r != nil {
			said = append(said, r)
		}
		return m.GetPhaseEvent().GetState() == "drained"
	})
	h.stop()
	h.gather(func(m *loadctlpb.AgentUp) bool {
		if r := m.GetReport(); r != nil {
			said = append(said, r)
		}
		return m.GetDone() != nil
	})
	h.wantEnd("")
	h.wantAccounts("intended 80, ok 80, censored 0, ended 80")
	set := 0
	for _, r := range said {
		by, at := time.Duration(r.GetHealth().GetClockStepNs()), time.Duration(r.GetHealth().GetClockStepAt())
		if by == 0 {
			continue
		}
		set++
		if (by-500*time.Millisecond).Abs() > 10*time.Millisecond || at < time.Second || at > within {
			t.Errorf("set by %s at %s", by, at)
		}
		if r.GetWallLessMonotonic() == 0 {
			t.Error("it does not say what its clock shows")
		}
	}
	if set != 1 {
		t.Errorf("its clock was set %d times", set)
	}
}

func TestAFaultNobodyKnowsIsRefused(t *testing.T) {
	t.Parallel()
	h := begin(t)
	p := prepare(serve(t), 1)
	p.Faults = []string{"clock=soon"}
	if failed := h.prepare(p, 1).GetFailed(); failed == "" {
		t.Error("it runs all the same")
	}
	h.conn.Close()
	_ = h.wait()
}
