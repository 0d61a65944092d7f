package loop

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// pooling is a scenario of one phase with a pool, of iterations of two requests.
func pooling(executor, pool string) string {
	return fmt.Sprintf(`
version: 1
name: pools
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s}
users: {u: {tasks: {both: {steps: [{get: /a}, {get: /b}]}}}}
phases: [{name: load, executor: %s, pool: %s}]
`, executor, pool)
}

const (
	closedUsers = "constant-vus, vus: 10, duration: 2s"
	openArrival = "constant-arrival-rate, rate: 100/s, duration: 2s, arrivals: uniform"
	sayClose    = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
)

// pooled plays such a scenario.
func pooled(t *testing.T, w *world, executor, pool string) (*play, *stats.PhaseStats) {
	t.Helper()
	s := parse(t, pooling(executor, pool))
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
	p.checkIdentity(t, s)
	return p, &p.total.Phases[0]
}

// TestUsersShare: ten users on two connections wait in order, and the wait is known.
func TestUsersShare(t *testing.T) {
	var order []string
	w := newWorld(target{answer: func(r request) reply {
		order = append(order, strings.Fields(string(r.text))[1])
		return reply{after: 10 * time.Millisecond}
	}})
	p, ph := pooled(t, w, closedUsers, "{reuse: shared, max: 2}")
	if ph.ConnOpened != 2 || ph.Ended[stats.EndedDone] != 2 {
		t.Errorf("%d connections opened, ended %v; want 2", ph.ConnOpened, ph.Ended)
	}
	c := p.total.Cells[0]
	if c.Classes[stats.OK] < 190 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("%v, want 100 requests a second and connection, half of them /a, all ok", c.Classes)
	}
	near(t, "pool wait p50", ph.PoolWait.Percentile(50), 40*time.Millisecond, 0.05)
	for i := 0; i+20 <= len(order); i += 20 { // ten users' first requests, then their second
		if !slices.Equal(order[i:i+10], slices.Repeat([]string{"/a"}, 10)) || !slices.Equal(order[i+10:i+20], slices.Repeat([]string{"/b"}, 10)) {
			t.Fatalf("in order %v: somebody overtook", order[i:i+20])
		}
	}
}

// TestConnectionOfAnIteration: its second request has the connection of its first.
func TestConnectionOfAnIteration(t *testing.T) {
	w := newWorld(target{answer: func(request) reply { return reply{after: 10 * time.Millisecond} }})
	p, ph := pooled(t, w, openArrival, "{reuse: user}")
	if ph.IterIntended != 200 || ph.ConnOpened != 200 || ph.Ended[stats.EndedDone] != 200 || w.requests < 399 {
		t.Errorf("%d iterations, %d connections, ended %v, %d requests", ph.IterCompleted, ph.ConnOpened, ph.Ended, w.requests)
	}
	if got := p.snapshots[1].Phases[0].TimeWait; got < 190 || got > 200 {
		t.Errorf("%d ports in TIME_WAIT, want about 198: loadctl closed first", got)
	}
}

// TestChurn: each request has a connection of its own and says so; a target that
// closes it leaves no port waiting here.
func TestChurn(t *testing.T) {
	for _, test := range []struct {
		name    string
		answer  reply
		how     stats.Ending
		waiting bool
	}{
		{"closed by the target at once", reply{bytes: sayClose, close: true}, stats.EndedAnnounced, false},
		{"closed by the target a little later", reply{bytes: sayClose + "x", pieces: len(sayClose) + 1, close: true}, stats.EndedAnnounced, false},
		{"left open though it said it would close", reply{bytes: sayClose}, stats.EndedAnnounced, true},
		{"kept alive", reply{bytes: helloReply}, stats.EndedDone, true},
	} {
		for _, load := range []string{openArrival, closedUsers + ", user: u"} {
			asked := 0
			w := newWorld(target{answer: func(r request) reply {
				if !strings.Contains(string(r.text), "\r\nConnection: close\r\n") || r.n != 0 {
					t.Errorf("%s: request %d of its connection: %q", test.name, r.n, r.text)
				}
				asked++
				a := test.answer
				a.after = 20 * time.Millisecond
				return a
			}})
			_, ph := pooled(t, w, load, "{reuse: none}")
			if int(ph.ConnOpened) != asked || ph.Ended[test.how] != ph.ConnOpened || asked < 398 {
				t.Errorf("%s: %d requests, %d connections, ended %v", test.name, asked, ph.ConnOpened, ph.Ended)
			}
			if (ph.TimeWait > 0) != test.waiting {
				t.Errorf("%s: %d ports in TIME_WAIT", test.name, ph.TimeWait)
			}
		}
	}
}

// TestPartingEnds: a target that does not close though it said so is waited for a
// second, in which the phase can be over.
func TestPartingEnds(t *testing.T) {
	w := newWorld(target{answer: func(request) reply { return reply{after: time.Millisecond, bytes: sayClose} }})
	p, ph := pooled(t, w, openArrival, "{reuse: shared}")
	if at, ok := p.at(0, Drained); !ok || at > 2100*time.Millisecond {
		t.Errorf("drained at %v, want 2 s", at)
	}
	if open := p.snapshots[1].Phases[0].ConnOpen; open < 190 || open > 210 {
		t.Errorf("%d connections open, want those of the last second", open)
	}
	if ph.Ended[stats.EndedAnnounced] < 200 {
		t.Errorf("ended %v", ph.Ended)
	}
}

// TestConnectRate: connects of two loops together are as far apart as the rate says.
func TestConnectRate(t *testing.T) {
	s := parse(t, pooling("constant-vus, vus: 100, duration: 4s", "{connect_rate: 50/s}"))
	var at []time.Duration
	for _, share := range arrival.Whole().Split(2) {
		w := newWorld(target{})
		w.watch = func(netip.Addr, netip.AddrPort) { at = append(at, time.Duration(w.clock)) }
		p := stage(t, s, w, func(c *Config) { c.Share, c.Pacing = share, "precise" })
		p.run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
		p.checkIdentity(t, s)
		if wait := p.total.Phases[0].PoolWait.Max(); wait < 1900*time.Millisecond || wait > 2*time.Second {
			t.Errorf("the longest pool wait is %v, want that of the last connection", wait)
		}
	}
	slices.Sort(at)
	if len(at) != 100 {
		t.Fatalf("%d connects, want 100", len(at))
	}
	for i := range at {
		if want := time.Duration(i) * 20 * time.Millisecond; at[i] < want || at[i] > want+time.Millisecond {
			t.Fatalf("connect %d at %v, want %v", i, at[i], want)
		}
	}
}

// TestConnectRateOfTicks: a loop that wakes by the tick keeps a rate above it.
func TestConnectRateOfTicks(t *testing.T) {
	s := parse(t, pooling("constant-arrival-rate, rate: 9000/s, duration: 2s, arrivals: uniform, max_lag: 100ms", "{reuse: none, connect_rate: 6000/s}"))
	w := newWorld(target{answer: func(request) reply { return reply{after: time.Millisecond, bytes: sayClose, close: true} }})
	p := stage(t, s, w, func(c *Config) { c.Pacing = "ticks" })
	p.run(t, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 5 * time.Second})
	p.checkIdentity(t, s)
	if n := p.snapshots[1].Phases[0].ConnOpened; n < 5900 || n > 6100 {
		t.Errorf("%d connections opened in the second second, want 6000", n)
	}
}

// TestWornConnections: they end after their answer by age or number of requests, not
// all at the same one.
func TestWornConnections(t *testing.T) {
	for pool, how := range map[string]stats.Ending{"{max_requests: 20}": stats.EndedRequests, "{max_age: 200ms, reuse: shared}": stats.EndedAge} {
		served := map[int32]int{}
		last := map[int]int{}
		w := newWorld(target{answer: func(r request) reply {
			served[r.conn]++
			return reply{after: 10 * time.Millisecond}
		}})
		p, ph := pooled(t, w, closedUsers, pool)
		for _, n := range served {
			last[n]++
		}
		if ph.Ended[how] < 90 || ph.Ended[how]+ph.Ended[stats.EndedDone] != ph.ConnOpened {
			t.Errorf("%s: %d opened, ended %v", pool, ph.ConnOpened, ph.Ended)
		}
		if last[18]+last[19]+last[20]+last[21]+last[22] < 90 || len(last) < 3 {
			t.Errorf("%s: requests of connections %v, want 20 ± 2", pool, last)
		}
		if c := p.total.Cells[0]; c.Classes[stats.OK] != c.Intended {
			t.Errorf("%s: %v", pool, c.Classes)
		}
	}
}

// TestNoPortsForAWhile: the kernel gives ports back, so they are asked for again ten
// times a second, and what waited too long is the generator's fault.
func TestNoPortsForAWhile(t *testing.T) {
	var w *world
	tries := 0
	w = newWorld(target{dial: func(int) (time.Duration, syscall.Errno) {
		if at := time.Duration(w.clock); at > 500*time.Millisecond && at < 1500*time.Millisecond {
			tries++
			return 0, syscall.EADDRNOTAVAIL
		}
		return time.Millisecond, 0
	}})
	s := parse(t, pooling(openArrival+", max_lag: 300ms", "{reuse: none}"))
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
	p.checkIdentity(t, s)
	a := p.cell(t, s, "load", "/a")
	if a.Classes[stats.NotSent] < 50 || a.Classes[stats.NotSent] > 90 || a.Classes[stats.OK]+a.Classes[stats.NotSent] != a.Intended {
		t.Errorf("%v, want some 70 not_sent, the others ok", a.Classes)
	}
	if tries > 12 {
		t.Errorf("%d connects in a second without ports", tries)
	}
	if len(p.notices) == 0 || p.notices[0].Kind != "generator" || !strings.Contains(p.notices[0].Text, "out of ports") {
		t.Errorf("notices %+v", p.notices)
	}
	for _, g := range p.total.Errors {
		if g.Class != stats.NotSent || g.Kind != "out of ports" {
			t.Errorf("error %s %q", g.Class, g.Kind)
		}
	}
}

// TestKeepAliveTimeOut: how long the target keeps idle connections is found out from
// those it closes.
func TestKeepAliveTimeOut(t *testing.T) {
	s := parse(t, `
version: 1
name: idle
target: {base_url: "http://127.0.0.1:1"}
users: {u: {wait_time: 3s, tasks: {get: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, vus: 10, duration: 10s}]
`)
	var w *world
	w = newWorld(target{answer: func(r request) reply {
		served := w.sockets[r.conn].served
		w.at(w.clock+int64(time.Second), func() {
			if k := w.sockets[r.conn]; k != nil && k.served == served+1 {
				w.arrive(k, "", true, false)
			}
		})
		return reply{}
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 13 * time.Second})
	p.checkIdentity(t, s)
	ph := &p.total.Phases[0]
	if ph.Ended[stats.EndedIdle] != 30 || ph.DropIdle.Count() != 30 || ph.Ended[stats.EndedDone] != 10 {
		t.Errorf("ended %v, %d timed", ph.Ended, ph.DropIdle.Count())
	}
	near(t, "idle time of those dropped", ph.DropIdle.Percentile(50), time.Second, 0.01)
	near(t, "their age", ph.DropAge.Percentile(50), time.Second, 0.01)
}

// TestKeepAliveRace: a request on an idle connection that the target closes in the
// same moment is an error of a kind of its own, and is not sent again.
func TestKeepAliveRace(t *testing.T) {
	for name, broken := range map[string]reply{"end of stream": {close: true}, "reset": {reset: true}} {
		for n, kind := range map[int]string{0: "", 1: kindRace} {
			w := newWorld(target{answer: func(r request) reply {
				if r.n == n {
					return broken
				}
				return reply{}
			}})
			p, ph := pooled(t, w, openArrival, "{reuse: shared}")
			if len(p.total.Errors) == 0 || ph.Ended[stats.EndedBusy] == 0 {
				t.Fatalf("%s at request %d: errors %v, ended %v", name, n, p.total.Errors, ph.Ended)
			}
			for _, g := range p.total.Errors {
				if g.Class != stats.ConnError || kind != "" && g.Kind != kind || kind == "" && g.Kind == kindRace {
					t.Errorf("%s at request %d: %s %q", name, n, g.Class, g.Kind)
				}
			}
			if int(p.total.Cells[0].Requests()+p.total.Cells[1].Requests()) != w.requests {
				t.Errorf("%d requests came, %d + %d were counted", w.requests, p.total.Cells[0].Requests(), p.total.Cells[1].Requests())
			}
		}
	}
}

// TestClosingsForgetAfterAMinute: that is how long a port waits.
func TestClosingsForgetAfterAMinute(t *testing.T) {
	var n closings
	for second := int64(0); second < 300; second++ {
		n.add(second)
		n.add(second)
		if got := n.within(second); got != 2*uint64(min(second+1, 60)) {
			t.Fatalf("second %d: %d", second, got)
		}
	}
	if got := n.within(358); got != 2 {
		t.Errorf("59 s after the last: %d, want 2", got)
	}
	if got := n.within(1000); got != 0 {
		t.Errorf("long after: %d", got)
	}
}

// TestPortsKeptAreThoseOfTheKernel: where ports may be taken again a second after they were
// closed, those of the minute before are no loss.
func TestPortsKeptAreThoseOfTheKernel(t *testing.T) {
	for kept, want := range map[time.Duration]uint64{0: 0, time.Second: 100, time.Minute: 200} {
		w := newWorld(target{answer: func(request) reply { return reply{after: 10 * time.Millisecond} }})
		s := parse(t, pooling(openArrival, "{reuse: user}"))
		p := stage(t, s, w, func(c *Config) { c.PortsKept = kept }).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
		if got := p.snapshots[1].PortsKept; got > want || got < want-want/20 {
			t.Errorf("kept for %s: %d at the end of the second second, want about %d", kept, got, want)
		}
	}
}

// TestReaddress: new connections go to the new addresses, all of them in turn; those
// there are stay.
func TestReaddress(t *testing.T) {
	s := parse(t, pooling(openArrival, "{reuse: none}"))
	w := newWorld(target{answer: func(request) reply { return reply{after: time.Millisecond, bytes: sayClose, close: true} }})
	went := map[string]int{}
	w.watch = func(_ netip.Addr, to netip.AddrPort) { went[to.String()]++ }
	p := stage(t, s, w, nil)
	w.at(int64(time.Second), func() {
		p.loop.Do(Readdress{Addrs: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:80")}})
	})
	p.run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
	p.checkIdentity(t, s)
	if a, b, c := went["127.0.0.1:80"], went["10.0.0.1:80"], went["10.0.0.2:80"]; a < 195 || a > 205 || b < 95 || c < 95 || b-c > 2 || c-b > 2 {
		t.Errorf("connections went to %v", went)
	}
}

// TestRedirectsChurnToo: what a redirect leads to has a connection of its own where each
// request has, and says so, whether the target closes or not.
func TestRedirectsChurnToo(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		w := newWorld(target{answer: func(r request) reply {
			if r.n != 0 || !strings.Contains(string(r.text), "\r\nConnection: close\r\n") {
				t.Errorf("request %d of its connection: %q", r.n, r.text)
			}
			a := reply{after: time.Millisecond, bytes: sayClose, close: true}
			if strings.HasPrefix(string(r.text), "GET /a") {
				a.bytes = "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n"
			}
			if keeps {
				a.bytes, a.close = strings.Replace(a.bytes, "Connection: close\r\n", "", 1), false
			}
			return a
		}})
		s := parse(t, strings.Replace(pooling(openArrival, "{reuse: none}"), "{timeout: 2s}", "{timeout: 2s, follow_redirects: 2, cookies: true}", 1))
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
		p.checkIdentity(t, s)
		a, ph := p.cell(t, s, "load", "/a"), &p.total.Phases[0]
		if a.Classes[stats.OK] != 200 || int(ph.ConnOpened) != w.requests || w.requests < 590 {
			t.Errorf("%v, %d connections for %d requests", a.Classes, ph.ConnOpened, w.requests)
		}
		how := stats.EndedAnnounced
		if keeps {
			how = stats.EndedDone
		}
		if ph.Ended[how] != ph.ConnOpened {
			t.Errorf("ended %v of %d", ph.Ended, ph.ConnOpened)
		}
	}
}
