package loop

import (
	"bytes"
	"strconv"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

// Why a redirect is not followed, beside what http1 says of its location.
const (
	tooManyRedirects = "too many redirects"
	redirectLost     = "redirect: the held connection was closed"
)

// redirect asks for what an answer leads to, as a part of the same request: on the
// same connection, or on another when that one is of no more use. An answer without
// Location leads nowhere, and is judged as it is.
func (l *Loop) redirect(i int32, t *task, ci int32, c *conn, parser *http1.Parser, reusable bool) (went bool, refused string) {
	location := parser.Header("Location")
	if location == nil {
		return false, ""
	}
	step, a := l.step(t), l.aids.of[i]
	reusable = reusable && c.out == none
	next, err := http1.Resolve(l.home.base, a.target, location)
	switch {
	case err != nil:
		return false, errorText(err)
	case int(t.hops) >= step.Extra.Redirects:
		return false, tooManyRedirects
	case t.kind == beating && !reusable:
		return false, redirectLost
	}
	_, bare := http1.IsRedirect(parser.Status)
	a.bare = a.bare || bare
	a.target = append(a.target[:0], next...)
	l.recorder.Redirected(l.cell(t, l.phases[t.phase], step))
	t.hops++
	l.goOn(i, t, ci, c, reusable, parser.Close)
	return true, ""
}

// goOn writes the next request of a redirect, or lets it wait for a connection
// before those that have not begun.
func (l *Loop) goOn(i int32, t *task, ci int32, c *conn, reusable, announced bool) {
	l.dropParser(c)
	if reusable {
		l.write(i, t, ci, c)
		return
	}
	p := l.phases[t.phase]
	p.inFlight--
	t.state = queued
	l.partAfter(ci, c, announced)
	l.enqueue(&p.going, i)
	l.unserved = true
}

// refuse records an answer whose redirect is not followed: what was asked for was
// not answered, whatever the step expects. The example ends where the query begins:
// that is where codes and tokens stand.
func (l *Loop) refuse(s *stats.Sample, parser *http1.Parser, why string) {
	s.Status, s.Class, s.Err = parser.Status, stats.HTTPError, why
	location, _, _ := bytes.Cut(parser.Header("Location"), []byte("?"))
	l.detail = append(l.detail[:0], "to "...)
	l.detail = strconv.AppendQuote(l.detail, string(location[:min(len(location), 80)]))
	s.Detail = l.detail
}

// queueOf is where a request waits for a connection: behind its like.
func (p *phase) queueOf(t *task) *queue {
	if t.cursor.First() && t.hops == 0 {
		return &p.fresh
	}
	return &p.going
}
