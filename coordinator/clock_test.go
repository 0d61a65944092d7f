package coordinator

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/faults"
	"github.com/loadctl/loadctl/stats"
)

// TestHostsBeginAtOneInstant, whatever their clocks say: each counts from its own boot,
// and their times of day are hours apart. They are told, and nothing else.
func TestHostsBeginAtOneInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := &fakeHost{name: "a", skew: 3 * time.Hour, uptime: 40 * 24 * time.Hour}
		b := &fakeHost{name: "b", skew: -500 * time.Millisecond, uptime: 5 * time.Minute}
		w := newWorld(t, scenarioText, a, b).go_(t.Context())
		w.want("pass", 0)
		begin := func(h *fakeHost) time.Time { return h.booted.Add(h.epoch - h.uptime) }
		if apart := begin(a).Sub(begin(b)).Abs(); apart > time.Microsecond {
			t.Errorf("hosts began %s apart", apart)
		}
		for _, h := range []*fakeHost{a, b} {
			if u := w.host(h.name); u.ClockAhead != h.skew || u.Apart > 2*time.Millisecond {
				t.Errorf("%s is off by %s; told %+v", h.name, h.skew, u)
			}
		}
	})
}

// host is what the run knows of one.
func (w *world) host(name string) stats.Usage {
	for _, u := range w.run.Hosts {
		if u.Name == name {
			return u
		}
	}
	w.t.Errorf("nothing is told of host %s", name)
	return stats.Usage{}
}

// TestADriftIsTold: a host whose clock gains 90 µs a second is 9 ms early after a
// hundred seconds.
func TestADriftIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, long(scenarioText), &fakeHost{name: "a"}, &fakeHost{name: "b", drift: 90e-6}).go_(t.Context())
		w.want("pass", 0)
		last := w.run.Windows[len(w.run.Windows)-1]
		drifted := time.Duration(90e-6 * float64(last.End()))
		for what, got := range map[string]time.Duration{"the last window": last.Apart, "the host": w.host("b").Apart} {
			if got < drifted-100*time.Microsecond || got > drifted+3*time.Millisecond {
				t.Errorf("%s is said to be %s apart after %s, is %s", what, got, last.End(), drifted)
			}
		}
		if a := w.host("a").Apart; a > 2*time.Millisecond {
			t.Errorf("the other one is said to be %s apart", a)
		}
	})
}

// TestASingleHostIsNeverApart: its seconds are the run's.
func TestASingleHostIsNeverApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a", drift: 90e-6}).go_(t.Context())
		for i := range w.run.Windows {
			if apart := w.run.Windows[i].Apart; apart != 0 {
				t.Errorf("window %d is %s apart", i, apart)
			}
		}
		if w.run.Hosts[0].Apart == 0 {
			t.Error("its clock is compared all the same")
		}
	})
}

// TestAFaultOfNobodyIsAMistake of whoever asked for it: the run would be without it.
func TestAFaultOfNobodyIsAMistake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a"}
		w := newWorld(t, scenarioText, h)
		w.cfg.Faults = []faults.Fault{{By: time.Second, Agent: "a-7"}}
		w.go_(t.Context())
		if _, ok := errors.AsType[*UsageError](w.err); !ok || w.result.ExitCode != 2 ||
			!strings.Contains(w.err.Error(), `fault "clock=+1s,agent=a-7": the run has no such agent; it has a-1`) {
			t.Errorf("%+v, %v", w.result, w.err)
		}
	})
}

// TestFaultsAreHandedOnAndTold: whoever reads the run must know that it was wrong on
// purpose.
func TestFaultsAreHandedOnAndTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a"}
		w := newWorld(t, scenarioText, h)
		w.cfg.Faults = []faults.Fault{{By: time.Second, Agent: "a-1"}}
		w.go_(t.Context()).want("pass", 0)
		if got := strings.Join(h.faults, " "); got != "clock=+1s,agent=a-1" {
			t.Errorf("the host was told of %q", got)
		}
		if !strings.Contains(w.events(), "on purpose wrong in this run: clock=+1s,agent=a-1") {
			t.Errorf("events:\n%s", w.events())
		}
	})
}
