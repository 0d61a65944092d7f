package loop

import (
	"net/netip"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// parse reads a scenario given as text.
func parse(t testing.TB, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A told is all a loop told.
type told struct {
	total     *stats.Snapshot
	snapshots []*stats.Snapshot
	events    []PhaseEvent
	notices   []Notice
	epoch     int64 // of a live one, as Monotonic has it
}

func (o *told) take(x Output) {
	switch {
	case x.Snapshot != nil:
		o.snapshots = append(o.snapshots, x.Snapshot)
		if o.total == nil {
			o.total = &stats.Snapshot{}
		}
		o.total.Append(x.Snapshot)
	case x.Phase != nil:
		o.events = append(o.events, *x.Phase)
	default:
		o.notices = append(o.notices, *x.Notice)
	}
}

// cell is the total of the row with a name in a phase.
func (o *told) cell(t testing.TB, s *scenarios.Scenario, phase, name string) *stats.CellStats {
	t.Helper()
	for i, c := range s.Layout.Cells {
		if c.Name == name && !c.Heartbeat && s.Layout.Phases[c.Phase].Name == phase {
			return &o.total.Cells[i]
		}
	}
	t.Fatalf("no row %q in phase %q", name, phase)
	return nil
}

// at says when a phase came to a state; false when it never did.
func (o *told) at(phase int, state string) (stats.Offset, bool) {
	for _, e := range o.events {
		if e.Phase == phase && e.State == state {
			return e.At, true
		}
	}
	return 0, false
}

// checkIdentity fails unless every row's intended requests have exactly one class
// and every iteration one end.
func (o *told) checkIdentity(t testing.TB, s *scenarios.Scenario) {
	t.Helper()
	for i, c := range o.total.Cells {
		sum := uint64(0)
		for _, n := range c.Classes {
			sum += n
		}
		if sum != c.Intended {
			t.Errorf("%s: intended %d, classes %v sum to %d", s.Layout.Cells[i].Name, c.Intended, c.Classes, sum)
		}
	}
	for i, p := range o.total.Phases {
		if p.IterIntended != p.IterCompleted+p.IterAborted {
			t.Errorf("phase %d: %d iterations, %d completed, %d aborted", i, p.IterIntended, p.IterCompleted, p.IterAborted)
		}
		ended := uint64(0)
		for _, n := range p.Ended {
			ended += n
		}
		if p.ConnOpened != ended+p.ConnOpen {
			t.Errorf("phase %d: %d connections opened, %d ended %v, %d open", i, p.ConnOpened, ended, p.Ended, p.ConnOpen)
		}
	}
}

// live runs a scenario on the machine's own poller. Commands are given an epoch of now.
func live(t testing.TB, s *scenarios.Scenario, addr netip.AddrPort, change func(*Config), commands ...Command) *told {
	t.Helper()
	out := make(chan Output, 100)
	c := Config{Scenario: s, Share: arrival.Whole(), Seed: 1, Addrs: []netip.AddrPort{addr}, Out: out}
	if change != nil {
		change(&c)
	}
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := Monotonic()
	if err != nil {
		t.Fatal(err)
	}
	l.Do(Start{Epoch: epoch})
	for _, c := range commands {
		l.Do(c)
	}
	go func() {
		defer close(out)
		if err := l.Run(); err != nil {
			t.Error(err)
		}
	}()
	all := &told{epoch: epoch}
	deadline := time.After(time.Minute)
	for {
		select {
		case o, ok := <-out:
			if !ok {
				return all
			}
			all.take(o)
		case <-deadline:
			t.Fatal("the loop did not end")
		}
	}
}
