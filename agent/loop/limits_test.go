package loop

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// short are what this machine can be short of, in the words of the kernel and ours.
var short = map[syscall.Errno]string{
	syscall.EMFILE: kindFiles, syscall.ENFILE: kindFiles,
	syscall.EADDRNOTAVAIL: kindPorts, syscall.EADDRINUSE: kindPorts,
	syscall.ENOBUFS: kindBuffers, syscall.ENOMEM: kindBuffers,
	syscall.ENOSPC: kindWatches, syscall.EPERM: kindBlocked, syscall.EACCES: kindBlocked,
}

const threeKinds = `
version: 1
name: limits
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s, connect_timeout: 1s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases:
  - {name: open, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 4s, arrivals: uniform, max_lag: 500ms}
  - {name: closed, executor: constant-vus, user: u, vus: 5, duration: 4s}
  - {name: hold, executor: held-connections, user: u, connections: 20, hold: 4s, heartbeat: {task: t, every: 1s, jitter: 0%}}
`

// TestLimitsOfThisMachine: whatever it is short of when connections are opened, from
// the start or in mid-run, and told at once or later, no request is called an error of
// the target: it was not sent, for that reason, and the generator is told of.
func TestLimitsOfThisMachine(t *testing.T) {
	for errno, kind := range short {
		for name, dial := range map[string]func(n int) (time.Duration, syscall.Errno){
			"from the start": func(int) (time.Duration, syscall.Errno) { return 0, errno },
			"in mid-run": func(n int) (time.Duration, syscall.Errno) {
				if n < 8 { // the users have theirs, and the open load some
					return time.Millisecond, 0
				}
				return 0, errno
			},
			"told later": func(n int) (time.Duration, syscall.Errno) {
				if n%2 == 0 {
					return time.Millisecond, 0
				}
				return time.Millisecond, errno
			},
		} {
			t.Run(fmt.Sprintf("%v %s", errno, name), func(t *testing.T) {
				t.Parallel()
				s := parse(t, threeKinds)
				w := newWorld(target{dial: dial, answer: func(request) reply { return reply{after: 100 * time.Millisecond} }})
				p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, 0}, Begin{2, time.Second}, End{2, 4 * time.Second}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
				p.checkIdentity(t, s)
				p.wantShort(t, s, kind, name)
			})
		}
	}
}

// wantShort fails unless the only failures are requests not sent for want of something.
func (p *play) wantShort(t *testing.T, s *scenarios.Scenario, kind, when string) {
	t.Helper()
	p.wantLimit(t, kind)
	for _, phase := range []string{"open", "closed"} {
		c := p.cell(t, s, phase, "/x")
		unsent := c.Classes[stats.NotSent]
		if c.Classes[stats.OK]+unsent != c.Intended {
			t.Errorf("%s: intended %d, classes %v: want ok and not_sent only", phase, c.Intended, c.Classes)
		}
		if unsent == 0 && !(phase == "closed" && when == "in mid-run") || unsent < c.Intended == (when == "from the start") {
			t.Errorf("%s: intended %d, classes %v", phase, c.Intended, c.Classes)
		}
	}
	for _, e := range p.total.Errors {
		if e.Class != stats.NotSent || e.Kind != kind {
			t.Errorf("error %+v, want %q", e, kind)
		}
	}
}

// TestNoBuffersToSendOrReceive: a request that could not be sent for want of buffers is
// not sent, and of one that could, and whose answer could not be taken, nobody knows.
func TestNoBuffersToSendOrReceive(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM} {
		var w *world
		during := func() syscall.Errno {
			if now := time.Duration(w.clock); now > time.Second && now < 2*time.Second {
				return errno
			}
			return 0
		}
		for class, set := range map[stats.Class]func(*target){
			stats.NotSent:  func(t *target) { t.send = func(int) syscall.Errno { return during() } },
			stats.Censored: func(t *target) { t.recv = during },
		} {
			s := parse(t, threeKinds)
			w = newWorld(target{answer: func(request) reply { return reply{after: 20 * time.Millisecond} }})
			set(&w.target)
			p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, 0}, Drain{At: 5 * time.Second, Deadline: 9 * time.Second})
			p.checkIdentity(t, s)
			p.wantLimit(t, kindBuffers)
			c := p.cell(t, s, "open", "/x")
			if c.Classes[class] < 95 || c.Classes[class] > 105 || c.Classes[class]+c.Classes[stats.OK] != 400 {
				t.Errorf("%v: classes %v, want 100 %v and the rest ok", errno, c.Classes, class)
			}
			if c := p.cell(t, s, "closed", "/x"); c.Classes[class] == 0 || c.Classes[class] > 5*11 || c.Classes[class]+c.Classes[stats.OK] != c.Intended {
				t.Errorf("%v: users have classes %v, want at most 11 a user not ok", errno, c.Classes)
			}
			for _, e := range p.total.Errors {
				if e.Kind != kindBuffers || e.Class != class {
					t.Errorf("%+v", e)
				}
			}
		}
	}
}
