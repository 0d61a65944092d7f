package main

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/tuning"
)

// TestATuningRentsOneMachineAtATime: the one before is gone when the next is there, one that a killed tuning left is given
// back by the next, and another tuning's is left alone.
func TestATuningRentsOneMachineAtATime(t *testing.T) {
	sim := linodetest.New(t, linodetest.Config{Provisioning: 5 * time.Second, Booting: 5 * time.Second})
	dir := t.TempDir()
	node := tuning.Node{Region: "us-ord", Image: "linode/debian12", Port: 8080, From: []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32")}, TTL: time.Hour, MaxCost: 1_000_000}
	synctest.Test(t, func(t *testing.T) {
		cloud, err := linode.New(linode.Config{Token: linodetest.Token, URL: sim.URL, Base: sim})
		if err != nil {
			t.Fatal(err)
		}
		of := func(whose string) *rentedNodes {
			return &rentedNodes{fleets: rented.Config{Dir: filepath.Join(dir, "fleets"), Cloud: cloud, Say: func(string) {}}, whose: whose, reach: rental.ToRun, errw: io.Discard}
		}
		plans := func() (all []string) {
			for _, label := range sim.Left(rental.Instance) {
				i, _ := sim.Instance(label)
				all = append(all, i.Type)
			}
			slices.Sort(all)
			return all
		}
		other, one := of("another tuning"), of("this tuning")
		if _, err := other.Fresh(t.Context(), node, "g6-dedicated-8"); err != nil {
			t.Fatal(err)
		}
		for _, plan := range []string{"g6-dedicated-2", "g6-dedicated-4"} {
			got, err := one.Fresh(t.Context(), node, plan)
			if err != nil || got.Address == "" || got.User == "" || got.Identity == "" || got.KnownHosts == "" {
				t.Fatalf("%+v, %v", got, err)
			}
			if want := []string{plan, "g6-dedicated-8"}; !slices.Equal(plans(), want) {
				t.Errorf("with %s there are %q", plan, plans())
			}
		}
		if err := one.fleet.Close(); err != nil { // as a process that was killed leaves it
			t.Fatal(err)
		}
		strange := filepath.Join(dir, "fleets", "aaaabbbb")
		if err := errors.Join(os.MkdirAll(strange, 0o700), os.WriteFile(filepath.Join(strange, "journal.jsonl"), []byte("nonsense\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := of("this tuning").GiveBack(t.Context()); err == nil || !slices.Equal(plans(), []string{"g6-dedicated-8"}) {
			t.Errorf("beside a journal that cannot be read: %v; there are %q", err, plans())
		}
		if err := os.RemoveAll(strange); err != nil {
			t.Fatal(err)
		}
		if err := of("this tuning").GiveBack(t.Context()); err != nil || !slices.Equal(plans(), []string{"g6-dedicated-8"}) {
			t.Errorf("%v; there are %q", err, plans())
		}
		if err := other.GiveBack(t.Context()); err != nil || len(sim.Left()) > 0 {
			t.Errorf("%v; left: %q", err, sim.Left())
		}
		dear := node
		dear.MaxCost = 1000
		if _, err := one.Fresh(t.Context(), dear, "g6-dedicated-8"); err == nil || len(sim.Left()) > 0 {
			t.Errorf("beyond max_cost_usd: %v; left: %q", err, sim.Left())
		}
	})
}
