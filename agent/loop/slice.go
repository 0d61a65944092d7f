package loop

// later lets a connection that has had its slice of a turn go on in the next. Its
// poller tells of changes only, and there was none.
func (l *Loop) later(ci int32, c *conn, is readiness) {
	if c.more == 0 {
		l.more = append(l.more, ref(ci, c.gen))
	}
	c.more |= is
}

// resume gives each such connection its next slice.
func (l *Loop) resume() {
	n := len(l.more)
	if n > 0 {
		l.poller.flush()
	}
	for _, r := range l.more[:n] {
		c := l.conns.at(int32(uint32(r)))
		if c.gen != uint32(r>>32) {
			continue // closed meanwhile
		}
		is := c.more
		c.more = 0
		l.event(event{ref: r, is: is})
		l.serve()
	}
	l.more = l.more[:copy(l.more, l.more[n:])]
}
