package rented

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loadctl/loadctl/coordinator/rental"
)

const someID = "abcdefgh"

// small has one of each kind, and two agents.
func small() Spec {
	s := service()
	s.Machines = []Machines{s.Machines[0], s.Machines[1]}
	s.Machines[1].Count = 1
	return s
}

// killed has the driver end at a moment of its journal, which is counted from 0: before a line is written, and after it.
func (w *world) killed(moment int) Config {
	c, n := w.cfg, 0
	c.halt = func(rental.Line, bool) bool {
		n++
		return n-1 == moment
	}
	return c
}

// moments runs a test for each moment of what is done until it is done without being killed; in short form for each fifth,
// odd ones and even ones, as the race detector is in no need of all.
func moments(t *testing.T, test func(w *world, moment int) (done bool)) {
	done, step := false, 1
	if testing.Short() {
		step = 5
	}
	for moment := 0; !done; moment += step {
		if t.Run(fmt.Sprint(moment), func(t *testing.T) {
			inWorld(t, nil, func(w *world) { done = test(w, moment) })
		}); moment > 200 {
			t.Fatal("it never ends")
		}
	}
}

// TestKilledWhileItComesUp at any moment, a fleet is given back by the next process.
func TestKilledWhileItComesUp(t *testing.T) {
	moments(t, func(w *world, moment int) bool {
		f, err := Up(w.t.Context(), w.killed(moment), someID, small(), Offer{})
		if err == nil {
			w.closed(f)
		}
		if _, err := Down(w.t.Context(), w.cfg, someID); err != nil {
			w.t.Error(err)
		}
		w.empty()
		return err == nil
	})
}

// TestKilledAndTakenUp: what there is of a fleet is adopted by the next process, and no place has two.
func TestKilledAndTakenUp(t *testing.T) {
	moments(t, func(w *world, moment int) bool {
		f, err := Up(w.t.Context(), w.killed(moment), someID, small(), Offer{})
		if err == nil {
			w.closed(f)
		}
		f = w.up(someID, small())
		if got := labels(f.Machines("")); !slices.Equal(got, []string{"agent001", "agent002", "worker001"}) {
			w.t.Errorf("%s", got)
		}
		if left := w.sim.Left(); len(left) != 8 {
			w.t.Errorf("%s", left)
		}
		for _, m := range f.Machines("") {
			if i, _ := w.sim.Instance(m.Label); i.Watchdog {
				w.t.Errorf("the watchdog of %s is on", m.Label)
			}
		}
		w.down(f)
		w.empty()
		return err == nil
	})
}

// TestKilledWhileItGoes at any moment, the next process gives back the rest, with the journal and without.
func TestKilledWhileItGoes(t *testing.T) {
	moments(t, func(w *world, moment int) bool {
		w.closed(w.up("", small()))
		id := w.only()
		_, err := Down(w.t.Context(), w.killed(moment), id)
		if moment%2 == 0 {
			if err := os.RemoveAll(filepath.Join(w.cfg.Dir, id)); err != nil {
				w.t.Fatal(err)
			}
		}
		if _, err := Down(w.t.Context(), w.cfg, id); err != nil {
			w.t.Error(err)
		}
		if left := w.sim.Left(rental.Network, rental.Firewall, rental.Instance, rental.Balancer); len(left) > 0 {
			w.t.Errorf("%s are left", left)
		}
		if moment%2 == 1 { // a placement group has room for one mark only: without a journal it is told, and costs nothing
			w.empty()
		}
		return err == nil
	})
}

// only is the id of the one fleet on the disk.
func (w *world) only() string {
	w.t.Helper()
	entries, err := os.ReadDir(w.cfg.Dir)
	if err != nil || len(entries) != 1 {
		w.t.Fatalf("%v, %v", entries, err)
	}
	return entries[0].Name()
}

// TestWithoutJournal only what bears both marks goes: the machine of somebody else, who likes our labels, stays.
func TestWithoutJournal(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", small())
		w.closed(f)
		foreign := "lc-" + f.ID() + "-db001"
		w.sim.Foreign(foreign, "lc-abcdefgh-agent001")
		if err := os.RemoveAll(w.cfg.Dir); err != nil {
			t.Fatal(err)
		}
		a, err := Down(w.t.Context(), w.cfg, f.ID())
		if left := w.sim.Left(); err != nil || !slices.Equal(left, []string{foreign, "lc-abcdefgh-agent001"}) || len(a.Alone) != 1 {
			t.Errorf("%v, %s, %+v", err, left, a)
		}
		if entries, _ := os.ReadDir(w.cfg.Dir); len(entries) > 0 {
			t.Errorf("%s", entries)
		}
	})
}

// TestTwoCoordinators: only one holds a fleet, and the other is told which.
func TestTwoCoordinators(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", agents(1))
		_, up := Up(w.t.Context(), w.cfg, f.ID(), agents(1), Offer{})
		_, opened := Open(w.t.Context(), w.cfg, f.ID())
		_, down := Down(w.t.Context(), w.cfg, f.ID())
		for _, err := range []error{up, opened, down} {
			if !errors.Is(err, ErrHeld) || !contains(err, fmt.Sprintf("process %d of this machine", os.Getpid())) {
				t.Errorf("%v", err)
			}
		}
		w.down(f)
		w.empty()
	})
}
