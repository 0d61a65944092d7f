package loop

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

const withExtras = `
version: 1
name: extras
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: %v, connect_timeout: 300ms, cookies: %v, follow_redirects: %d}
users:
  u:
    wait_time: {between: [0s, 100ms]}
    network: %s
    tasks:
      ask: {weight: 2, steps: [{get: /a, check: [{body: {contains: hello}}]}, {get: /plain, follow_redirects: 0}]}
      beat: {weight: 0, steps: [{post: /beat, body: x, expect_continue: 10ms}]}
      send: {steps: [{post: /wait, body: "n=${rand.int(1, 99999)}", expect_continue: 20ms}, {put: /up, body_size: 300kB}, {post: /both, body_size: 100kB, expect_continue: 5ms}]}
phases:
  - {name: hold, executor: held-connections, user: u, connections: %d, hold: 4s, heartbeat: {task: beat, every: 200ms, jitter: 50%%}, on_close: reconnect}
  - {name: over, executor: constant-arrival-rate, user: u, rate: %d/s, duration: 2s, over: hold, max_lag: 200ms, start: {with: hold, after: connected}}
  - {name: open, executor: constant-arrival-rate, user: u, rate: %d/s, duration: 2s, max_vus: 20, max_lag: 300ms, start: {with: hold, after: begin}, pool: %s}
  - {name: closed, executor: ramping-vus, user: u, stages: [{target: %d, duration: 1s}, {target: 1, duration: 1s}], start: {with: hold, after: begin}, pool: %s}
`

func drawExtras(t *rapid.T) *scenarios.Scenario {
	n := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	text := fmt.Sprintf(withExtras, time.Duration(n("timeout", 20, 600))*time.Millisecond, rapid.Bool().Draw(t, "cookies"), n("redirects", 0, 4), drawNetwork(t),
		n("connections", 1, 10), n("over", 1, 60), n("open", 1, 60), drawPool(t, 1), n("vus", 1, 8), drawPool(t, 8))
	s, err := scenarios.Parse("extras.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawPeer is a target that redirects, answers bodies before they have come, says
// 100 Continue or not, and breaks off, each as often as drawn.
func drawPeer(t *rapid.T) target {
	seed := rapid.Uint64().Draw(t, "target")
	mood := func(name string) float64 { return rapid.SampledFrom([]float64{0, 0.05, 0.4}).Draw(t, name) }
	moves, closes, resets, never, refuses := mood("moves"), mood("closes"), mood("resets"), mood("never"), mood("refuses")
	stream := uint64(0)
	chance := func() float64 {
		stream++
		r := arrival.NewRand(arrival.Mix(seed, stream))
		return r.Float64()
	}
	locations := []string{"/b", "c?d=e", "http://127.0.0.1:1/f", "//elsewhere/x", "http://[", ""}
	return target{
		early: rapid.Bool().Draw(t, "early"),
		room:  rapid.SampledFrom([]int{0, 0, 7_000, 70_000}).Draw(t, "room"),
		dial: func(int) (time.Duration, syscall.Errno) {
			if chance() < refuses/4 {
				return time.Millisecond, syscall.ECONNREFUSED
			}
			return 200 * time.Microsecond, 0
		},
		answer: func(request) reply {
			a := reply{after: time.Duration(chance() * 2e7), bytes: "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}
			more := ""
			if a.close = chance() < closes; a.close {
				more = "Connection: close\r\n"
			}
			if chance() < moves {
				status := []int{301, 302, 303, 307, 308, 304}[int(chance()*6)]
				if a.bytes = moved(status, locations[int(chance()*6)], more); status == 304 {
					a.bytes = a.bytes[:len(a.bytes)-3]
				}
			}
			if chance() < 0.5 {
				a.then, a.later, a.bytes = a.bytes, a.after+time.Duration(chance()*2e7), "HTTP/1.1 100 Continue\r\n\r\n"
			}
			a.reset, a.never = chance() < resets/4, chance() < never/4
			return a
		},
	}
}

// TestExtrasKeepTheAccounts: whatever redirects, cookies, uploads and bodies that wait
// meet with, every intended request has exactly one class, every iteration one end, no
// connection is left open and none is written to before its answer has ended; and a task
// without an aid leaves none behind.
func TestExtrasKeepTheAccounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawExtras(rt)
		w := newWorld(drawPeer(rt))
		pacing := rapid.SampledFrom([]string{"auto", "ticks", "precise"}).Draw(rt, "pacing")
		p := stage(t, s, w, func(c *Config) { c.Pacing = pacing })
		commands := []Command{Begin{0, 0}, Begin{1, 0}, Begin{2, 0}, Begin{3, 0}, End{0, 2500 * time.Millisecond}}
		p.run(t, append(commands, Drain{At: 2500 * time.Millisecond, Deadline: 3500 * time.Millisecond})...)
		p.checkIdentity(t, s)
		if n := len(p.loop.more); n > 0 {
			for _, r := range p.loop.more {
				if c := p.loop.conns.at(int32(uint32(r))); c.gen == uint32(r>>32) {
					t.Errorf("connection %d has a slice to come", uint32(r))
				}
			}
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}
