package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// freeze turns what was read into what agents walk over: the rows and the bytes of
// every request.
func (p *parser) freeze() {
	host, prefix := p.hostAndPrefix()
	for u := range p.s.Users {
		for t := range p.s.Users[u].Tasks {
			steps := p.s.Users[u].Tasks[t].Steps
			for i := range steps {
				p.freezeStep(&steps[i], host, prefix)
			}
		}
	}
	p.layOut()
	p.emptyLimits()
	if p.names.folded {
		p.warn("more than %d names of requests: those after the first %d share the row %s", maxNames, maxNames, otherNames)
	}
	p.warnings()
}

func (p *parser) warn(text string, args ...any) {
	p.s.Warnings = append(p.s.Warnings, fmt.Sprintf(text, args...))
}

// hostAndPrefix splits the base URL. A bundled target that is not yet started has no
// address; the file is then parsed again with Options.BaseURL before it is run.
func (p *parser) hostAndPrefix() (host, prefix string) {
	port, rest := ":80", strings.TrimPrefix(p.s.Target.BaseURL, "http://")
	if p.s.Target.TLS != nil {
		port, rest = ":443", strings.TrimPrefix(rest, "https://")
	}
	host, prefix, slash := strings.Cut(rest, "/")
	if slash {
		prefix = "/" + prefix
	}
	if host == "" {
		host = "localhost"
	}
	return strings.TrimSuffix(host, port), prefix
}

// freezeStep writes the request once and for all: literal bytes are one part, and
// only expressions are left to do.
func (p *parser) freezeStep(s *Step, host, prefix string) {
	path := literalTemplate(prefix)
	path.join(s.Path)
	fields := p.fields(s, host)
	if s.Extra != nil && s.Extra.Await > 0 {
		fields = append(fields, Header{expectHeader, literalTemplate("100-continue")})
	}
	end := s.end()
	s.head = frozen(s.Method, path, fields, end)
	if p.churns() && indexHeader(s.Headers, "Connection") < 0 {
		s.closing = frozen(s.Method, path, append(slices.Clip(fields), Header{"Connection", literalTemplate("close")}), end)
	}
	if s.Body != nil && !s.Body.Static() {
		s.body = s.Body
	}
	if s.Extra != nil {
		s.Extra.freeze(s.Method, path, fields, end)
	}
}

// frozen is a request as far as it is the same each time.
func frozen(method string, path *Template, fields []Header, end string) *Template {
	h := &Template{}
	h.literal(method + " ")
	h.join(path)
	h.literal(" HTTP/1.1\r\n")
	h.headers(fields)
	h.literal(end)
	return h
}

// churns says whether a phase opens a connection for each request.
func (p *parser) churns() bool {
	return slices.ContainsFunc(p.s.Phases, func(ph Phase) bool { return ph.Pool.Reuse == ReuseNone })
}

// fields are the header lines of a step, those that are sent unasked included.
func (p *parser) fields(s *Step, host string) []Header {
	var all []Header
	for _, d := range []Header{{"Host", literalTemplate(host)}, {"User-Agent", literalTemplate(p.o.UserAgent)}} {
		if indexHeader(s.Headers, d.Name) < 0 {
			all = append(all, d)
		}
	}
	return append(all, s.Headers...)
}

const expectHeader = "Expect"

// end is what follows the header lines: the length of the body, the empty line and
// the body; of one that differs by request the length's name alone.
func (s *Step) end() string {
	switch {
	case s.Extra != nil && s.Extra.Upload != nil:
		return s.Extra.Upload.lengthLine()
	case s.Body == nil:
		return "\r\n"
	case s.Body.Static():
		return "Content-Length: " + strconv.Itoa(len(s.Body.text())) + "\r\n\r\n" + s.Body.text()
	}
	return "Content-Length: "
}

// freeze keeps the parts of the request, for those that are put together anew.
func (x *Extra) freeze(method string, path *Template, fields []Header, end string) {
	x.method, x.path, x.end = method, path, literalTemplate(end)
	x.fields, x.bare = &Template{}, &Template{}
	x.fields.headers(fields)
	for _, h := range fields {
		if h.Name != expectHeader && !strings.HasPrefix(strings.ToLower(h.Name), "content-") {
			x.bare.header(h)
		}
	}
}

func (t *Template) headers(list []Header) {
	for _, h := range list {
		t.header(h)
	}
}

func (t *Template) header(h Header) {
	t.literal(h.Name + ": ")
	t.join(h.Value)
	t.literal("\r\n")
}

// text is what a static template expands to.
func (t *Template) text() string {
	if len(t.parts) == 0 {
		return ""
	}
	return string(t.parts[0].literal)
}

// layOut numbers the rows: for each phase in file order, each name its user can ask
// for in file order, and one row for its heartbeats. These are recorded where a level has nothing else.
func (p *parser) layOut() {
	l := &stats.Layout{Limits: p.s.ResponseLimits()}
	p.s.Layout = l
	for i := range p.s.Phases {
		ph := &p.s.Phases[i]
		l.Phases = append(l.Phases, stats.PhaseKey{
			Name: ph.Name, Recorded: ph.Record, Holds: ph.Connections,
			Closed: ph.Executor == ConstantVUs || ph.Executor == RampingVUs,
			Level:  ph.Executor == ConstantArrivalRate,
		})
		if ph.Heartbeat != nil {
			step := &p.s.Users[ph.User].Tasks[ph.Heartbeat.Task].Steps[0]
			ph.HeartbeatCell = len(l.Cells)
			l.Cells = append(l.Cells, stats.CellKey{Phase: i, Name: step.Name, Method: step.Method, Heartbeat: true, Recorded: p.s.Level != nil && p.s.HoldsOnly()})
		}
		p.rowsOf(i, ph)
	}
}

// rowsOf gives the steps of a phase's user their rows.
func (p *parser) rowsOf(phase int, ph *Phase) {
	rows := map[string]int{}
	for u := range p.s.Users {
		for t := range p.s.Users[u].Tasks {
			task := &p.s.Users[u].Tasks[t]
			runs := u == ph.User && task.Weight > 0 && ph.Executor != HeldConnections
			for i := range task.Steps {
				cell := -1
				if runs {
					cell = p.row(rows, phase, ph, &task.Steps[i])
				}
				task.Steps[i].Cells = append(task.Steps[i].Cells, cell)
			}
		}
	}
}

func (p *parser) row(rows map[string]int, phase int, ph *Phase, s *Step) int {
	cell, ok := rows[s.Name]
	if !ok {
		l := p.s.Layout
		cell = len(l.Cells)
		rows[s.Name] = cell
		l.Cells = append(l.Cells, stats.CellKey{Phase: phase, Name: s.Name, Method: s.Method, Recorded: ph.Record})
	}
	if key := &p.s.Layout.Cells[cell]; key.Recorded && s.Timing != nil {
		key.Timed = true
	}
	return cell
}
