package rented

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// TestFaultsOfTheCloud: whatever answer comes, or does not, a fleet has each place once, and leaves nothing.
func TestFaultsOfTheCloud(t *testing.T) {
	const makes, deletes = "POST /linode/instances", "DELETE /linode/instances/{id}"
	busy := func(on string, times int) linodetest.Fault {
		return linodetest.Fault{On: on, Times: times, Status: http.StatusBadRequest, Reason: "Linode busy."}
	}
	for name, faults := range map[string][]linodetest.Fault{
		"too many":             {linodetest.TooMany(makes, 40*time.Second), linodetest.TooMany("GET /linode/instances", 20*time.Second)},
		"timeout":              {{On: makes, Times: 2, Status: http.StatusRequestTimeout, Text: "Request Timeout"}},
		"unavailable, undone":  {{On: makes, From: 2, Times: 2, Status: http.StatusServiceUnavailable, Reason: "Service unavailable"}},
		"unavailable, done":    {{On: makes, Done: true, Times: 2, Status: http.StatusServiceUnavailable, Reason: "Service unavailable"}},
		"answers dropped":      {{On: makes, Done: true, Drop: true, Times: 3}, {On: "POST /vpcs", Done: true, Drop: true}, {On: "POST /nodebalancers", Done: true, Drop: true}},
		"answers that hang":    {{On: makes, Done: true, Hang: true}, {On: "POST /networking/firewalls", Done: true, Hang: true}, {On: "POST /placement/groups", Done: true, Hang: true}},
		"lists fail":           {{On: "GET /linode/instances", Times: 5, Status: http.StatusInternalServerError, Reason: "oops"}, {On: "GET /vpcs", Times: 2, Drop: true}},
		"deletion refused":     {busy(deletes, 4), busy("DELETE /nodebalancers/{id}", 2)},
		"deletion unanswered":  {{On: deletes, Done: true, Drop: true, Times: 2}, {On: deletes, Hang: true, From: 3}},
		"network refused":      {{On: "DELETE /vpcs/{id}", Times: 2, Status: http.StatusBadRequest, Reason: "Cannot delete a VPC while a subnet of it is in use"}},
		"subnet not seen":      {{On: "GET /vpcs/{id}", Times: 2, Status: http.StatusInternalServerError, Reason: "oops"}},
		"addresses not seen":   {{On: "GET /vpcs/{id}/ips", Times: 3, Drop: true}},
		"watchdog not reached": {{On: "PUT /linode/instances/{id}", Times: 3, Drop: true}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *linodetest.Config) { c.Detaching = 30 * time.Second }, func(w *world) {
				for _, f := range faults {
					w.sim.Befall(f)
				}
				f := w.up("", small())
				w.whole(f)
				w.down(f)
				w.empty()
			})
		})
	}
}

// whole: a fleet of small has all it is to have, and no more.
func (w *world) whole(f *Fleet) {
	w.t.Helper()
	if got := labels(f.Machines("")); !slices.Equal(got, []string{"agent001", "agent002", "worker001"}) {
		w.t.Errorf("%s", got)
	}
	if left := w.sim.Left(); len(left) != 8 {
		w.t.Errorf("%s", left)
	}
	for _, m := range f.Machines("") {
		i, _ := w.sim.Instance(m.Label)
		if i.Watchdog || i.Private != m.Private {
			w.t.Errorf("%+v", i)
		}
	}
}

// TestListsThatAreLate, by half a minute: nothing is made twice, and nothing left.
func TestListsThatAreLate(t *testing.T) {
	inWorld(t, func(c *linodetest.Config) { c.Unseen = 30 * time.Second }, func(w *world) {
		w.sim.Befall(linodetest.Fault{On: "POST /linode/instances", Done: true, Drop: true, Times: 2})
		f := w.up("", small())
		w.whole(f)
		w.down(f)
		w.empty()
	})
}

// TestStuckMachineIsReplaced; and where as many were replaced as may be, all is given back.
func TestStuckMachineIsReplaced(t *testing.T) {
	stuck := func(c *linodetest.Config) {
		c.Stuck = func(label string) bool { return strings.HasSuffix(label, "-agent001") }
	}
	inWorld(t, stuck, func(w *world) {
		f := w.up("", small())
		if got := labels(f.Machines(Agent)); !slices.Equal(got, []string{"agent001-r1", "agent002"}) {
			t.Errorf("%s", got)
		}
		if left := w.sim.Left(rental.Instance); len(left) != 3 {
			t.Errorf("%s", left)
		}
		w.down(f)
		w.empty()
	})
	all := func(c *linodetest.Config) { c.Stuck = func(string) bool { return true } }
	inWorld(t, all, func(w *world) {
		_, err := Up(w.t.Context(), w.cfg, "", agents(3), Offer{})
		if !contains(err, "does not run 5m0s after it was made") || !contains(err, "everything was given back") {
			t.Errorf("%v", err)
		}
		w.empty()
	})
}

// TestMinAgentsAreEnough where others do not come up.
func TestMinAgentsAreEnough(t *testing.T) {
	stuck := func(c *linodetest.Config) {
		c.Stuck = func(label string) bool { return strings.Contains(label, "-agent002") }
	}
	inWorld(t, stuck, func(w *world) {
		s := agents(3)
		s.MinAgents = 2
		f := w.up("", s)
		w.closed(f)
		f, err := Open(w.t.Context(), w.cfg, f.ID())
		if err != nil {
			t.Fatal(err)
		}
		if got := labels(f.Machines(Agent)); !slices.Equal(got, []string{"agent001", "agent003"}) {
			t.Errorf("%s", got)
		}
		w.down(f)
		w.empty()
	})
}

// TestFullAccountGivesBack what it had, and says why.
func TestFullAccountGivesBack(t *testing.T) {
	inWorld(t, func(c *linodetest.Config) { c.Limit = 2 }, func(w *world) {
		_, err := Up(w.t.Context(), w.cfg, "", small(), Offer{})
		if !contains(err, "Account Limit reached") || !contains(err, "everything was given back: $0.216 so far") {
			t.Errorf("%v", err)
		}
		w.empty()
	})
}

// TestInterruptedFleetIsGivenBack at any moment, also of a fleet that was there.
func TestInterruptedFleetIsGivenBack(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 4 * time.Second, 30 * time.Second} {
		inWorld(t, nil, func(w *world) {
			ctx, cancel := context.WithTimeout(w.t.Context(), after)
			defer cancel()
			_, err := Up(ctx, w.cfg, "", small(), Offer{})
			if !errors.Is(err, context.DeadlineExceeded) || !contains(err, "everything was given back: $") {
				t.Errorf("after %s: %v", after, err)
			}
			w.empty()
		})
	}
}

// TestWhoDoesNotWait is told what is left, what it costs and what to do: by Up that is interrupted twice, and by Down.
func TestWhoDoesNotWait(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Befall(linodetest.Fault{On: "DELETE /linode/instances/{id}", Times: 2, Status: http.StatusBadRequest, Reason: "Linode busy."})
		leave := make(chan struct{})
		w.cfg.Leave = leave
		ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
		defer cancel()
		context.AfterFunc(ctx, func() {
			time.Sleep(time.Second)
			close(leave)
		})
		_, err := Up(ctx, w.cfg, "", agents(2), Offer{})
		if !contains(err, "left, or may be (") || !contains(err, "per hour, until deleted") || !contains(err, "give it back: loadctl fleet down "+w.only()) {
			t.Errorf("%v", err)
		}
		now, cancel := context.WithCancel(w.t.Context())
		cancel()
		a, err := Down(now, w.cfg, w.only())
		if len(a.Left) == 0 || !contains(err, "lc-"+w.only()+"-agent001") {
			t.Errorf("%v, %+v", err, a)
		}
		if _, err := Down(w.t.Context(), w.cfg, w.only()); err != nil {
			t.Error(err)
		}
		w.empty()
	})
}

// TestWhatCannotBeDeleted is told with its price, and its journal and key stay.
func TestWhatCannotBeDeleted(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", agents(2))
		w.sim.Befall(linodetest.Fault{On: "DELETE /linode/instances/{id}", Times: -1, Status: http.StatusForbidden, Reason: "Unauthorized"})
		a, err := f.Down(w.t.Context())
		if len(a.Left) != 3 || a.Bill.Alive != 2 || !contains(err, "3 resources are left, or may be ($0.216 so far without transfer; 2 resources still cost $0.216 per hour") {
			t.Errorf("%v, %+v", err, a)
		}
		if _, err := os.Stat(filepath.Join(w.cfg.Dir, f.ID(), keyFile)); err != nil {
			t.Error(err)
		}
	})
}

// TestStrangeMachineEndsIt: one that shows another host key is not spoken with, and everything is given back.
func TestStrangeMachineEndsIt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.login = func(label string) error {
			if strings.HasSuffix(label, "agent002") {
				return ssh.ErrUntrusted
			}
			return nil
		}
		_, err := Up(w.t.Context(), w.cfg, "", agents(2), Offer{})
		if !contains(err, "agent002 has another host key than it was given") {
			t.Errorf("%v", err)
		}
		w.empty()
	})
}

// TestMachineThatCannotBeSetUp is replaced, with its reason.
func TestMachineThatCannotBeSetUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.check = func(label string) error {
			if strings.HasSuffix(label, "agent001") {
				return errors.New("no room on its disk")
			}
			return nil
		}
		f := w.up("", agents(2))
		if got := labels(f.Machines(Agent)); !slices.Equal(got, []string{"agent001-r1", "agent002"}) || !w.heard("it could not be set up: no room on its disk") {
			t.Errorf("%s, %q", got, w.said)
		}
		w.down(f)
		w.empty()
	})
}

// TestDiskThatIsFull: nothing is rented that no journal would tell of.
func TestDiskThatIsFull(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.cfg
		st, err := c.hold(someID)
		if err != nil {
			t.Fatal(err)
		}
		d, err := begin(c, st, someID, agents(1), Offer{}, true)
		if err != nil {
			t.Fatal(err)
		}
		st.journal.Close() // each write fails from now on
		d.start()
		if err := d.rise(w.t.Context()); !contains(err, "the journal could not be written") {
			t.Error(err)
		}
		if made := w.sim.Calls("POST /networking/firewalls"); len(made) > 0 {
			t.Errorf("%+v", made)
		}
	})
}

// TestLostAndChanged: a machine that is lost to its run is deleted, and what Linode does to one is told.
func TestLostAndChanged(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", agents(3))
		label := func(i int) string { return f.Machines(Agent)[i].Label }
		first, second := label(0), label(1)
		w.sim.SetStatus(second, "rebooting")
		time.Sleep(20 * time.Second)
		w.sim.SetStatus(second, "")
		time.Sleep(20 * time.Second)
		f.Lost(first, "silent for 15 s")
		time.Sleep(time.Minute)
		if left := w.sim.Left(rental.Instance); len(left) != 2 || len(f.Machines(Agent)) != 2 {
			t.Errorf("%s", left)
		}
		for _, s := range w.must(w.cfg.Cloud.List(w.t.Context(), rental.Instance, queryOf(f.ID()))) {
			if s.Label == second {
				if err := w.cfg.Cloud.Delete(w.t.Context(), rental.Instance, s.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(20 * time.Second)
		w.down(f)
		var news []string
		for c := range f.Changes() {
			news = append(news, strings.TrimPrefix(c.Label, second)+c.What)
		}
		want := []string{"Linode says that it is rebooting: what is measured with it is in doubt", "it runs again, after it was rebooting", "it is gone: Linode does not list it any more"}
		if !slices.Equal(news, want) {
			t.Errorf("%q", news)
		}
		w.empty()
	})
}

func (w *world) must(all []rental.Seen, err error) []rental.Seen {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestLaptopMoves: where nobody has said from where we come, the firewall follows us; where somebody has, it stays.
func TestLaptopMoves(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", agents(1))
		w.closed(f)
		firewall := "lc-" + f.ID() + "-agent001"
		if got := w.sshFrom(firewall); !slices.Equal(got, []string{us.String() + "/32"}) {
			t.Errorf("%s", got)
		}
		here := us
		us := here.Next()
		w.from = us
		w.login = func(string) error {
			if from := w.sshFrom(firewall); !slices.Contains(from, "0.0.0.0/0") && !slices.Contains(from, us.String()+"/32") {
				return errors.New("i/o timeout")
			}
			return nil
		}
		f, err := Open(w.t.Context(), w.cfg, f.ID())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.sshFrom(firewall); !slices.Equal(got, []string{us.String() + "/32"}) {
			t.Errorf("%s", got)
		}
		w.down(f)
		w.empty()
	})
}

// sshFrom are the IPv4 addresses that may log in.
func (w *world) sshFrom(firewall string) []string {
	rules, _ := w.sim.Rules(firewall)
	for _, r := range rules.Inbound {
		if r.Label == "ssh" {
			return r.Addresses.IPv4
		}
	}
	return nil
}

// TestOpenLeavesWhatItCannotUse, and says what it lacks.
func TestOpenLeavesWhatItCannotUse(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", agents(2))
		gone := f.Machines(Agent)[1]
		w.closed(f)
		w.login = func(string) error { return errors.New("connection refused") }
		_, refused := Open(w.t.Context(), w.cfg, f.ID())
		w.login = nil
		if err := w.cfg.Cloud.Delete(w.t.Context(), rental.Instance, gone.ID); err != nil {
			t.Fatal(err)
		}
		_, missing := Open(w.t.Context(), w.cfg, f.ID())
		time.Sleep(2 * time.Hour)
		_, late := Open(w.t.Context(), w.cfg, f.ID())
		_, again := Up(w.t.Context(), w.cfg, f.ID(), agents(2), Offer{})
		_, unknown := Open(w.t.Context(), w.cfg, someID)
		for words, err := range map[string]error{
			"connection refused": refused, "instance agent002 is not there": missing, "its time was over": late, "its time was over ": again, "not known here": unknown,
		} {
			if !contains(err, words) {
				t.Errorf("%v, want %q", err, words)
			}
		}
		if left := w.sim.Left(rental.Instance); len(left) != 1 {
			t.Errorf("%s", left)
		}
		if _, err := Down(w.t.Context(), w.cfg, f.ID()); err != nil {
			t.Error(err)
		}
		w.empty()
		if _, err := Open(w.t.Context(), w.cfg, f.ID()); !contains(err, "it was given back") {
			t.Error(err)
		}
	})
}

// TestFirewallsNameAll that may pass, and nothing else.
func TestFirewallsNameAll(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		s := small()
		s.From = prefixes("198.51.100.0/24")
		s.Machines[0].Out = []linode.Rule{{Label: "target", Protocol: "TCP", Ports: "443", Addresses: prefixes("192.0.2.1/32")}}
		f := w.up("", s)
		rules, _ := w.sim.Rules("lc-" + f.ID() + "-agent001")
		var got []string
		for _, r := range slices.Concat(rules.Inbound, rules.Outbound) {
			got = append(got, strings.Join(append([]string{r.Label, r.Protocol, r.Ports}, r.Addresses.IPv4...), " "))
		}
		want := []string{"ssh TCP 22 198.51.100.0/24", "private-tcp TCP 1-65535 10.1.0.0/16", "private-udp UDP 1-65535 10.1.0.0/16", "private-icmp ICMP  10.1.0.0/16",
			"dns-udp UDP 53 0.0.0.0/0", "dns-tcp TCP 53 0.0.0.0/0", "ntp UDP 123 0.0.0.0/0", "metadata TCP 80 169.254.169.254/32",
			"private-tcp TCP 1-65535 10.1.0.0/16", "private-udp UDP 1-65535 10.1.0.0/16", "private-icmp ICMP  10.1.0.0/16", "target TCP 443 192.0.2.1/32"}
		if !slices.Equal(got, want) || rules.InboundPolicy != "DROP" || rules.OutboundPolicy != "DROP" {
			t.Errorf("%q", got)
		}
		w.down(f)
	})
}

// TestDownSaysWhyItWaits: a token that is refused ends it at once; an API that is not there, and a name that nobody knows,
// are told before the wait, and again and again while it lasts.
func TestDownSaysWhyItWaits(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.cfg.Cloud = w.cloud("nobodys")
		began := time.Now()
		if _, err := Down(w.t.Context(), w.cfg, someID); !contains(err, "nothing was given back: ") || time.Since(began) > 10*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
	inWorld(t, nil, func(w *world) {
		if _, err := Down(w.t.Context(), w.cfg, someID); err != nil || !w.heard(someID+" is not known here, and nothing of it is seen at Linode") || !w.heard("still giving back: Linode's lists") {
			t.Errorf("%v, %q", err, w.said)
		}
	})
	inWorld(t, nil, func(w *world) {
		w.closed(w.up("", agents(1)))
		w.sim.Befall(linodetest.Fault{Times: 30, Status: http.StatusServiceUnavailable})
		if _, err := Down(w.t.Context(), w.cfg, w.only()); err != nil || !w.heard("it is asked again for up to 30m") || w.heard("is not known here") {
			t.Errorf("%v, %q", err, w.said)
		}
		w.empty()
	})
}
