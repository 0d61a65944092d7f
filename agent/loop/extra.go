package loop

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// An aid is what a task needs for steps with extras, and keeps for as long as it
// lives: a closed user as long as the user, an arrival for its iteration.
type aid struct {
	jar    http1.Jar
	start  vu.Cursor // as it was when the request was first written
	again  vu.Cursor // what it is drawn from when it is written once more
	target []byte    // path and query of the request at hand
	bare   bool      // a redirect has dropped its body

	streamed int64 // bytes of bodies, of the request at hand
}

// Aids belong to tasks by their number, so that tasks without one hold nothing.
type aids struct {
	of   []*aid
	idle []*aid
}

// lend gives the aid of a task, which may be a new one.
func (a *aids) lend(i int32, t *task) *aid {
	if t.aided {
		return a.of[i]
	}
	for len(a.of) <= int(i) {
		a.of = append(a.of, nil)
	}
	if n := len(a.idle); n > 0 {
		a.of[i], a.idle = a.idle[n-1], a.idle[:n-1]
	} else {
		a.of[i] = new(aid)
	}
	t.aided = true
	return a.of[i]
}

// giveBack takes the aid of a task that has ended.
func (a *aids) giveBack(i int32, t *task) {
	if !t.aided {
		return
	}
	t.aided = false
	a.of[i].jar.Reset()
	a.idle = append(a.idle, a.of[i])
	a.of[i] = nil
}

// A home is where requests go, as cookies and redirects see it.
type home struct {
	base string // scheme, host and port
	http1.Origin
	wall    int64 // the wall clock's time at the monotonic clock's zero, in nanoseconds
	dropped int   // cookies for which a jar had no room
}

func newHome(s *scenarios.Scenario, p poller) home {
	h := home{base: s.Target.Origin(), wall: time.Now().UnixNano() - p.now()}
	if u, err := url.Parse(h.base); err == nil {
		h.Host, h.Secure = strings.ToLower(u.Hostname()), u.Scheme == "https"
	}
	return h
}

// wallSeconds is the wall clock: dates of cookies are the only ones that need it.
func (l *Loop) wallSeconds() int64 {
	return (l.home.wall + l.epoch + int64(l.now)) / int64(time.Second)
}

// appendExtra puts a request together that is not one frozen template. Written once
// more after a redirect it draws what it drew before, and the user's stream of random
// values goes on as if it had not been.
//
// single is for a connection that carries this request alone. held is how many bytes
// at its end are not to be sent with the head.
func (l *Loop) appendExtra(i int32, t *task, step *scenarios.Step, single bool) (held int) {
	a := l.aids.lend(i, t)
	target := a.target
	if t.hops == 0 {
		a.start, a.bare, target = t.cursor, false, nil
	} else {
		a.again = a.start
		l.values = a.again.Values()
	}
	out, path := step.AppendStart(l.out[:0], &l.values, target, a.bare)
	if t.hops == 0 {
		a.target = append(a.target[:0], path...)
	}
	if step.Extra.Cookies && !a.jar.Empty() {
		out = a.jar.Append(out, a.target, l.wallSeconds())
	}
	if single {
		out = step.AppendLast(out)
	}
	l.out = step.AppendEnd(out, &l.values, a.bare)
	return withheld(step.Extra, l.out, a.bare)
}

// pursue does what an answer asks for beside being judged: it keeps cookies and
// follows a redirect. With went the request goes on; refused says why not, where the
// redirect should have been followed.
func (l *Loop) pursue(i int32, t *task, ci int32, c *conn, parser *http1.Parser, reusable bool) (went bool, refused string) {
	x := l.step(t).Extra
	if x == nil {
		return false, ""
	}
	a := l.aids.of[i]
	if x.Cookies {
		l.keepCookies(a, parser)
	}
	if is, _ := http1.IsRedirect(parser.Status); !is || x.Redirects == 0 {
		return false, ""
	}
	return l.redirect(i, t, ci, c, parser, reusable)
}

func (l *Loop) keepCookies(a *aid, parser *http1.Parser) {
	l.clock()
	parser.Headers("Set-Cookie", func(value []byte) {
		if a.jar.Set(value, l.home.Origin, a.target, l.wallSeconds()) {
			l.home.dropped++
		}
	})
}

// tellDropped says at the end, once, how many cookies found no room.
func (l *Loop) tellDropped() {
	if l.home.dropped == 0 {
		return
	}
	l.tell(Output{Notice: &Notice{
		At: l.now, Level: stats.Warning, Kind: "note",
		Text: fmt.Sprintf("%d cookies were not kept: a user keeps at most %d, and %d KiB of them", l.home.dropped, http1.MaxCookies, http1.MaxJar>>10),
	}})
}
