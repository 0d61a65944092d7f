package loop

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

const stormUsers = `
version: 1
name: closed
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s, connect_timeout: 1s}
users: {u: {tasks: {t: {steps: [{get: /a}, {get: /b}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 10, duration: 10s}]
`

// TestUsersDoNotFloodABrokenTarget: a closed user without pauses connected anew at
// once when its fresh connection broke: 20,000 times a second and core. It makes at
// most ten attempts a second.
func TestUsersDoNotFloodABrokenTarget(t *testing.T) {
	for _, test := range []struct {
		name string
		dial syscall.Errno
		does reply
		kind string
	}{
		{"refuses", syscall.ECONNREFUSED, reply{}, kindRefused},
		{"accepts and resets", 0, reply{reset: true, after: 10 * time.Microsecond}, kindReset},
		{"accepts and closes", 0, reply{close: true, after: 10 * time.Microsecond}, string(http1.ErrClosedBefore)},
		{"answers garbage", 0, reply{bytes: "SSH-2.0\r\n", after: 10 * time.Microsecond}, string(http1.ErrNotHTTP)},
	} {
		s := parse(t, stormUsers)
		w := newWorld(target{
			dial:   func(int) (time.Duration, syscall.Errno) { return 10 * time.Microsecond, test.dial },
			answer: func(request) reply { return test.does },
		})
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 10 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		if w.open > 10*(10*10+1) || w.open < 900 {
			t.Errorf("%s: %d connects of 10 users in 10 s, want at most 100 each", test.name, w.open)
		}
		if len(p.total.Errors) != 1 || p.total.Errors[0].Kind != test.kind {
			t.Errorf("%s: errors %+v, want %q", test.name, p.total.Errors, test.kind)
		}
	}
}

// TestUsersGoOnAtOnceWhereTheTargetWorks: a connection that was good for an answer
// and then broke is opened anew without a rest: rests are for targets that are gone.
func TestUsersGoOnAtOnceWhereTheTargetWorks(t *testing.T) {
	s := parse(t, stormUsers)
	w := newWorld(target{
		dial: func(int) (time.Duration, syscall.Errno) { return time.Millisecond, 0 },
		answer: func(r request) reply {
			return reply{after: time.Millisecond, bytes: helloReply[:len(helloReply)*(2-r.n)/2], reset: r.n == 1}
		},
	})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 10 * time.Second, Deadline: 20 * time.Second})
	c := p.cell(t, s, "load", "/a")
	if want := uint64(10 * 10_000 / 3 * 9 / 10); c.Classes[stats.OK] < want {
		t.Errorf("%d answers, want at least %d: one each 3 ms and user", c.Classes[stats.OK], want)
	}
}

func heldOpen(connections int, onClose string) string {
	return fmt.Sprintf(`
version: 1
name: hold
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s, connect_timeout: 1s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: hold, executor: held-connections, connections: %d, hold: 60s, on_close: %s}]
`, connections, onClose)
}

// TestHeldConnectionsDoNotFloodABrokenTarget: a held connection that was closed was
// opened anew at once, without end. A place makes at most one attempt a second, and
// the phase counts as connected nevertheless.
func TestHeldConnectionsDoNotFloodABrokenTarget(t *testing.T) {
	s := parse(t, heldOpen(100, "reconnect"))
	var w *world
	w = newWorld(target{dial: func(int) (time.Duration, syscall.Errno) {
		fd := w.lastFD + 1
		w.at(w.clock+int64(2*time.Millisecond), func() {
			if s := w.sockets[fd]; s != nil {
				w.arrive(s, "", true, false)
			}
		})
		return time.Millisecond, 0
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 30 * time.Second}, Drain{At: 30 * time.Second, Deadline: 40 * time.Second})
	if w.open < 2900 || w.open > 3100 {
		t.Errorf("%d connects of 100 places in 30 s, want one a second each", w.open)
	}
	if at, ok := p.at(0, Connected); !ok || at > 100*time.Millisecond {
		t.Errorf("connected at %v, %v", at, ok)
	}
	if at, ok := p.at(0, Drained); !ok || at > 31100*time.Millisecond {
		t.Errorf("drained at %v, %v", at, ok)
	}
}

// outage is a target that is gone for a while: it closes all that is open, and
// refuses until it is back.
func outage(w *world, from, to time.Duration) func(int) (time.Duration, syscall.Errno) {
	w.at(int64(from), func() {
		for fd := range int32(len(w.sockets) + 10) {
			if s := w.sockets[fd]; s != nil {
				w.arrive(s, "", false, true)
			}
		}
	})
	return func(int) (time.Duration, syscall.Errno) {
		if now := time.Duration(w.clock); now >= from && now < to {
			return time.Millisecond, syscall.ECONNREFUSED
		}
		return time.Millisecond, 0
	}
}

// TestHeldConnectionsComeBack: a target that was gone for ten seconds was given up
// for good after three. With on_close: reconnect it is tried until the phase ends.
func TestHeldConnectionsComeBack(t *testing.T) {
	for policy, want := range map[string][2]uint64{"reconnect": {50, 50}, "count": {0, 0}} {
		s := parse(t, heldOpen(50, policy))
		w := newWorld(target{})
		w.target.dial = outage(w, 10*time.Second, 20*time.Second)
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 40 * time.Second}, Drain{At: 40 * time.Second, Deadline: 50 * time.Second})
		ph := &p.total.Phases[0]
		if held := p.snapshots[22].Phases[0].ConnHeld; held != want[0] || ph.ConnDropped != 50 || ph.ConnFailed != want[1] {
			t.Errorf("%s: %d held after the outage, %d dropped, %d failed; want %v", policy, held, ph.ConnDropped, ph.ConnFailed, want)
		}
		if w.open > 50*12+50 {
			t.Errorf("%s: %d connects in an outage of 10 s", policy, w.open)
		}
	}
}

// TestDroppedAllAtOnce: reopening keeps to as many attempts at once as opening does.
func TestDroppedAllAtOnce(t *testing.T) {
	const held = 3000
	s := parse(t, heldOpen(held, "reconnect"))
	w := newWorld(target{})
	dial := outage(w, 10*time.Second, 10*time.Second)
	var l *Loop
	most := 0
	w.target.dial = func(n int) (time.Duration, syscall.Errno) {
		most = max(most, l.dialing+1)
		return dial(n)
	}
	p := stage(t, s, w, nil)
	l = p.loop
	p.run(t, Begin{0, 0}, End{0, 20 * time.Second}, Drain{At: 20 * time.Second, Deadline: 30 * time.Second})
	if most > maxDialing {
		t.Errorf("%d attempts at once, want at most %d", most, maxDialing)
	}
	if now := p.snapshots[11].Phases[0].ConnHeld; now != held || p.total.Phases[0].ConnDropped != held {
		t.Errorf("%d held a second after, %d dropped", now, p.total.Phases[0].ConnDropped)
	}
}

// heldAtRate is heldOpen at a connect rate.
func heldAtRate(connections, rate int) string {
	return strings.Replace(heldOpen(connections, "reconnect"), "hold: 60s", fmt.Sprintf("connect_rate: %d/s, hold: 60s", rate), 1)
}

// TestReopeningKeepsTheConnectRate: a thousand connections opened at 100 a second and
// dropped at once came back within a second, so that a target that started anew met a
// storm. Whenever they are dropped, and whatever becomes of the attempts, a loop makes no
// more of them than its part of the rate.
func TestReopeningKeepsTheConnectRate(t *testing.T) {
	halves := arrival.Whole().Split(2)
	for name, test := range map[string]struct {
		share          arrival.Share
		from, to       time.Duration // when the target is gone
		rate           int
		opened, backBy int // seconds
	}{
		"dropped":        {arrival.Whole(), 20 * time.Second, 20 * time.Second, 100, 10, 31},
		"half of it":     {halves[1], 20 * time.Second, 20 * time.Second, 50, 10, 31},
		"gone a while":   {arrival.Whole(), 20 * time.Second, 25 * time.Second, 100, 10, 36},
		"in the opening": {arrival.Whole(), 5 * time.Second, 5 * time.Second, 100, 10, 16},
		"at the start":   {arrival.Whole(), 0, 3 * time.Second, 100, 13, 14},
	} {
		s := parse(t, heldAtRate(1000, 100))
		w := newWorld(target{})
		w.target.dial = outage(w, test.from, test.to)
		dials := map[int]int{}
		w.watch = func(netip.Addr, netip.AddrPort) { dials[int(time.Duration(w.clock)/time.Second)]++ }
		p := stage(t, s, w, func(c *Config) { c.Share = test.share }).
			run(t, Begin{0, 0}, End{0, 40 * time.Second}, Drain{At: 40 * time.Second, Deadline: 50 * time.Second})
		p.checkIdentity(t, s)
		for second, n := range dials {
			if n > test.rate+1 {
				t.Errorf("%s: %d connects in second %d, want %d", name, n, second, test.rate)
			}
		}
		if now := p.snapshots[test.backBy].Phases[0].ConnHeld; now != uint64(10*test.rate) {
			t.Errorf("%s: %d held after second %d, want all %d", name, now, test.backBy, 10*test.rate)
		}
		if at, _ := p.at(0, Connected); at < time.Duration(test.opened)*time.Second-100*time.Millisecond || at > time.Duration(test.opened)*time.Second+100*time.Millisecond {
			t.Errorf("%s: connected at %v, want %d s", name, at, test.opened)
		}
	}
}

// TestReopeningKeepsTheRateOfANewShare: a loop that has taken over what another held
// has that one's part of the rate too.
func TestReopeningKeepsTheRateOfANewShare(t *testing.T) {
	s := parse(t, heldAtRate(1000, 100))
	w := newWorld(target{})
	w.target.dial = outage(w, 30*time.Second, 30*time.Second)
	p := stage(t, s, w, func(c *Config) { c.Share = arrival.Whole().Split(2)[1] }).run(t, Begin{0, 0},
		Reshare{From: 15 * time.Second, Share: arrival.Whole()}, End{0, 45 * time.Second}, Drain{At: 45 * time.Second, Deadline: 50 * time.Second})
	p.checkIdentity(t, s)
	for second, want := range map[int]uint64{12: 500, 28: 1000, 34: 500, 41: 1000} {
		if held := p.snapshots[second].Phases[0].ConnHeld; held < want-2 || held > want+2 {
			t.Errorf("%d held after second %d, want %d", held, second, want)
		}
	}
}

// TestPhaseEndsWithPlacesInLine: those that wait for their turn are given up with it.
func TestPhaseEndsWithPlacesInLine(t *testing.T) {
	s := parse(t, heldAtRate(1000, 100))
	w := newWorld(target{})
	w.target.dial = outage(w, 20*time.Second, 20*time.Second)
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 23 * time.Second}, Drain{At: 40 * time.Second, Deadline: 50 * time.Second})
	p.checkIdentity(t, s)
	if at, ok := p.at(0, Drained); !ok || at > 23100*time.Millisecond {
		t.Errorf("drained at %v, %v, want 23s", at, ok)
	}
	if n := p.total.Phases[0].ConnOpened; n < 1290 || n > 1310 {
		t.Errorf("%d opened, want 1000 and three seconds of 100", n)
	}
}

// TestPlacesWaitInLine: 20,000 places dropped at once set a timer each and set it anew
// every 10 ms, in one pass of the loop, for 512 attempts. They stand in line, and no pass
// makes more attempts than may be under way, whether these fail at once or not.
func TestPlacesWaitInLine(t *testing.T) {
	const held, from = 20_000, 20 * time.Second
	for _, errno := range []syscall.Errno{0, syscall.EMFILE} {
		s := parse(t, heldOpen(held, "reconnect"))
		w := newWorld(target{})
		drop := outage(w, from, from)
		w.target.dial = func(n int) (time.Duration, syscall.Errno) {
			now := time.Duration(w.clock)
			switch {
			case now < from:
				return drop(n)
			case now < from+5*time.Second && errno != 0:
				return 0, errno
			}
			return 100 * time.Millisecond, 0
		}
		p := stage(t, s, w, nil)
		timers, pass, waits, most := 0, 0, 0, 0
		w.watch = func(netip.Addr, netip.AddrPort) {
			if w.waits != waits {
				waits, pass = w.waits, 0
			}
			pass++
			most = max(most, pass)
			if time.Duration(w.clock) > from {
				timers = max(timers, p.loop.timers.n)
			}
		}
		p.run(t, Begin{0, 0}, End{0, 40 * time.Second}, Drain{At: 40 * time.Second, Deadline: 50 * time.Second})
		p.checkIdentity(t, s)
		if errno == 0 && timers > 12*maxDialing { // of attempts in the time given to connect
			t.Errorf("%d timers for %d attempts at once", timers, maxDialing)
		}
		if most > maxDialing {
			t.Errorf("%v: %d attempts in one pass", errno, most)
		}
		if now := p.snapshots[35].Phases[0].ConnHeld; now != held {
			t.Errorf("%v: %d held at the end", errno, now)
		}
	}
}

// TestTargetThatComesBack: an open load fails while its target is gone, each kind with
// its first and last moment, and then is served as before.
func TestTargetThatComesBack(t *testing.T) {
	s := parse(t, `
version: 1
name: gone
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s, connect_timeout: 1s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-arrival-rate, user: u, rate: 1000/s, duration: 30s, arrivals: uniform}]
`)
	w := newWorld(target{answer: func(request) reply { return reply{after: 20 * time.Millisecond} }})
	w.target.dial = outage(w, 10*time.Second, 20*time.Second)
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 30 * time.Second, Deadline: 40 * time.Second})
	p.checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	if bad := c.Classes[stats.ConnError]; bad < 9_990 || bad > 10_050 || c.Classes[stats.OK]+bad != 30_000 {
		t.Errorf("classes %v, want 10,000 errors and the rest ok", c.Classes)
	}
	if w.open > 10_000+200 {
		t.Errorf("%d connects: more than one for each request that failed", w.open)
	}
	for _, e := range p.total.Errors {
		early := (e.Kind == kindRace || e.Kind == kindReset) && e.First >= 10*time.Second && e.Last < 10_010*time.Millisecond
		gone := e.Kind == kindRefused && e.First >= 10*time.Second && e.Last >= 19_990*time.Millisecond && e.Last < 20_010*time.Millisecond
		if !early && !gone || len(e.Samples) == 0 {
			t.Errorf("%+v", e)
		}
	}
}
