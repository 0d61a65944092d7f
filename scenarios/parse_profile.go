package scenarios

import (
	"slices"
	"strings"
	"time"
)

// PprofProfiles are those that net/http/pprof serves and a monitor may ask for.
var PprofProfiles = []string{"cpu", "heap", "goroutine", "allocs", "mutex", "block"}

// A monitorDraft is a monitor whose phases are not looked up yet.
type monitorDraft struct {
	index  int
	phases *node
}

func (p *parser) monitorProfiles(o *object, m *Monitor) {
	seconds := int(m.Length / time.Second)
	o.count("seconds", 1, &seconds)
	if m.Length = time.Duration(seconds) * time.Second; m.Length > profileLongest {
		p.wrong(o.get("seconds"), "seconds: must be at most %d, got %d", int(profileLongest.Seconds()), seconds)
	}
	if m.Type != MonitorPprof {
		return
	}
	m.Profiles = p.texts(o.get("profiles"), "profiles")
	for _, name := range m.Profiles {
		if !slices.Contains(PprofProfiles, name) {
			p.unknown(o.get("profiles"), "profile", shorten(name), PprofProfiles)
		}
	}
	if len(m.Profiles) == 0 {
		m.Profiles = []string{"cpu", "heap", "goroutine"}
	}
}

// placeholders are what a command may have filled in.
var placeholders = []string{"{pid}", "{pids}", "{out}", "{seconds}"}

// monitorCommand reads a list of words, or one text that is parted at its spaces: there is
// no shell, and so nothing to quote.
func (p *parser) monitorCommand(o *object, m *Monitor) {
	if m.Type != MonitorCommand {
		return
	}
	m.Ending = "out"
	o.text("process", &m.Process)
	o.text("ending", &m.Ending)
	if !isWord(m.Ending) || len(m.Ending) > 20 {
		p.wrong(o.get("ending"), "ending: letters and digits such as svg or json, got %q", shorten(m.Ending))
	}
	at := o.require("command")
	switch {
	case at == nil:
		return
	case at.Kind == sequenceNode:
		m.Command = p.texts(at, "command")
	default:
		text, _ := p.text(at, "command")
		m.Command = strings.Fields(text)
	}
	if len(m.Command) == 0 {
		p.wrong(at, "command: it is empty")
		return
	}
	line := strings.Join(m.Command, " ")
	if strings.Contains(line, "{pid") && m.Process == "" {
		p.hinted(at, "add process: gunicorn, or a pid", "command: whose {pid} is it?")
	}
	for _, word := range m.Command {
		p.placeholder(at, word)
	}
}

func (p *parser) placeholder(at *node, word string) {
	for rest := word; ; {
		_, after, opens := strings.Cut(rest, "{")
		name, later, closed := strings.Cut(after, "}")
		if !opens || !closed {
			return
		}
		if name = "{" + name + "}"; isWord(strings.Trim(name, "{}")) && !slices.Contains(placeholders, name) {
			p.unknown(at, "placeholder", shorten(name), placeholders)
		}
		rest = later
	}
}

// texts reads a list of texts, or one.
func (p *parser) texts(n *node, what string) (all []string) {
	if n != nil && n.Kind == scalarNode {
		if text, ok := p.text(n, what); ok {
			return []string{text}
		}
		return nil
	}
	for _, item := range p.list(n, what) {
		if text, ok := p.text(item, what); ok && text != "" {
			all = append(all, text)
		}
	}
	return all
}

// monitorPhases looks up the phases of those that make profiles: without any, all that
// are recorded.
func (p *parser) monitorPhases() {
	for _, d := range p.profiled {
		m := &p.s.Target.Monitors[d.index]
		if d.phases == nil {
			for i := range p.s.Phases {
				if p.s.Phases[i].Record {
					m.Phases = append(m.Phases, i)
				}
			}
			continue
		}
		for _, name := range p.texts(d.phases, "phases") {
			i := slices.IndexFunc(p.s.Phases, func(x Phase) bool { return x.Name == name })
			if i >= 0 {
				m.Phases = append(m.Phases, i)
			} else if !slices.Contains(p.phaseNames(), name) { // one that is not enabled is no mistake
				p.unknown(d.phases, "phase", shorten(name), p.phaseNames())
			}
		}
	}
}
