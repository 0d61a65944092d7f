package loop

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// twoSides is a load of which half meets a hostile target and half a kind one.
const twoSides = `
version: 1
name: hostile
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 2s, connect_timeout: 1s}
users:
  bad: {tasks: {t: {steps: [{get: /bad%s}]}}}
  good: {tasks: {t: {steps: [{get: /good}]}}}
phases:
  - {name: bad, executor: constant-arrival-rate, user: bad, rate: 50/s, duration: 4s, arrivals: uniform, max_lag: 5s}
  - {name: good, executor: constant-arrival-rate, user: good, rate: 100/s, duration: 8s, arrivals: uniform}
`

const headOK = "HTTP/1.1 200 OK\r\n"

// hostile are behaviours of a target, and what becomes of the requests.
var hostile = []struct {
	name  string
	does  reply
	class stats.Class
	kind  string
}{
	{"never answers", reply{never: true}, stats.Timeout, kindTimeout},
	{"one byte a second", reply{bytes: helloReply, pieces: len(helloReply), gap: time.Second}, stats.Timeout, kindTimeout},
	{"stalls in the head", reply{bytes: helloReply[:20]}, stats.Timeout, kindTimeout},
	{"stalls in the body", reply{bytes: helloReply[:40]}, stats.Timeout, kindTimeout},
	{"length of an exabyte", reply{bytes: headOK + "Content-Length: 999999999999999999\r\n\r\nx"}, stats.Timeout, kindTimeout},
	{"body without end", reply{bytes: headOK + "\r\n", again: strings.Repeat("x", 5000), gap: 10 * time.Millisecond}, stats.Timeout, kindTimeout},
	{"body without end and without a pause", reply{bytes: headOK + "\r\n", flow: 1 << 50}, stats.Timeout, kindTimeout},
	{"chunks without end", reply{bytes: headOK + "Transfer-Encoding: chunked\r\n\r\n", again: strings.Repeat("1;x\r\nx\r\n", 50), gap: 10 * time.Millisecond}, stats.Timeout, kindTimeout},
	{"head of many lines", reply{bytes: headOK, again: strings.Repeat("A: b\r\n", 100), gap: time.Millisecond}, stats.ConnError, string(http1.ErrHeadSize)},
	{"head of one line", reply{bytes: headOK + "A: ", again: strings.Repeat("b", 1000), gap: time.Millisecond}, stats.ConnError, string(http1.ErrHeadSize)},
	{"header bomb", reply{bytes: headOK + strings.Repeat("a:\r\n", 20_000) + "\r\n"}, stats.ConnError, string(http1.ErrHeadSize)},
	{"interim answers", reply{bytes: "HTTP/1.1 102 Wait\r\n\r\n", again: "HTTP/1.1 102 Wait\r\n\r\n", gap: time.Millisecond}, stats.ConnError, string(http1.ErrInterim)},
	{"chunk extension", reply{bytes: headOK + "Transfer-Encoding: chunked\r\n\r\n1;", again: strings.Repeat("e", 1000), gap: time.Millisecond}, stats.ConnError, string(http1.ErrChunkLine)},
	{"chunk of 2^64", reply{bytes: headOK + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n"}, stats.ConnError, string(http1.ErrChunk)},
	{"trailers without end", reply{bytes: headOK + "Transfer-Encoding: chunked\r\n\r\n0\r\n", again: strings.Repeat("A: b\r\n", 100), gap: time.Millisecond}, stats.ConnError, string(http1.ErrTrailer)},
	{"reset at once", reply{reset: true}, stats.ConnError, kindReset},
	{"reset in the answer", reply{bytes: helloReply[:40], reset: true}, stats.ConnError, kindReset},
	{"closes at once", reply{close: true}, stats.ConnError, string(http1.ErrClosedBefore)},
	{"half-closes in the answer", reply{bytes: helloReply[:40], close: true}, stats.ConnError, string(http1.ErrClosedWithin)},
	{"tls", reply{bytes: "\x15\x03\x03\x00\x02\x02\x0a", close: true}, stats.ConnError, string(http1.ErrTLS)},
	{"http/0.9", reply{bytes: "<html></html>", close: true}, stats.ConnError, string(http1.ErrNotHTTP)},
	{"nul bytes", reply{bytes: "\x00\x00\x00"}, stats.ConnError, string(http1.ErrNotHTTP)},
	{"status 000", reply{bytes: "HTTP/1.1 000 x\r\n\r\n"}, stats.ConnError, string(http1.ErrStatus)},
	{"status 999", reply{bytes: "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n"}, stats.HTTPError, "status 999"},
	{"two answers at once", reply{bytes: helloReply + helloReply}, stats.OK, ""},
	{"an answer, and another later", reply{bytes: helloReply, again: helloReply, gap: 3 * time.Millisecond}, stats.OK, ""},
}

// TestHostileTargets: whatever the target does, its requests end in one class with
// one kind, with examples; those of others are as ever; and what connections hold
// stays small and is given back.
func TestHostileTargets(t *testing.T) {
	for _, h := range hostile {
		for _, check := range []string{"", ", check: [{body: {contains: hello}}, {header: x-kind, contains: good}]"} {
			if check != "" && h.class == stats.OK {
				continue
			}
			t.Run(h.name+check, func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(twoSides, check))
				w := newWorld(target{answer: sided(h.does), readTime: 5000})
				p := stage(t, s, w, nil)
				most := watchMemory(p)
				p.run(t, Begin{0, 0}, Begin{1, 0}, Drain{At: 9 * time.Second, Deadline: 20 * time.Second})
				p.checkIdentity(t, s)
				p.wantAll(t, s, h.class, h.kind)
				p.wantGood(t, s)
				if bound := memoryOf(check) * 110; *most > bound { // 50/s of 2 s, and some
					t.Errorf("connections hold %d bytes, want at most %d", *most, bound)
				}
				if p.loop.lent != 0 {
					t.Errorf("%d bytes are still lent", p.loop.lent)
				}
			})
		}
	}
}

// sided answers /bad as said and the rest kindly.
func sided(does reply) func(request) reply {
	does.after = time.Millisecond
	return func(r request) reply {
		if bytes.Contains(r.text, []byte(" /bad")) {
			return does
		}
		return reply{after: time.Millisecond}
	}
}

// memoryOf is what a connection may hold of an answer in pieces.
func memoryOf(check string) int {
	if check == "" {
		return 2 * http1.MaxLine
	}
	return (http1.MaxHead + http1.MaxKeptBody) * 3 / 2
}

// watchMemory looks at what lent parsers hold, each 5 ms.
func watchMemory(p *play) *int {
	most := new(int)
	var look func()
	look = func() {
		*most = max(*most, p.loop.lent)
		if p.world.clock < int64(10*time.Second) {
			p.world.at(p.world.clock+int64(5*time.Millisecond), look)
		}
	}
	look()
	return most
}

// wantAll fails unless all requests to the hostile side ended as said.
func (p *play) wantAll(t *testing.T, s *scenarios.Scenario, class stats.Class, kind string) {
	t.Helper()
	c := p.cell(t, s, "bad", "/bad")
	if c.Intended != 200 || c.Classes[class] != 200 {
		t.Errorf("intended %d, classes %v; want 200 %v", c.Intended, c.Classes, class)
	}
	if class == stats.OK {
		if len(p.total.Errors) > 0 {
			t.Errorf("errors %+v", p.total.Errors)
		}
		return
	}
	if len(p.total.Errors) != 1 {
		t.Fatalf("errors %+v, want one kind", p.total.Errors)
	}
	e := p.total.Errors[0]
	if e.Kind != kind || e.Class != class || e.Count != 200 || e.Last-e.First < 3*time.Second || len(e.Samples) == 0 || len(e.Samples) > stats.MaxErrorSamples {
		t.Errorf("%+v, want 200 of %q", e, kind)
	}
	if class == stats.Timeout && e.Samples[0].Response > 2010*time.Millisecond {
		t.Errorf("a time-out of 2 s took %v", e.Samples[0].Response)
	}
	if strings.HasPrefix(kind, "bad http") && !strings.HasPrefix(e.Samples[0].Detail, `came "`) {
		t.Errorf("example %+v does not show what came", e.Samples[0])
	}
}

func (p *play) wantGood(t *testing.T, s *scenarios.Scenario) {
	t.Helper()
	c := p.cell(t, s, "good", "/good")
	if c.Intended != 800 || c.Classes[stats.OK] != 800 || c.Response.Max() > 25*time.Millisecond {
		t.Errorf("the others: intended %d, classes %v, response at most %v; want 800 ok in time", c.Intended, c.Classes, c.Response.Max())
	}
}

// TestExcessIsTold: bytes that nobody asked for are counted and said, once at first
// and once at the end.
func TestExcessIsTold(t *testing.T) {
	for text, does := range map[string]reply{
		afterAnswer: {bytes: helloReply + "more"},
		whileIdle:   {bytes: helloReply, again: "more", gap: time.Millisecond},
	} {
		s := parse(t, fmt.Sprintf(twoSides, ""))
		p := stage(t, s, newWorld(target{answer: sided(does)}), nil)
		p.run(t, Begin{0, 0}, Begin{1, 0}, Drain{At: 9 * time.Second, Deadline: 20 * time.Second})
		p.wantAll(t, s, stats.OK, "")
		if n := p.noticed(stats.Warning); len(n) != 2 || n[0].Text != text || n[1].Text != text+", 200 times in all" || n[0].Kind != "note" {
			t.Errorf("notices %+v, want %q", p.notices, text)
		}
	}
}

// manyHeads are 2,000 connections that stay in the middle of a head, of 60 KB so far.
func manyHeads(t *testing.T, check string, memory int) (*play, *scenarios.Scenario, int) {
	t.Helper()
	s := parse(t, fmt.Sprintf(`
version: 1
name: heads
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 3s}
users: {u: {tasks: {t: {steps: [{get: /bad%s}]}}}}
phases: [{name: bad, executor: constant-arrival-rate, user: u, rate: 2000/s, duration: 1s, arrivals: uniform}]
`, check))
	w := newWorld(target{answer: func(request) reply {
		return reply{bytes: headOK + strings.Repeat("X-Aa: bcdefghi\r\n", 60_000/16), pieces: 60, gap: 10 * time.Millisecond}
	}})
	p := stage(t, s, w, func(c *Config) { c.Memory = memory })
	most := watchMemory(p)
	p.run(t, Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: 20 * time.Second})
	p.checkIdentity(t, s)
	return p, s, *most
}

// TestManyHeadsWithoutEnd: 64 KiB each would be 128 MB; a line each is 16 MB at most,
// and none of it is kept when they are gone.
func TestManyHeadsWithoutEnd(t *testing.T) {
	p, s, most := manyHeads(t, "", 0)
	if c := p.cell(t, s, "bad", "/bad"); c.Classes[stats.Timeout] != 2000 {
		t.Errorf("classes %v, want 2000 time-outs", c.Classes)
	}
	if most > 2000*2*http1.MaxLine || most == 0 {
		t.Errorf("%d bytes held", most)
	}
	if kept := keptByParsers(p.loop); kept > 2000*http1.MaxLine {
		t.Errorf("%d bytes kept afterwards", kept)
	}
	t.Logf("%d KB held by 2000 connections", most/1000)
}

// TestMemoryForAnswersIsBounded: heads that are to be checked are kept. When they are
// too many the generator is to blame, not the target.
func TestMemoryForAnswersIsBounded(t *testing.T) {
	const memory = 32 << 20
	p, s, most := manyHeads(t, ", check: [{header: x-kind, contains: good}]", memory)
	c := p.cell(t, s, "bad", "/bad")
	if c.Classes[stats.Timeout] == 0 || c.Classes[stats.Censored] == 0 || c.Classes[stats.Timeout]+c.Classes[stats.Censored] != 2000 {
		t.Errorf("classes %v, want some time-outs and the rest censored", c.Classes)
	}
	if most > memory+2*http1.MaxHead {
		t.Errorf("%d bytes held, %d allowed", most, memory)
	}
	p.wantLimit(t, kindMemory)
	for _, e := range p.total.Errors {
		if e.Class == stats.Censored && e.Kind != kindMemory {
			t.Errorf("%+v", e)
		}
	}
	if kept := keptByParsers(p.loop); kept > 2000*http1.MaxLine {
		t.Errorf("%d bytes kept afterwards", kept)
	}
}

// TestMemoryForRequestsIsBounded: a target that takes no bytes leaves large requests
// with the loop. When they are too many they are not sent, and their room is given back.
func TestMemoryForRequestsIsBounded(t *testing.T) {
	const memory = 4 << 20
	s := parse(t, fmt.Sprintf(`
version: 1
name: bodies
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 3s}
users: {u: {tasks: {t: {steps: [{post: /bad, body: "%s"}]}}}}
phases: [{name: bad, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 1s, arrivals: uniform}]
`, strings.Repeat("y", 100_000)))
	w := newWorld(target{send: func(int) syscall.Errno { return syscall.EAGAIN }})
	p := stage(t, s, w, func(c *Config) { c.Memory = memory })
	most := watchMemory(p)
	p.run(t, Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: 20 * time.Second})
	p.checkIdentity(t, s)
	c := p.total.Cells[0]
	if c.Classes[stats.Timeout] < 20 || c.Classes[stats.NotSent] < 20 || c.Classes[stats.Timeout]+c.Classes[stats.NotSent] != 100 {
		t.Errorf("classes %v, want some time-outs and the rest not sent", c.Classes)
	}
	p.wantLimit(t, kindMemory)
	if *most > memory || p.loop.lent != 0 {
		t.Errorf("%d bytes held, %d allowed, %d at the end", *most, memory, p.loop.lent)
	}
	for _, u := range p.loop.unsent.all {
		if kept := cap(u.room) + cap(u.bytes); kept > keepRoom {
			t.Fatalf("%d bytes kept for the next request", kept)
		}
	}
}

// TestMemoryForWhatWaitsIsBounded: bodies that wait for 100 Continue, those that were
// let go and find no room in the socket, and those that are sealed already take memory
// as answers in pieces do.
func TestMemoryForWhatWaitsIsBounded(t *testing.T) {
	const memory = 4 << 20
	for name, c := range map[string]struct {
		step  string
		world target
		tls   bool
	}{
		"waits": {", expect_continue: 9s", target{answer: func(request) reply { return reply{never: true} }}, false},
		"goes ahead": {", expect_continue: 9s", target{
			answer: func(request) reply { return reply{after: time.Millisecond, bytes: "HTTP/1.1 100 Continue\r\n\r\n"} },
			send: func(n int) syscall.Errno { // heads and bodies in turn
				if n%2 == 0 {
					return 0
				}
				return syscall.EAGAIN
			},
		}, false},
		"sealed": {"", target{tls: worldTLS()}, true},
	} {
		text := fmt.Sprintf(`
version: 1
name: bodies
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 3s}
users: {u: {tasks: {t: {steps: [{post: /bad, body: "%s"%s}]}}}}
phases: [{name: bad, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 1s, arrivals: uniform}]
`, strings.Repeat("y", 100_000), c.step)
		change := func(c *Config) { c.Memory = memory }
		s := parse(t, text)
		if c.tls {
			s = parse(t, strings.Replace(text, `"http://127.0.0.1:1"`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem}`, 1))
			change = func(c *Config) { overTLS(t, s)(c); c.Memory = memory }
		}
		w := newWorld(c.world)
		if c.tls { // after the two flights of its handshake a socket takes nothing
			heard := map[int32]int{}
			w.heard = func(fd int32, _ int) { heard[fd]++ }
			w.deaf = func(fd int32) bool { return heard[fd] >= 2 }
		}
		p := stage(t, s, w, change)
		most := watchUnsent(p)
		p.run(t, Begin{0, 0}, Drain{At: 2 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		got := p.total.Cells[0]
		if got.Classes[stats.Timeout] < 10 || got.Classes[stats.Censored] < 20 || got.Classes[stats.Timeout]+got.Classes[stats.Censored] != 100 {
			t.Errorf("%s: classes %v, want some time-outs and the rest censored", name, got.Classes)
			continue
		}
		p.wantLimit(t, kindMemory)
		if *most > memory || p.loop.lent != 0 {
			t.Errorf("%s: %d bytes unsent, %d allowed, %d lent at the end", name, *most, memory, p.loop.lent)
		}
	}
}

// watchUnsent looks at what requests in pieces hold, each 5 ms.
func watchUnsent(p *play) *int {
	most := new(int)
	var look func()
	look = func() {
		sum := 0
		for _, u := range p.loop.unsent.all {
			sum += max(cap(u.bytes), cap(u.room)) + cap(u.later)
		}
		*most = max(*most, sum)
		if p.world.clock < int64(10*time.Second) {
			p.world.at(p.world.clock+int64(5*time.Millisecond), look)
		}
	}
	look()
	return most
}

func keptByParsers(l *Loop) (n int) {
	runtime.GC()
	for _, p := range l.parsers.all {
		n += p.Size()
	}
	return n
}

// noticed are the notices of a level.
func (o *told) noticed(level stats.Level) (notices []Notice) {
	for _, n := range o.notices {
		if n.Level == level {
			notices = append(notices, n)
		}
	}
	return notices
}

// wantLimit fails unless the loop says that this machine was short of something.
func (p *play) wantLimit(t *testing.T, kind string) {
	t.Helper()
	severe := p.noticed(stats.Severe)
	if len(severe) == 0 {
		t.Fatalf("no notice of %q", kind)
	}
	for _, n := range severe {
		if n.Kind != "generator" || n.Level != stats.Severe || !strings.HasPrefix(n.Text, kind+": ") {
			t.Errorf("notice %+v, want %q", n, kind)
		}
	}
}

// TestHostileDials: ways a target has of not letting anybody in.
func TestHostileDials(t *testing.T) {
	for _, test := range []struct {
		name string
		dial func() (time.Duration, syscall.Errno)
		kind string
	}{
		{"refuses", func() (time.Duration, syscall.Errno) { return time.Millisecond, syscall.ECONNREFUSED }, kindRefused},
		{"refuses at once", func() (time.Duration, syscall.Errno) { return 0, syscall.ECONNREFUSED }, kindRefused},
		{"black hole", func() (time.Duration, syscall.Errno) { return -1, 0 }, kindConnectTimeout},
		{"black hole, says the kernel", func() (time.Duration, syscall.Errno) { return 500 * time.Millisecond, syscall.ETIMEDOUT }, kindTimedOut},
		{"no way", func() (time.Duration, syscall.Errno) { return 0, syscall.ENETUNREACH }, kindUnreachable},
		{"no such host", func() (time.Duration, syscall.Errno) { return 3 * time.Millisecond, syscall.EHOSTUNREACH }, kindUnreachable},
		{"resets the dial", func() (time.Duration, syscall.Errno) { return time.Millisecond, syscall.ECONNRESET }, kindReset},
		{"something rare", func() (time.Duration, syscall.Errno) { return time.Millisecond, syscall.EPROTO }, kindBroken},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := parse(t, fmt.Sprintf(twoSides, ""))
			begin := int64(time.Second)
			var w *world
			w = newWorld(target{dial: func(int) (time.Duration, syscall.Errno) {
				if w.clock < begin { // the others have theirs already
					return time.Millisecond, 0
				}
				return test.dial()
			}, answer: sided(reply{bytes: helloReply})})
			p := stage(t, s, w, nil).run(t, Begin{1, 0}, Begin{0, time.Second}, Drain{At: 9 * time.Second, Deadline: 20 * time.Second})
			p.checkIdentity(t, s)
			p.wantAll(t, s, stats.ConnError, test.kind)
			p.wantGood(t, s)
			if e := p.total.Errors[0]; test.kind == kindBroken && e.Samples[0].Detail != syscall.EPROTO.Error() {
				t.Errorf("example %+v", e.Samples[0])
			}
		})
	}
}
