package workers

import "syscall"

// do is one thing the roster decided on. What came before it may have ended the group,
// and then there are no sockets any more.
func (g *Group) do(d deed) {
	if g.roster.ending && (d.do == choose || d.do == vacate) {
		return
	}
	switch d.do {
	case start:
		g.begins(d.m)
	case leave:
		d.m.signal(syscall.SIGTERM)
	case abort:
		g.cfg.Log.Error("worker hung", g.about(d.m)...)
		d.m.signal(syscall.SIGABRT)
	case kill:
		if d.m.state == Leaving && !g.roster.quick {
			g.cfg.Log.Warn("worker did not finish in time", g.about(d.m)...)
		}
		d.m.signal(syscall.SIGKILL)
	case choose:
		if err := g.cfg.Sockets.Choose(d.place); err != nil {
			g.cfg.Log.Error("new connections are not steered", "kind", g.cfg.Name, "places", d.place, "err", err)
		}
	case vacate:
		g.cfg.Sockets.Vacate(d.place)
	}
}

func (m *member) signal(s syscall.Signal) {
	if m.proc != nil {
		m.proc.signal(s)
	}
}

// begins starts the process of a member. One that cannot be started has ended.
func (g *Group) begins(m *member) {
	if g.roster.ending {
		g.roster.ended(m, g.now())
		return
	}
	err := g.start(m)
	if err == nil {
		return
	}
	err = g.lacking(m, err)
	g.cfg.Log.Error("worker not started", "kind", g.cfg.Name, "place", m.place, "err", err)
	first := !g.roster.places[m.place].ever
	g.roster.ended(m, g.now())
	if first && !g.first {
		g.fail(err)
	}
}

// hear takes what a process said.
func (g *Group) hear(s saying) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch s.word {
	case wordReady:
		g.roster.ready(s.m, g.now())
		g.cfg.Log.Info("worker ready", g.about(s.m)...)
	case wordLeaving:
		g.roster.leaving(s.m, g.now())
	case wordReplace:
		s.m.wish = true
	case wordEnded:
		g.over(s.m)
	}
}

// over takes note of a process that has ended.
func (g *Group) over(m *member) {
	end := End{Slot: m.slot, PID: m.proc.pid(), Why: m.why(), How: m.proc.end(), Lived: g.now() - m.born}
	if g.cfg.Ended != nil {
		g.cfg.Ended(end)
	}
	if end.Why == Retired {
		g.cfg.Log.Info("worker ended", append(g.about(m), "why", end.Why.String(), "how", end.How)...)
	} else if !g.roster.ending {
		g.cfg.Log.Warn("worker ended", append(g.about(m), "why", end.Why.String(), "how", end.How)...)
	}
	early := m.state == Starting
	g.roster.ended(m, g.now())
	if early && !g.first {
		g.fail(g.unready(m, end.How))
	}
}

// about is who a member is, for the log.
func (g *Group) about(m *member) []any {
	return []any{"kind", g.cfg.Name, "place", m.place, "pid", m.pid()}
}

func (m *member) pid() int {
	if m.proc == nil {
		return 0
	}
	return m.proc.pid()
}
