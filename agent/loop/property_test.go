package loop

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

const mixed = `
version: 1
name: mixed
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: %v, connect_timeout: 300ms}
users:
  shopper:
    wait_time: {between: [0s, %v]}
    network: %s
    tasks:
      one: {weight: 2, steps: [{get: /one, check: [{header: x-kind, contains: good}]}]}
      three: {steps: [{get: /a}, {think: {between: [0s, 400ms]}}, {get: "/b/${rand.int(1, 9)}", name: /b}, {get: /c, check: [{body: {contains: hello}}]}]}
phases:
  - {name: hold, executor: held-connections, user: shopper, connections: %d, connect_rate: 200/s, hold: 5s,
     heartbeat: {task: one, every: 300ms, jitter: 50%%}, on_close: reconnect}
  - {name: over, executor: constant-arrival-rate, user: shopper, rate: %d/s, duration: 2s, over: hold, max_lag: %v, start: {with: hold, after: connected}}
  - {name: open, executor: ramping-arrival-rate, user: shopper, start_rate: 5/s, stages: [{target: %d/s, duration: 1500ms}], max_vus: %d, max_lag: %v, arrivals: uniform, start: {with: hold, after: begin}, pool: %s}
  - {name: closed, executor: ramping-vus, user: shopper, stages: [{target: %d, duration: 1s}, {target: 1, duration: 1s}], start: {with: hold, after: begin}, pool: %s}
`

func drawScenario(t *rapid.T, base string) *scenarios.Scenario {
	ms := func(name string, low, high int) time.Duration {
		return time.Duration(rapid.IntRange(low, high).Draw(t, name)) * time.Millisecond
	}
	n := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	text := fmt.Sprintf(strings.Replace(mixed, "http://127.0.0.1:1", base, 1), ms("timeout", 50, 800), ms("wait", 1, 300), drawNetwork(t), n("connections", 1, 30),
		n("over", 1, 300), ms("overLag", 20, 500), n("open", 1, 300), n("maxVUs", 1, 40), ms("openLag", 20, 500), drawPool(t, 1), n("vus", 1, 20), drawPool(t, 20))
	s, err := scenarios.Parse("mixed.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawPool is one of all the ways to get connections; a user's own need a max of
// users at least.
func drawPool(t *rapid.T, users int) string {
	reuse := rapid.SampledFrom([]string{"user", "user", "shared", "none"}).Draw(t, "reuse")
	text := "{reuse: " + reuse
	least := 1
	if reuse == "user" {
		least = users
	}
	add := func(key string, value any) {
		if rapid.Bool().Draw(t, key) {
			text += fmt.Sprintf(", %s: %v", key, value)
		}
	}
	add("max", rapid.IntRange(least, 25).Draw(t, "max"))
	add("connect_rate", fmt.Sprint(rapid.IntRange(5, 400).Draw(t, "connectRate"), "/s"))
	if reuse != "none" {
		add("max_requests", rapid.IntRange(1, 20).Draw(t, "maxRequests"))
		add("max_age", fmt.Sprint(rapid.IntRange(10, 900).Draw(t, "maxAge"), "ms"))
	}
	add("close", rapid.SampledFrom([]string{"normal", "reset"}).Draw(t, "farewell"))
	return text + "}"
}

// drawNetwork is a fast network twice as often as a slow one.
func drawNetwork(t *rapid.T) string {
	rate := rapid.SampledFrom([]string{"0", "0", "0", "0", "200B/s", "2KB/s", "1MB/s"})
	return fmt.Sprintf("{read_rate: %s, write_rate: %s}", rate.Draw(t, "readRate"), rate.Draw(t, "writeRate"))
}

// drawTarget is a target that misbehaves in all ways, each as often as drawn.
func drawTarget(t *rapid.T) target {
	seed := rapid.Uint64().Draw(t, "target")
	mood := func(name string) float64 {
		return rapid.SampledFrom([]float64{0, 0, 0.02, 0.3}).Draw(t, name)
	}
	refuse, refuseNow, hang, limit := mood("refuse"), mood("refuseNow"), mood("hang"), mood("limit")
	reset, closes, never, bad, split, slow := mood("reset"), mood("close"), mood("never"), mood("bad"), mood("split"), mood("slow")
	endless, short := mood("endless"), mood("short")
	stream := 0
	chance := func() float64 {
		stream++
		r := arrival.NewRand(arrival.Mix(seed, uint64(stream)))
		return r.Float64()
	}
	return target{
		dial: func(int) (time.Duration, syscall.Errno) {
			switch x := chance(); {
			case x < refuse:
				return time.Millisecond, syscall.ECONNREFUSED
			case x < refuse+refuseNow/2:
				return 0, syscall.ECONNREFUSED
			case x < refuse+refuseNow/2+hang/2:
				return -1, 0
			case x < refuse+refuseNow/2+hang/2+limit/4:
				return 0, [...]syscall.Errno{syscall.EMFILE, syscall.EADDRNOTAVAIL}[int(2*chance())]
			}
			return 200 * time.Microsecond, 0
		},
		answer: func(r request) reply {
			a := reply{after: time.Duration(chance() * 5e6), bytes: "HTTP/1.1 200 OK\r\nX-Kind: good\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}
			if chance() < slow {
				a.after = time.Duration(chance() * 2e9)
			}
			a.reset, a.never = chance() < reset, chance() < never
			if chance() < closes {
				a.close = true
				a.bytes = rapidPick(chance(), "", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", a.bytes)
			}
			if chance() < bad {
				a.bytes = rapidPick(chance(), "SSH-2.0 hi\r\n", "HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", a.bytes+"more")
			}
			if chance() < endless {
				a.bytes, a.again, a.gap = headOK, rapidPick(chance(), "A: b\r\n", "\r\nbody", strings.Repeat("x", 5000)), 5*time.Millisecond
			}
			if chance() < split {
				a.pieces, a.gap = 1+int(chance()*6), time.Duration(chance()*3e6)
			}
			return a
		},
		send: func(int) syscall.Errno { return rarely(chance(), short, syscall.ENOBUFS) },
		recv: func() syscall.Errno { return rarely(chance(), short/10, syscall.ENOMEM) },
	}
}

func rarely(x, below float64, errno syscall.Errno) syscall.Errno {
	if x < below {
		return errno
	}
	return 0
}

func rapidPick(x float64, of ...string) string { return of[int(x*float64(len(of)))] }

// TestAccountingIdentity: whatever the target does and whatever is ordered, every
// intended request has exactly one class, every iteration one end, the counters
// agree with the sockets, and open phases intend what their schedules say.
func TestAccountingIdentity(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		overTLS := func(*Config) {}
		base, target := "http://127.0.0.1:1", drawTarget(rt)
		if rapid.IntRange(0, 3).Draw(rt, "tls") == 0 {
			base, overTLS = "https://127.0.0.1:1", drawTLS(rt, &target)
		}
		s := drawScenario(rt, base)
		w := newWorld(target)
		whole := arrival.Whole()
		share := whole
		if rapid.Bool().Draw(rt, "half") {
			share = whole.Split(2)[0]
		}
		pacing := rapid.SampledFrom([]string{"auto", "ticks", "precise"}).Draw(rt, "pacing")
		p := stage(t, s, w, func(c *Config) {
			c.Share, c.Pacing, c.Memory = share, pacing, rapid.SampledFrom([]int{0, 20_000}).Draw(rt, "memory")
			overTLS(c)
		})
		w.watch = func(netip.Addr, netip.AddrPort) { checkPools(t, p.loop) }
		commands, disturbed := drawCommands(rt, w, p, share)
		p.run(t, commands...)
		p.checkIdentity(t, s)
		if !disturbed {
			checkSchedules(rt, p, s, share)
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// checkPools fails when a pool is about to have more connections than it may.
func checkPools(t *testing.T, l *Loop) {
	for _, p := range l.phases {
		if o := p.own; o.max > 0 && p.connections+p.connecting > o.max {
			t.Errorf("phase %s has %d connections and opens %d, its pool's max is %d", p.spec.Name, p.connections, p.connecting, o.max)
		}
	}
}

const drainAt = 3 * time.Second

func drawCommands(t *rapid.T, w *world, p *play, share arrival.Share) (commands []Command, disturbed bool) {
	for i := range 4 {
		at := time.Duration(rapid.IntRange(0, 500).Draw(t, "begin")) * time.Millisecond
		commands = append(commands, Begin{i, at})
	}
	moment := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(1, 3400).Draw(t, name)) * time.Millisecond
	}
	drain := Drain{At: drainAt, Deadline: drainAt + 500*time.Millisecond}
	frozen := rapid.IntRange(0, 3).Draw(t, "frozen") == 0
	if frozen {
		at, long := moment("frozenAt"), moment("frozenFor")
		w.at(int64(at), func() { w.clock += int64(long) })
	}
	switch rapid.IntRange(0, 4).Draw(t, "disturb") {
	case 0:
		w.at(int64(moment("stop")), func() { p.loop.Do(Stop{}) })
		return append(commands, drain), true
	case 1:
		at := moment("pause")
		// In a run that is paused the end is not known ahead; a loop that stands still
		// hears of it too late.
		w.at(int64(drainAt-200*time.Millisecond), func() { p.loop.Do(drain) })
		return append(commands, Pause{true, at}, Pause{false, at + moment("resume")}), frozen
	case 2:
		commands = append(commands, drain)
		return append(commands, Reshare{From: moment("reshare"), Share: arrival.Whole()}), true
	}
	return append(commands, drain), false
}

func checkSchedules(t *rapid.T, p *play, s *scenarios.Scenario, share arrival.Share) {
	for i, ph := range p.loop.phases {
		if !ph.spec.Executor.Open() {
			continue
		}
		if ph.state == waiting && p.loop.pausedAt > 0 {
			continue // the pause outlived the run
		}
		want := uint64(0)
		sched := arrival.New(ph.spec.Profile, ph.spec.Arrivals, arrival.Mix(7, uint64(i)), share)
		for a, ok := sched.Next(); ok && ph.begin+a.At < drainAt && !p.loop.standsStill(ph.begin+a.At); a, ok = sched.Next() {
			want++
		}
		if got := p.total.Phases[i].IterIntended; got != want {
			t.Errorf("phase %s: %d arrivals intended, its schedule has %d (a pause moved it to %s)", ph.spec.Name, got, want, ph.begin)
		}
	}
}

// TestWindowsHaveNoHoles: a loop that was stopped still tells of every second.
func TestWindowsHaveNoHoles(t *testing.T) {
	s := parse(t, strings.Replace(overPool, "60s", "9s", 1))
	w := newWorld(target{})
	p := stage(t, s, w, nil)
	w.at(int64(2500*time.Millisecond), func() { w.clock += int64(3 * time.Second) })
	p.run(t, Begin{0, 0}, Begin{1, 100 * time.Millisecond}, Drain{At: 9500 * time.Millisecond, Deadline: 20 * time.Second})
	for i, snap := range p.snapshots {
		if snap.Window != int64(i) {
			t.Fatalf("snapshot %d is of window %d", i, snap.Window)
		}
	}
	c := p.cell(t, s, "load", "/x")
	if c.Intended != 9000 || c.Classes[stats.OK] != 9000 {
		t.Errorf("intended %d, classes %v; want 9000 ok", c.Intended, c.Classes)
	}
	near(t, "pacer lag max", p.total.Phases[1].PacerLag.Max(), 3*time.Second, 0.01)
}

// TestDrainedLoopEndsInTime: one that had nothing left to do went on to the end of the
// second.
func TestDrainedLoopEndsInTime(t *testing.T) {
	s := parse(t, strings.Replace(steps("{get: /x}"), "timeout: 200ms", "timeout: 5s", 1))
	w := newWorld(target{})
	stage(t, s, w, nil).run(t, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: 3 * time.Second})
	if at := time.Duration(w.clock); at < 300*time.Millisecond || at > 310*time.Millisecond {
		t.Errorf("ended at %v, want 300ms", at)
	}
}
