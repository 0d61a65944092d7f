package tui

import "fmt"

// draw makes the whole picture: a pure function of the model.
func (m *model) draw() *screen {
	s := newScreen(m.w, m.h)
	s.ascii = m.sym == ascii
	a := s.area()
	switch {
	case m.w < leastWidth || m.h < leastHeight:
		m.drawTooSmall(a)
	case m.help:
		m.drawHelp(a.sub(0, 0, a.w, a.h-1))
		m.drawKeys(a.sub(0, a.h-1, a.w, 1))
	case !m.started():
		m.drawStarting(a)
	default:
		m.drawRun(a)
	}
	return s
}

// drawRun is the dashboard proper: header, panels or the zoomed one, events, keys.
func (m *model) drawRun(a area) {
	p := m.plan()
	m.drawHeader(a.sub(0, 0, a.w, p.header), p.wide)
	for _, at := range p.places {
		m.drawPanel(at.panel, a.sub(at.x, at.y, at.w, at.h))
	}
	m.drawEvents(a.sub(0, a.h-1-p.events, a.w, p.events))
	m.drawKeys(a.sub(0, a.h-1, a.w, 1))
}

// plan is where things are drawn now.
func (m *model) plan() plan {
	p := arrange(m.w, m.h, len(m.rows())+1, m.pic.Model == "hold")
	if m.zoom != none {
		p.places = []place{{m.zoom, 0, p.header, m.w, m.h - p.header - p.events - 1}}
	}
	return p
}

func (m *model) drawPanel(p panel, a area) {
	switch p {
	case panelRate:
		m.drawRate(a)
	case panelResponse:
		m.drawResponse(a)
	case panelConnections:
		m.drawConnections(a)
	case panelRequests:
		m.drawRequests(a)
	case panelAgents:
		m.drawAgents(a)
	case panelHealth:
		m.drawHealth(a)
	case panelThresholds:
		m.drawThresholds(a)
	case panelHeat:
		m.drawHeat(a)
	case panelErrors:
		m.drawErrors(a)
	}
}

// frame is the border of a panel: the number is the key that zooms it.
func (m *model) frame(p panel, title, detail string) frame {
	f := frame{title: title, detail: detail, focus: m.focus == p && m.zoom == none || m.zoom == p}
	if p <= lastNumbered {
		f.key = int(p)
	}
	return f
}

// drawTooSmall says in one sentence what is missing.
func (m *model) drawTooSmall(a area) {
	say := fmt.Sprintf("The dashboard needs %d×%d cells and this terminal has %d×%d; the run goes on.",
		leastWidth, leastHeight, m.w, m.h)
	for y, line := range wrap(say, a.w) {
		a.text(0, y, plain, line)
	}
}

// drawStarting is shown until the first agents are ready.
func (m *model) drawStarting(a area) {
	state, st := m.stateWord()
	x := a.text(1, 0, bold, "loadctl")
	a.text(x+2, 0, st, state)
	a.text(1, 2, faint, "Waiting for the agents to be ready. The load starts when all of them are.")
	m.drawEvents(a.sub(0, 4, a.w, a.h-5))
	m.drawKeys(a.sub(0, a.h-1, a.w, 1))
}

// wrap breaks a sentence into lines of at most w cells, at spaces where it can.
func wrap(s string, w int) (lines []string) {
	if w <= 0 {
		return nil
	}
	line, used, space := 0, 0, -1
	for i, r := range s {
		_, n := printable(r)
		if used+n > w {
			end, next := i, i
			if space > line {
				end, next = space, space+1
			}
			if r == ' ' {
				end, next = i, i+1
			}
			lines = append(lines, s[line:end])
			line, used, space = next, width(s[min(next, i):i]), -1
			if next > i {
				continue
			}
		}
		if r == ' ' {
			space = i
		}
		used += n
	}
	return append(lines, s[line:])
}
