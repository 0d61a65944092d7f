package rented

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// TestPreflightTellsAllAtOnce: whatever is in the way, with what to do, and what it would cost.
func TestPreflightTellsAllAtOnce(t *testing.T) {
	const narrow = "linodes:read_only account:read_only images:read_only"
	inWorld(t, func(c *linodetest.Config) {
		c.Tokens, c.Restricted, c.Backups = map[string]string{linodetest.Token: "*", "narrow": narrow}, true, true
	}, func(w *world) {
		s := service()
		s.MaxCost = price.Dollar / 10
		s.Machines[0].Region, s.Machines[0].Type = "us-east", "g7-premium-4"
		s.Machines[1].Image = "linode/slackware15.0"
		s.Machines[2].Region, s.Machines[2].Image = "atlantis", "linode/windows"
		s.Machines[2].Type = "g6-typo-1"
		c := w.cfg
		c.Cloud = w.cloud("narrow")
		_, err := Preflight(w.t.Context(), c, s)
		for _, words := range []string{
			"scopes vpc:read_write, ips:read_only, firewall:read_write, linodes:read_write, nodebalancers:read_write:", "restricted user",
			"region us-east has not VPCs, Premium Plans", "plan g7-premium-4: region us-east has none left:", "plan g6-typo-1: Linode has none of this name",
			"region atlantis: Linode has none of this name; it has fr-par, us-east, us-ord",
			"image linode/slackware15.0: it does not read user data", "image linode/windows: Linode has none", "max_cost_usd",
		} {
			if !contains(err, words) {
				t.Errorf("%v\nwant %q", err, words)
			}
		}
		if made := w.sim.Left(); len(made) > 0 {
			t.Errorf("%s", made)
		}
	})
}

// TestPreflightOffers what a Spec costs: all that it makes, to the TTL, by the prices of today.
func TestPreflightOffers(t *testing.T) {
	inWorld(t, func(c *linodetest.Config) { c.Interfaces, c.Backups = "linode_only", true }, func(w *world) {
		w.sim.Foreign("somebodys")
		s := service()
		s.MaxCost = 5 * price.Dollar
		o, err := Preflight(w.t.Context(), w.cfg, s)
		if err != nil {
			t.Fatal(err)
		}
		// 2 × 0.108 + 3 × 0.054 + 0.036 + 0.015 an hour, for one hour, and for the two of the TTL
		if o.Estimate.PerHour != 429_000 || o.Estimate.AsPlan != 429_000 || o.Estimate.Worst < 858_000 || o.Instances != 1 {
			t.Errorf("%+v", o.Estimate)
		}
		if len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0], "backups") {
			t.Errorf("%q", o.Warnings)
		}
		f, err := Up(w.t.Context(), w.cfg, "", s, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range f.Machines("") {
			if i, _ := w.sim.Instance(m.Label); i.Generation != string(linode.Linode) || i.Firewall == 0 || i.Subnet == 0 {
				t.Errorf("%+v", i)
			}
		}
		w.down(f)
		if left := w.sim.Left(); !slices.Equal(left, []string{"somebodys"}) {
			t.Errorf("%s", left)
		}
	})
}

// TestPricesThatAreNotToBeHad are those of another day, which is said.
func TestPricesThatAreNotToBeHad(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Befall(linodetest.Fault{On: "GET /linode/types", Times: -1, Status: http.StatusInternalServerError, Reason: "oops"})
		o, err := Preflight(w.t.Context(), w.cfg, agents(1))
		if err != nil || o.Estimate.PerHour != 108_000 || len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0], "the prices of today are not to be had") {
			t.Errorf("%v, %+v", err, o)
		}
	})
}

// TestSpecsThatCannotBe are refused before anything is asked, with all mistakes at once.
func TestSpecsThatCannotBe(t *testing.T) {
	s := Spec{Planned: -time.Hour, MinAgents: 2, From: prefixes("0.0.0.0/0")[:0], Machines: []Machines{
		{Role: "Agent", Sent: -1, Reach: 9, Sysctl: map[string]string{"x": "y"}},
		{Role: "ok", Region: "us-ord", Type: "t", Image: "i", Count: 10000, In: make([]linode.Rule, 0)},
	}, Balancers: []Balancer{{Role: "front", Before: "nobody", Class: "small"}, {Role: "front"}}}
	for i := range 30 {
		s.Machines[1].Out = append(s.Machines[1].Out, linode.Rule{Label: strings.Repeat("x", i)})
	}
	err := s.Validate()
	for _, words := range []string{"ttl:", "planned:", "min agents: must be 0 to 0", "machines[0].role:", "machines[0].count:", "machines[0].region:", "machines[0].type:",
		"machines[0].image:", "machines[0].reach:", "machines[0].sent:", "machines[0].sysctl:", "machines[1].count:", "balancers[0].before: a NodeBalancer",
		`balancers[0].before: there are no machines of role "nobody"`, "balancers[0].class:", "balancers[0].port:", "balancers[0].listen.port:", "balancers[1].role:",
		`the firewall of role "ok" has 35 rules`} {
		if !contains(err, words) {
			t.Errorf("%v\nwant %q", err, words)
		}
	}
	if _, err := Up(t.Context(), Config{}, "", Spec{}, Offer{}); !contains(err, "give a token") || !contains(err, "ttl:") {
		t.Errorf("%v", err)
	}
	if err := service().Validate(); err != nil {
		t.Error(err)
	}
}

// TestListTellsOfAll: what the disk knows, what the cloud shows, and what both do.
func TestListTellsOfAll(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		old := w.up("", agents(1))
		oldID := old.ID()
		w.down(old)
		time.Sleep(time.Hour)
		elsewhere := w.cfg
		elsewhere.Dir += "-elsewhere"
		theirs, err := Up(w.t.Context(), elsewhere, "", agents(1), Offer{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		ours := w.up("", service())
		time.Sleep(90 * time.Minute)
		all, err := List(w.t.Context(), w.cfg)
		if err != nil || len(all) != 3 {
			t.Fatalf("%v, %+v", err, all)
		}
		for i, want := range []Standing{
			{ID: oldID, For: "checkout.yaml", Here: true, Bill: price.Bill{Total: 108_000}},
			{ID: theirs.ID(), Machines: 1, There: true, Bill: price.Bill{Total: 324_000, PerHour: 108_000}},
			{ID: ours.ID(), For: "checkout.yaml", Machines: 7, Here: true, There: true, Busy: true, Bill: price.Bill{Total: 858_000, PerHour: 429_000}},
		} {
			got := all[i]
			if got.ID != want.ID || got.For != want.For || got.Machines != want.Machines || got.Here != want.Here || got.There != want.There || got.Busy != want.Busy ||
				got.Bill.Total != want.Bill.Total || got.Bill.PerHour != want.Bill.PerHour || got.Ended.IsZero() == (i == 0) || got.Since.IsZero() || got.Expires.IsZero() {
				t.Errorf("%+v\nwant %+v", got, want)
			}
		}
		offline, err := List(w.t.Context(), Config{Dir: w.cfg.Dir})
		if err != nil || len(offline) != 2 || offline[1].Machines != 7 || offline[1].There {
			t.Errorf("%v, %+v", err, offline)
		}
		w.down(ours)
		if _, err := theirs.Down(w.t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestReap gives back what is over, whoever made it, but not what a process of this machine works with.
func TestReap(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		short, long := agents(1), agents(1)
		short.TTL, short.Planned = time.Hour, 0
		long.TTL = 24 * time.Hour
		left := w.up("", short)
		leftID := left.ID()
		w.closed(left)
		busy, live := w.up("", short), w.up("", long)
		w.closed(live)
		w.sim.Foreign("lc-abcdefgh-agent001")
		time.Sleep(2 * time.Hour)
		elsewhere := w.cfg
		elsewhere.Dir += "-elsewhere"
		r, err := Reap(w.t.Context(), w.cfg)
		if err != nil || len(r.Gone) != 1 || len(r.Live) != 2 || len(r.Broken) != 1 || r.Gone[0].Bill.Total == 0 {
			t.Errorf("%v, %+v", err, r)
		}
		want := []string{"lc-" + busy.ID() + "-agent001", "lc-" + busy.ID() + "-agent001", "lc-" + live.ID() + "-agent001", "lc-" + live.ID() + "-agent001", "lc-abcdefgh-agent001"}
		if got := w.sim.Left(); !slices.Equal(got, want) {
			t.Errorf("%s, without %s, want %s", got, leftID, want)
		}
		w.closed(busy)
		r, err = Reap(w.t.Context(), elsewhere)
		if err != nil || len(r.Gone) != 1 || len(r.Live) != 1 {
			t.Errorf("%v, %+v", err, r)
		}
		if got := w.sim.Left(rental.Instance); len(got) != 2 {
			t.Errorf("%s", got)
		}
	})
}
