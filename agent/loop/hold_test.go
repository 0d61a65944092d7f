package loop

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

func holding(connections int, rate, onClose string) string {
	return fmt.Sprintf(`
version: 1
name: hold
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s}
users:
  u: {tasks: {ping: {steps: [{get: /ping}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: %d, %s hold: 60s,
     heartbeat: {task: ping, every: 10s, jitter: 20%%}, on_close: %s}
`, connections, rate, onClose)
}

// TestHold: connections open at the rate, stay, beat, and close quietly.
func TestHold(t *testing.T) {
	s := parse(t, holding(500, "connect_rate: 100/s,", "reconnect"))
	w := newWorld(target{})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 65 * time.Second}, Drain{At: 70 * time.Second, Deadline: 80 * time.Second})
	p.checkIdentity(t, s)
	at, ok := p.at(0, Connected)
	if !ok || at < 4900*time.Millisecond || at > 5100*time.Millisecond {
		t.Errorf("connected at %v (%v), want 5s", at, ok)
	}
	ph := &p.total.Phases[0]
	if ph.ConnOpened != 500 || ph.ConnDropped != 0 || ph.ConnFailed != 0 || w.open != 500 {
		t.Errorf("%+v, %d dials", ph, w.open)
	}
	if ph.HeartbeatsSent != ph.HeartbeatsAnswered || ph.HeartbeatsSent < 2900 || ph.HeartbeatsSent > 3300 {
		t.Errorf("%d heartbeats sent, %d answered, want about 500 × 62/10", ph.HeartbeatsSent, ph.HeartbeatsAnswered)
	}
	for i := 5; i < 65; i++ {
		if held := p.snapshots[i].Phases[0].ConnHeld; held != 500 {
			t.Fatalf("%d held at the end of second %d", held, i)
		}
	}
	if last := p.snapshots[len(p.snapshots)-1].Phases[0]; last.ConnHeld != 0 || last.ConnOpen != 0 {
		t.Errorf("at the end %+v", last)
	}
	if finished, _ := p.at(0, Finished); finished != 65*time.Second {
		t.Errorf("finished at %v, want 65s", finished)
	}
}

// TestHoldClosedByTarget: a closed connection is missed, and then what on_close says.
func TestHoldClosedByTarget(t *testing.T) {
	for _, test := range []struct {
		policy       string
		opened, held uint64
		aborts       int
	}{{"reconnect", 60, 50, 0}, {"count", 50, 40, 0}, {"abort", 50, 40, 10}} {
		s := parse(t, holding(50, "", test.policy))
		w := newWorld(target{})
		p := stage(t, s, w, nil)
		w.at(int64(20*time.Second), func() {
			for fd := int32(3); fd < 13; fd++ {
				w.arrive(w.sockets[fd], "", true, fd%2 == 0)
			}
		})
		p.run(t, Begin{0, 0}, End{0, 40 * time.Second}, Drain{At: 41 * time.Second, Deadline: 50 * time.Second})
		p.checkIdentity(t, s)
		ph := &p.total.Phases[0]
		if ph.ConnDropped != 10 || ph.ConnOpened != test.opened {
			t.Errorf("%s: dropped %d, opened %d, want 10, %d", test.policy, ph.ConnDropped, ph.ConnOpened, test.opened)
		}
		if held := p.snapshots[30].Phases[0].ConnHeld; held != test.held {
			t.Errorf("%s: %d held afterwards, want %d", test.policy, held, test.held)
		}
		if len(p.notices) != test.aborts {
			t.Errorf("%s: notices %+v", test.policy, p.notices)
		}
	}
}

// TestHoldRefused: three tries a second apart, then the connection has failed,
// and the phase counts as connected with those there are.
func TestHoldRefused(t *testing.T) {
	s := parse(t, holding(10, "", "reconnect"))
	w := newWorld(target{dial: func(n int) (time.Duration, syscall.Errno) {
		if n%10 == 0 {
			return time.Millisecond, syscall.ECONNREFUSED
		}
		return time.Millisecond, 0
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 10 * time.Second}, Drain{At: 11 * time.Second, Deadline: 20 * time.Second})
	ph := &p.total.Phases[0]
	if at, ok := p.at(0, Connected); !ok || at < 900*time.Millisecond {
		t.Errorf("connected at %v, %v", at, ok)
	}
	if ph.ConnOpened+ph.ConnFailed != 10 || w.open < 11 {
		t.Errorf("opened %d, failed %d after %d dials", ph.ConnOpened, ph.ConnFailed, w.open)
	}
	dead := newWorld(target{dial: func(int) (time.Duration, syscall.Errno) { return 0, syscall.ECONNREFUSED }})
	p = stage(t, s, dead, nil).run(t, Begin{0, 0}, End{0, 10 * time.Second}, Drain{At: 11 * time.Second, Deadline: 20 * time.Second})
	if at, ok := p.at(0, Connected); !ok || at < 2*time.Second || dead.open != 30 || p.total.Phases[0].ConnFailed != 10 {
		t.Errorf("connected at %v %v after %d dials, %d failed; want 30 dials in 2 s", at, ok, dead.open, p.total.Phases[0].ConnFailed)
	}
}

// TestHeartbeatsYield: a beat that falls due on a busy connection waits for it.
func TestHeartbeatsYield(t *testing.T) {
	s := parse(t, holding(1, "", "reconnect")+`
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1/s, duration: 40s, arrivals: uniform, over: hold, start: {with: hold, after: connected}}
`)
	w := newWorld(target{answer: func(request) reply { return reply{after: 800 * time.Millisecond} }})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, time.Second}, End{0, 60 * time.Second}, Drain{At: 60 * time.Second, Deadline: 70 * time.Second})
	p.checkIdentity(t, s)
	ph := &p.total.Phases[0]
	if ph.HeartbeatsSent < 2 || ph.HeartbeatsSent != ph.HeartbeatsAnswered || ph.ConnDropped != 0 {
		t.Errorf("%+v", ph)
	}
	if c := p.cell(t, s, "load", "/ping"); c.Classes[stats.OK] != 40 {
		t.Errorf("load: %v", c.Classes)
	}
}

// TestReshareTakesOver: when one of two loops is lost, the other opens what it
// held and sends what it would have sent.
func TestReshareTakesOver(t *testing.T) {
	s := parse(t, holding(100, "connect_rate: 100/s,", "reconnect")+`
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 20s, over: hold, start: {with: hold, after: connected}}
  - {name: users, executor: constant-vus, user: u, vus: 10, duration: 20s, start: {with: hold, after: connected}}
`)
	halves := arrival.Whole().Split(2)
	w := newWorld(target{answer: func(request) reply { return reply{after: 100 * time.Millisecond} }})
	p := stage(t, s, w, func(c *Config) { c.Share = halves[1] })
	p.run(t, Begin{0, 0}, Begin{1, 2 * time.Second}, Begin{2, 2 * time.Second},
		Reshare{From: 12 * time.Second, Share: arrival.Whole()}, End{0, 30 * time.Second}, Drain{At: 31 * time.Second, Deadline: 40 * time.Second})
	p.checkIdentity(t, s)
	if before, after := p.snapshots[10].Phases[0].ConnHeld, p.snapshots[20].Phases[0].ConnHeld; before != 50 || after != 100 {
		t.Errorf("held %d before and %d after, want 50 and 100", before, after)
	}
	if before, after := p.snapshots[10].Phases[2].VUs, p.snapshots[20].Phases[2].VUs; before != 5 || after != 10 {
		t.Errorf("%d users before and %d after, want 5 and 10", before, after)
	}
	want := uint64(0)
	seed := arrival.Mix(7, 1)
	first := arrival.New(s.Phases[1].Profile, s.Phases[1].Arrivals, seed, halves[1])
	for a, ok := first.Next(); ok; a, ok = first.Next() {
		if a.At < 10*time.Second {
			want++
		}
	}
	both := arrival.New(s.Phases[1].Profile, s.Phases[1].Arrivals, seed, arrival.Whole())
	for a, ok := both.Next(); ok; a, ok = both.Next() {
		if a.At >= 10*time.Second {
			want++
		}
	}
	if got := p.total.Phases[1].IterIntended; got != want {
		t.Errorf("%d arrivals, want %d", got, want)
	}
}

// TestLiveHold: two thousand real connections with heartbeats.
func TestLiveHold(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 4,000 sockets")
	}
	s := parse(t, `
version: 1
name: hold
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {ping: {steps: [{get: /ping}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: 2000, hold: 5s, heartbeat: {task: ping, every: 1s, jitter: 20%}}
`)
	addr := rawServer(t, func(c *peer) {
		for c.request() {
			c.write(helloReply)
		}
	})
	got := live(t, s, addr, nil, Begin{}, End{0, 6 * time.Second}, Drain{At: 6200 * time.Millisecond, Deadline: late})
	got.checkIdentity(t, s)
	ph := &got.total.Phases[0]
	if ph.ConnOpened != 2000 || ph.ConnDropped != 0 || ph.ConnFailed != 0 {
		t.Errorf("opened %d, dropped %d, failed %d", ph.ConnOpened, ph.ConnDropped, ph.ConnFailed)
	}
	if ph.HeartbeatsSent < 5000 || ph.HeartbeatsSent != ph.HeartbeatsAnswered {
		t.Errorf("%d heartbeats sent, %d answered", ph.HeartbeatsSent, ph.HeartbeatsAnswered)
	}
	if held := got.snapshots[5].Phases[0].ConnHeld; held != 2000 {
		t.Errorf("%d held", held)
	}
	at, _ := got.at(0, Connected)
	t.Logf("2000 connections in %v, connect p99 %v", at, ph.Connect.Percentile(99))
}
