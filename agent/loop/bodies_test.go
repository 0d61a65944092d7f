package loop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// large runs one user of /large beside many of /small.
const large = `
version: 1
name: large
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 60s}
users:
  big: {tasks: {t: {steps: [%s]}}}
  small: {tasks: {t: {steps: [{get: /small}]}}}
phases:
  - {name: large, executor: constant-arrival-rate, user: big, rate: 2/s, duration: 500ms, arrivals: uniform}
  - {name: small, executor: constant-arrival-rate, user: small, rate: 1000/s, duration: 1s, arrivals: uniform, start: {with: large, after: begin}}
`

func runLarge(t *testing.T, step string, target target) (*play, *scenarios.Scenario) {
	t.Helper()
	s := parse(t, fmt.Sprintf(large, step))
	w := newWorld(target)
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, 0}, Drain{At: time.Second, Deadline: 100 * time.Second})
	p.checkIdentity(t, s)
	return p, s
}

// TestAnswersOfGigabytes hold nobody up, whatever ends them: a slice a turn, each of
// a few receives that take 20 µs here.
func TestAnswersOfGigabytes(t *testing.T) {
	const size = 5 << 30
	for name, head := range map[string]string{
		"by length":   fmt.Sprintf("Content-Length: %d\r\n\r\n", int64(size)),
		"one chunk":   fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", int64(size)),
		"until close": "\r\n",
	} {
		p, s := runLarge(t, "{get: /large}", target{readTime: 20_000, answer: func(r request) reply {
			if !strings.Contains(string(r.text), "/large") {
				return reply{}
			}
			return reply{bytes: "HTTP/1.1 200 OK\r\n" + head, flow: size, close: name != "by length"}
		}})
		c := p.cell(t, s, "large", "/large")
		class := stats.OK
		if name == "one chunk" {
			class = stats.ConnError // nothing ends it but the connection
		}
		if c.Intended != 1 || c.Classes[class] != 1 || c.BytesIn < size {
			t.Errorf("%s: classes %v, %d bytes, errors %+v", name, c.Classes, c.BytesIn, p.total.Errors)
		}
		small := p.cell(t, s, "small", "/small")
		if worst := small.Response.Max(); small.Classes[stats.OK] != 1000 || worst > 4*time.Millisecond {
			t.Errorf("%s: classes %v, slowest %v", name, small.Classes, worst)
		}
	}
}

// TestUploadsOfGigabytes, to a target that takes 4 MiB a millisecond.
func TestUploadsOfGigabytes(t *testing.T) {
	p, s := runLarge(t, "{put: /large, body_size: 5GB}", target{room: 4 << 20})
	c := p.cell(t, s, "large", "/large")
	if c.Intended != 1 || c.Classes[stats.OK] != 1 || c.BytesOut < 5e9 || c.BytesOut > 5e9+1000 {
		t.Errorf("classes %v, %d bytes out, errors %+v", c.Classes, c.BytesOut, p.total.Errors)
	}
	if small := p.cell(t, s, "small", "/small"); small.Classes[stats.OK] != 1000 || small.Response.Max() > 4*time.Millisecond {
		t.Errorf("classes %v, slowest %v", small.Classes, small.Response.Max())
	}
}

// TestUploadTimesOut: the step's time-out is for the whole request.
func TestUploadTimesOut(t *testing.T) {
	w := newWorld(target{room: 1 << 10, answer: func(request) reply { return reply{} }})
	p, _ := played(t, "keep_bodies: needed", "{put: /x, body_size: 10MB}", w)
	if c := &p.total.Cells[0]; c.Classes[stats.Timeout] != 10 || c.BytesOut > 10*600<<10 || c.BytesOut < 10*400<<10 {
		t.Errorf("classes %v, %d bytes out", c.Classes, c.BytesOut)
	}
}

// TestExpectContinue: the body goes after 100 or after the wait, and not at all after
// another answer, whose connection is then of no more use.
func TestExpectContinue(t *testing.T) {
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	for _, c := range []struct {
		name, step, reply string
		after             time.Duration // of the answer proper
		class             stats.Class
		response          time.Duration
		conns             uint64
		body              int
	}{
		{"continue", `{post: /x, body: hello, expect_continue: true}`, goOn, 50 * time.Millisecond, stats.OK, 70 * time.Millisecond, 1, 5},
		{"refused", `{post: /x, body: hello, expect_continue: true}`, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 0, stats.HTTPError, 20 * time.Millisecond, 10, 0},
		{"silence", `{post: /x, body: hello, expect_continue: 100ms}`, "", 130 * time.Millisecond, stats.OK, 150 * time.Millisecond, 2, 5},
		{"hints first", `{post: /x, body: hello, expect_continue: true}`, "HTTP/1.1 103 Hints\r\n\r\n" + goOn, 50 * time.Millisecond, stats.OK, 70 * time.Millisecond, 1, 5},
		{"streamed", `{post: /x, body_size: 100kB, expect_continue: true}`, goOn, 50 * time.Millisecond, stats.OK, 70 * time.Millisecond, 1, 100_000},
		{"streamed, refused", `{post: /x, body_size: 100kB, expect_continue: true}`, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0, stats.HTTPError, 20 * time.Millisecond, 10, 0},
	} {
		w := newWorld(target{})
		w.target.answer = func(r request) reply {
			if strings.Contains(string(r.text), "hello") {
				t.Errorf("%s: the body came with the head", c.name)
			}
			a := reply{after: 20 * time.Millisecond, bytes: c.reply}
			if c.after > 0 {
				a.then, a.later = helloReply, 20*time.Millisecond+c.after
			}
			return a
		}
		p, asked := played(t, "keep_bodies: needed", c.step, w)
		cell := &p.total.Cells[0]
		if cell.Classes[c.class] != 10 || p.total.Phases[0].ConnOpened != c.conns || !strings.Contains(asked, "Expect: 100-continue\r\n") {
			t.Errorf("%s: classes %v, %d connections, errors %+v", c.name, cell.Classes, p.total.Phases[0].ConnOpened, p.total.Errors)
		}
		h := cell.Response
		if c.class != stats.OK {
			h = cell.Failed
		}
		near(t, c.name, h.Percentile(50), c.response, 0.1)
		if body := int(cell.BytesOut) - len(asked) + 9; body != 10*c.body {
			t.Errorf("%s: %d bytes of bodies sent, want %d", c.name, body, 10*c.body)
		}
		if want := uint64(10 * (len(c.reply) + map[bool]int{true: len(helloReply)}[c.after > 0])); cell.BytesIn != want {
			t.Errorf("%s: %d bytes in, want %d", c.name, cell.BytesIn, want)
		}
	}
}
