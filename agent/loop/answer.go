package loop

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// event takes up what the poller says of a connection. One that has been closed
// since is not there any more.
func (l *Loop) event(e event) {
	i := int32(uint32(e.ref))
	c := l.conns.at(i)
	gen := uint32(e.ref >> 32)
	if c.gen != gen || c.state == closed {
		return
	}
	if c.state == connecting {
		if c.tls != none {
			l.shakeSoon(i, c)
			return
		}
		l.dialed(i, c)
	}
	switch {
	case e.is&(readable|hungUp) == 0 || c.gen != gen:
	case c.state == parting:
		l.awaitEnd(i, c)
	case c.state == established:
		l.read(i, c, gen, e.is&hungUp != 0)
	}
	// What has come is read first: it may be an answer to a request not yet sent
	// whole, on a connection that takes no more of it.
	if e.is&writable != 0 && c.gen == gen && c.out != none {
		l.writeRest(i, c)
	}
}

// read takes what has come, a slice at a time: others have their turn before the
// next. A short read says that there is no more, unless the other side has closed,
// which only another read tells.
func (l *Loop) read(i int32, c *conn, gen uint32, toEnd bool) {
	if c.slow && l.readsSlowly(i, c) {
		return
	}
	again := readable
	if toEnd {
		again |= hungUp
	}
	for reads := 0; c.gen == gen; reads++ {
		if reads == sliceReads {
			l.later(i, c, again)
			return
		}
		n, stamp, errno := l.poller.recv(c.fd, l.in)
		l.fresh = false
		switch {
		case errno == syscall.EAGAIN:
			return
		case errno != 0:
			l.snapped(i, c, errno)
			return
		case n == 0 && c.tls != none:
			l.cutOff(i, c)
			return
		case n == 0:
			l.farewell(i, c)
			return
		case c.tls != none:
			l.decrypt(i, c, l.in[:n], l.stamped(c, stamp))
		default:
			l.received(i, c, l.in[:n], l.stamped(c, stamp))
		}
		if n < len(l.in) && !toEnd {
			return
		}
	}
}

// stamped is when bytes came: the kernel's word where it is plausible. It is a
// wall clock's, and that may have been set.
func (l *Loop) stamped(c *conn, stamp int64) stats.Offset {
	now := l.clock()
	if stamp == 0 || c.task == none {
		return now
	}
	at, told := l.sundial.moment(stamp, now)
	if !told || at > now || at < l.tasks.at(c.task).written {
		return now
	}
	return at
}

// received feeds the parser of the request that waits on the connection.
func (l *Loop) received(ci int32, c *conn, b []byte, at stats.Offset) {
	if !l.awaits(c) {
		l.sawExcess(&l.excess.idle, whileIdle)
		l.lose(ci, c)
		return
	}
	i := c.task
	t := l.tasks.at(i)
	parser := l.parserOf(c, t)
	if t.bytesIn == 0 {
		t.firstByte = at
	}
	t.bytesIn += int64(len(b))
	held := l.heldBy(c, parser)
	n, done, err := parser.Feed(b)
	l.lent += l.heldBy(c, parser) - held
	switch {
	case err != nil:
		l.describe(b[n:])
		l.fail(i, t, stats.ConnError, errorText(err), at)
	case done && n == len(b) && l.cameLate(t, at):
		l.fail(i, t, stats.Timeout, kindTimeout, at)
	case done:
		if n < len(b) {
			l.sawExcess(&l.excess.after, afterAnswer)
		}
		l.answered(i, t, ci, c, parser, at, n == len(b) && !parser.Close)
	default:
		l.keepParser(c)
		if l.crowded() {
			l.starve(i, t, kindMemory)
		} else if parser.Continued && c.out != none && l.unsent.at(c.out).until != 0 {
			l.goAhead(ci, c)
		}
	}
}

// awaits says whether a request has been written on the connection and not yet
// been answered.
func (l *Loop) awaits(c *conn) bool {
	return c.task != none && l.tasks.at(c.task).state == asked
}

// parserOf is the connection's own parser when an answer is in pieces, else the
// loop's, made ready.
func (l *Loop) parserOf(c *conn, t *task) *http1.Parser {
	if c.parser != none {
		return l.parsers.at(c.parser)
	}
	l.parser.Reset(l.options(l.step(t)))
	return l.parser
}

// options are what is wanted of a step's answer. A tap reads headers too, and what the
// target tells of its time is in them.
func (l *Loop) options(s *scenarios.Step) http1.Options {
	o := http1.Options{NoBody: s.Method == "HEAD", KeepBody: s.NeedBody, KeepHead: l.tap != nil || s.Timing != nil}
	if x := s.Extra; x != nil {
		o.KeepHead = o.KeepHead || x.Cookies || x.Redirects > 0
	}
	for i := range s.Checks {
		o.KeepHead = o.KeepHead || s.Checks[i].Kind == scenarios.CheckHeader
	}
	return o
}

// keepParser leaves the loop's parser with a connection whose answer is in
// pieces; the loop takes another.
func (l *Loop) keepParser(c *conn) {
	if c.parser != none {
		return
	}
	l.lent += l.parser.Size()
	i, other := l.parsers.lend()
	l.parsers.all[i], l.parser = l.parser, other
	c.parser = i
}

func (l *Loop) dropParser(c *conn) {
	if c.parser != none {
		parser := l.parsers.at(c.parser)
		l.lent -= parser.Size()
		parser.Shrink()
		l.parsers.giveBack(c.parser)
		c.parser = none
	}
}

// farewell is the end of the stream: of an answer that has no other end, of a
// connection nobody uses, or of one somebody waits on.
func (l *Loop) farewell(ci int32, c *conn) {
	if !l.awaits(c) {
		l.loseAs(ci, c, stats.EndedIdle)
		return
	}
	i := c.task
	t := l.tasks.at(i)
	parser := l.parserOf(c, t)
	done, err := parser.EOF()
	switch errno := l.takesNoMore(c); {
	case !done && errno != 0:
		l.cutShort(i, t, errno)
		return
	case !done:
		l.failBy(i, t, stats.EndedBusy, stats.ConnError, l.lostText(t, errorText(err)), "", l.clock())
		return
	}
	l.answered(i, t, ci, c, parser, l.clock(), false)
}

// snapped is a connection that gave an error of the system.
func (l *Loop) snapped(ci int32, c *conn, errno syscall.Errno) {
	if !l.awaits(c) {
		l.loseAs(ci, c, stats.EndedIdle)
		return
	}
	l.cutShort(c.task, l.tasks.at(c.task), errno)
}

// broken is a connection on which what came cannot be.
func (l *Loop) broken(ci int32, c *conn, text, detail string) {
	if !l.awaits(c) {
		l.loseAs(ci, c, stats.EndedIdle)
		return
	}
	t := l.tasks.at(c.task)
	l.failBy(c.task, t, stats.EndedBusy, stats.ConnError, text, detail, l.clock())
}

// answered ends a request that got its whole answer.
func (l *Loop) answered(i int32, t *task, ci int32, c *conn, parser *http1.Parser, at stats.Offset, reusable bool) {
	p, refused := l.phases[t.phase], ""
	reusable = reusable && !p.pool.single
	if t.aided {
		went := false
		if went, refused = l.pursue(i, t, ci, c, parser, reusable); went {
			return
		}
	}
	s := l.startSample(i, t, p, at)
	if refused == "" {
		l.judge(s, t, parser)
	} else {
		l.refuse(s, parser, refused)
	}
	if timing := l.step(t).Timing; timing != nil && s.Class == stats.OK {
		l.readTimings(s, timing, parser)
	}
	l.record(s, parser)
	p.inFlight--
	if t.kind == beating {
		l.recorder.HeartbeatAnswered(p.index)
	}
	l.dropParser(c)
	t.state = pausing
	c.rested = moment(at)
	switch {
	case !reusable || c.out != none:
		l.partAfter(ci, c, parser.Close)
	case p.pool.wears:
		l.partIfWorn(ci, c, p.pool)
	}
	l.next(i, t, vu.Answered, at)
}

// judge gives the class of an answer. Checks are looked at only when the status
// is one the step expects; a check of the status decides that itself.
func (l *Loop) judge(s *stats.Sample, t *task, parser *http1.Parser) {
	step := l.step(t)
	s.Status = parser.Status
	if !step.Expects(parser.Status) {
		s.Class = stats.HTTPError
		return
	}
	l.judged, l.values = parser, t.cursor.Values()
	l.answer.Status, l.answer.Body, l.answer.Size = parser.Status, parser.Body(), parser.BodyBytes
	coded := parser.Coding != http1.Plain && step.NeedBody
	if coded {
		l.decode(parser)
	}
	if parser.Truncated || l.answer.More {
		l.tellCut(s.Cell)
	}
	for i := range step.Checks {
		ok, detail := step.Checks[i].Holds(&l.answer, &l.values)
		if ok {
			s.ChecksPassed++
			continue
		}
		if s.ChecksFailed++; s.ChecksFailed == 1 {
			s.Class, s.Err = stats.CheckFailed, step.Checks[i].Name
			l.detail = append(l.detail[:0], detail...)
			s.Detail = l.detail
		}
	}
	if coded {
		l.answer.More, l.answer.Unread = false, ""
	}
}

// tellCut says once for each row that its checks do not see whole bodies.
func (l *Loop) tellCut(cell int) {
	if l.cutTold[cell] {
		return
	}
	l.cutTold[cell] = true
	row := &l.config.Scenario.Layout.Cells[cell]
	l.tell(Output{Notice: &Notice{
		At: l.clock(), Level: stats.Warning, Kind: "note",
		Text: fmt.Sprintf("phase %s, %s: bodies longer than %d MiB are checked on their first %[3]d MiB only",
			l.phases[row.Phase].spec.Name, row.Name, http1.MaxKeptBody>>20),
	}})
}

// fail ends a request that got no answer. Its connection is of no more use.
func (l *Loop) fail(i int32, t *task, class stats.Class, text string, at stats.Offset) {
	l.failWith(i, t, class, text, "", at)
}

// failWith is fail with a detail for the example.
func (l *Loop) failWith(i int32, t *task, class stats.Class, text, detail string, at stats.Offset) {
	l.failBy(i, t, stats.EndedFailed, class, text, detail, at)
}

// failBy is failWith for a connection that ended in a way of its own.
func (l *Loop) failBy(i int32, t *task, how stats.Ending, class stats.Class, text, detail string, at stats.Offset) {
	p := l.phases[t.phase]
	s := l.startSample(i, t, p, at)
	if detail != "" {
		l.why = append(l.why[:0], detail...)
	}
	s.Class, s.Err, s.Detail = class, text, l.why
	l.record(s, nil)
	l.why = l.why[:0]
	p.inFlight--
	if class == stats.ConnError && !t.reused {
		t.notBefore = l.clock() + restAfterFailure
	}
	if t.conn != none {
		l.loseAs(t.conn, l.conns.at(t.conn), how) // as what waits for an answer: reset
	}
	t.state = pausing
	l.next(i, t, vu.Unanswered, at)
}

// neverSent ends a request that waited too long for a connection, or for which
// this machine has none (text says why).
func (l *Loop) neverSent(i int32, t *task, text string) {
	if t.hops > 0 {
		l.stranded(i, t, text)
		return
	}
	s := l.startSample(i, t, l.phases[t.phase], l.clock())
	s.Class, s.Err = stats.NotSent, text
	l.record(s, nil)
	t.state = pausing
	l.next(i, t, vu.Unanswered, l.now)
}

// stranded is neverSent for a request that was redirected: the target has counted it,
// and nobody knows what it would have said to the next hop.
func (l *Loop) stranded(i int32, t *task, text string) {
	class := stats.Censored
	if text == "" {
		class, text = stats.Timeout, kindTimeout
	}
	l.phases[t.phase].inFlight++ // which goOn took back
	l.fail(i, t, class, text, l.clock())
}

func (l *Loop) startSample(i int32, t *task, p *phase, at stats.Offset) *stats.Sample {
	l.sample = stats.Sample{
		Cell: l.cell(t, p, l.step(t)), Reused: t.reused,
		Intended: t.intended, Scheduled: t.scheduled, Connected: t.connected,
		Written: t.written, FirstByte: t.firstByte, Done: at,
		ConnectTime: t.connectTime, BytesIn: t.bytesIn, BytesOut: int64(t.bytesOut),
	}
	if t.aided {
		a := l.aids.of[i]
		l.sample.BytesOut += a.streamed
		a.streamed = 0
	}
	return &l.sample
}

func errorText(err error) string {
	var e http1.Error
	_ = errors.As(err, &e) // a parser knows no others
	return string(e)
}
