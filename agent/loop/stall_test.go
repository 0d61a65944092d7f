package loop

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// stalled plays closed users against a target, and holds the loop up in one of the sends.
func stalled(t *testing.T, users, send int, length time.Duration, to target, change func(*Config)) *play {
	t.Helper()
	scheme := "http"
	if to.tls != nil {
		scheme = "https"
	}
	s := parse(t, fmt.Sprintf(`
version: 1
name: stalls
target: {base_url: "%s://127.0.0.1:1"}
http: {timeout: 500ms, connect_timeout: 500ms}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, vus: %d, duration: 3s}]
`, scheme, users))
	var w *world
	to.send = func(n int) syscall.Errno {
		if n == send {
			w.stall(length)
		}
		return 0
	}
	w = newWorld(to)
	p := stage(t, s, w, change).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
	p.checkIdentity(t, s)
	return p
}

func slowAnswer(after time.Duration) func(request) reply {
	return func(request) reply { return reply{after: after} }
}

// TestAStallMakesNoTimeouts: deadlines fired on answers that the kernel had in time, as
// they were looked at before sockets were. What the stalled send asked comes late indeed.
func TestAStallMakesNoTimeouts(t *testing.T) {
	for _, users := range []int{3, 3000} { // more than a turn takes up
		for _, pacing := range []string{"auto", "ticks", "precise"} {
			p := stalled(t, users, users-1, time.Second, target{answer: slowAnswer(100 * time.Millisecond)}, func(c *Config) { c.Pacing = pacing })
			c := p.total.Cells[0]
			if c.Classes[stats.Timeout] != 1 || c.Classes[stats.OK] != c.Intended-1 || c.Intended < uint64(20*users) {
				t.Errorf("%d users, %s: %v of %d, want one timeout", users, pacing, c.Classes, c.Intended)
			}
			if most := c.Service.Max(); most > 105*time.Millisecond {
				t.Errorf("%d users, %s: the slowest answer took %v", users, pacing, most)
			}
		}
	}
}

// TestAStallExcusesNoTarget: an answer that the kernel received after its deadline is
// late however long the loop was held up.
func TestAStallExcusesNoTarget(t *testing.T) {
	for after, timeouts := range map[time.Duration]uint64{490 * time.Millisecond: 1, 700 * time.Millisecond: 3} {
		first := 0
		p := stalled(t, 3, 2, time.Second, target{answer: func(request) reply {
			if first++; first > 3 {
				return reply{after: 10 * time.Millisecond}
			}
			return reply{after: after}
		}}, nil)
		if c := p.total.Cells[0]; c.Classes[stats.Timeout] != timeouts || c.Classes[stats.OK] != c.Intended-timeouts {
			t.Errorf("answers after %v: %v, want %d timeouts", after, c.Classes, timeouts)
		}
	}
}

// TestAStallBlamesNobodyForConnecting: connections that were open in time had their
// connect time-out; what was to be asked on them was not.
func TestAStallBlamesNobodyForConnecting(t *testing.T) {
	p := stalled(t, 4, 0, time.Second, target{answer: slowAnswer(10 * time.Millisecond), dial: func(n int) (time.Duration, syscall.Errno) {
		return time.Duration(min(n, 1)) * 100 * time.Millisecond, 0
	}}, nil)
	c := p.total.Cells[0]
	if c.Classes[stats.NotSent] != 3 || c.Classes[stats.Timeout] != 1 || c.Classes[stats.OK] != c.Intended-4 {
		t.Errorf("%v, errors %+v; want three not sent, and one asked in the stalled send", c.Classes, p.total.Errors)
	}
	if n := p.total.Phases[0].ConnOpened; n != 5 {
		t.Errorf("%d connections opened, want 4 and one after the timeout", n)
	}
}

// TestAStallBlamesNobodyForHandshakes: what the target had said in time waited for the
// loop, and then for its turn.
func TestAStallBlamesNobodyForHandshakes(t *testing.T) {
	p := stalled(t, 4, 3, time.Second, target{answer: slowAnswer(10 * time.Millisecond), tls: worldTLS()}, func(c *Config) { c.TLS = clientConfig() })
	c := p.total.Cells[0]
	if c.Classes[stats.NotSent] != 3 || c.Classes[stats.ConnError]+c.Classes[stats.Timeout] != 1 || c.Classes[stats.OK] != c.Intended-4 {
		t.Errorf("%v, errors %+v; want three not sent, and one that began its handshake in the stalled send", c.Classes, p.total.Errors)
	}
}

// TestAStallMakesNoTimeoutsLive: a kernel may tell of what has come in many parts.
func TestAStallMakesNoTimeoutsLive(t *testing.T) {
	for _, kind := range machinePollers(t) {
		addr := rawServer(t, func(c *peer) {
			for n := 0; c.request(); n++ {
				time.Sleep(time.Duration(20+n*37%180) * time.Millisecond)
				c.write(helloReply)
			}
		})
		d := drive(t, `
version: 1
name: stalls
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 3s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 200, duration: 10h}]
`, kind, &thrifty{addr: addr})
		d.turns(500 * time.Millisecond)
		d.loop.poller.flush()               // a request that was never sent is the target's time-out
		time.Sleep(3500 * time.Millisecond) // longer than the time-out
		d.turns(500 * time.Millisecond)
		d.end(t)
	}
}

// turns drives the loop for a while.
func (d *driven) turns(f time.Duration) {
	for end := time.Now().Add(f); time.Now().Before(end); {
		d.loop.turn(d.events)
		for len(d.out) > 0 {
			d.take(<-d.out)
		}
	}
}

// TestALookEnds: what targets send without end keeps no deadline waiting: once as many
// events were taken up as there are connections, all that came before were.
func TestALookEnds(t *testing.T) {
	var s sight
	for _, look := range []struct {
		at, want stats.Offset
		taken    int
	}{
		{10, 10, 0}, {20, 10, 128}, {30, 10, 128}, {40, 20, 128}, {50, 20, 5}, {60, 60, 0},
	} {
		if s.look(look.at, look.taken, 300); s.upTo != look.want {
			t.Errorf("after a look at %d: all is seen up to %d, want %d", look.at, s.upTo, look.want)
		}
	}
}
