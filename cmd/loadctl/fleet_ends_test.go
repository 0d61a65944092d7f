package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/tuning"
)

// TestAFleetThatNobodyWasToldOfIsGivenBack unless it was to stay; then its id is in the error.
func TestAFleetThatNobodyWasToldOfIsGivenBack(t *testing.T) {
	s, c := account(t, linodetest.Config{})
	id := rental.Run8("untold")
	makeFleet(t, c, id, time.Now().Add(time.Hour), 1)
	var e bytes.Buffer
	u := &upping{renting: renting{soon(t, &e), newControls(t.Context()), &e}}
	defer u.controls.close()
	u.keep = true
	err := u.stays(t.Context(), id, time.Now().Add(time.Hour), errors.New("no space left"))
	if len(s.Left(rental.Instance)) != 1 || exitCode(err) != exitFailed {
		t.Errorf("%v; left: %v", err, s.Left())
	}
	says(t, "kept", err.Error(), "fleet "+id+" is up", "no space left")
	u.keep = false
	if err = u.stays(t.Context(), id, time.Now().Add(time.Hour), errors.New("no space left")); len(s.Left()) > 0 || exitCode(err) != exitFailed {
		t.Errorf("%v; left: %v", err, s.Left())
	}
}

// TestAFleetThatIsUsedWhenItsTimeIsOver is given back once that has ended: who had it stay was gone, and it was billed on.
func TestAFleetThatIsUsedWhenItsTimeIsOver(t *testing.T) {
	s, c := account(t, linodetest.Config{})
	id := rental.Run8("used")
	makeFleet(t, c, id, time.Now().Add(time.Hour), 1)
	var e bytes.Buffer
	u := &upping{renting: renting{soon(t, &e), newControls(t.Context()), &e}}
	defer u.controls.close()
	release := holdFleet(t, filepath.Join(u.fleets.Dir, id))
	time.AfterFunc(500*time.Millisecond, release)
	if err := u.stays(t.Context(), id, time.Now(), nil); err != nil || len(s.Left()) > 0 {
		t.Errorf("%v; left: %v", err, s.Left())
	}
	says(t, "used", e.String(), "once it is not used any more")
}

// TestTheTimeOfAFleetEndsWhatItIsFor as an interrupt does, so that it is given back.
func TestTheTimeOfAFleetEndsWhatItIsFor(t *testing.T) {
	controls := newControls(context.Background())
	defer controls.close()
	h := &hire{renting: renting{controls: controls}, news: make(chan string, 1)}
	defer h.endsAt("abcd2345", time.Now().Add(10*time.Millisecond)).Stop()
	says(t, "over", heard(t, h.news), "the time of fleet abcd2345 is over")
	heard(t, controls.early.Done())
	if got := heard(t, controls.out); got != coordinator.Stop {
		t.Errorf("asks for %v", got)
	}
}

const planned = `
version: 1
name: planned
scenario: scenario.yaml
load: {users: 4}
budget: {trials: 3}
params:
  - name: plan
    values: [g6-nanode-1, g6-standard-2]
    current: g6-nanode-1
    apply:
      linode-plan: {region: us-ord, port: 8080, from: [203.0.113.7/32], target: "http://${node.address}:8080", max_cost_usd: 1}
`

// TestPlansAreNotTriedByAFleet, which is let reach the first of their machines alone: all others would seem to hold nothing.
func TestPlansAreNotTriedByAFleet(t *testing.T) {
	f, err := tuning.Parse("tuning.yaml", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	r := &tuner{tuning: f}
	if err := r.mayRent(); err != nil {
		t.Error(err)
	}
	for _, fleet := range []string{"linode", "abcd2345"} {
		r.fleet = fleet
		if err := r.mayRent(); exitCode(err) != exitUsage {
			t.Errorf("%s: %v", fleet, err)
		}
	}
}

// holdFleet has another process seem to hold a fleet.
func holdFleet(t *testing.T, dir string) (release func()) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

// TestWhatIsLeftIsCounted, whether it is billed by the hour or not.
func TestWhatIsLeftIsCounted(t *testing.T) {
	var e bytes.Buffer
	tellAccount(&e, "abcd2345", rented.Account{Outcome: rental.Outcome{Left: []rental.Left{{Why: "it may exist"}}}})
	says(t, "account", e.String(), "1 resource is left; $0.00 so far")
	if strings.Contains(e.String(), "nothing is left") {
		t.Error(e.String())
	}
}

// TestADamagedJournalOfAnotherFleet does not keep a tuning from giving back what it has.
func TestADamagedJournalOfAnotherFleet(t *testing.T) {
	s, c := account(t, linodetest.Config{})
	var e bytes.Buffer
	n := &rentedNodes{fleets: soon(t, &e), whose: "this tuning", errw: &e}
	id, other := rental.Run8("mine"), rental.Run8("other")
	makeFleet(t, c, id, time.Now().Add(time.Hour), 1)
	for name, text := range map[string]string{filepath.Join(id, "journal.jsonl"): "", filepath.Join(id, "spec.json"): `{"For":"this tuning"}`, filepath.Join(other, "journal.jsonl"): "no line\n"} {
		file := filepath.Join(n.fleets.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.GiveBack(t.Context()); len(s.Left()) > 0 || err == nil {
		t.Errorf("%v; left: %v", err, s.Left())
	}
}
