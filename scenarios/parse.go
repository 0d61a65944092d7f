package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// Options are what a run adds to a file.
type Options struct {
	// Vars replace variables of the file (-e name=value); a name the file does not
	// have is a mistake.
	Vars map[string]string
	// Env are variables from the environment (LOADCTL_VAR_NAME=value): exactly by
	// name, else by a name that differs in case alone and is no other variable's. Names
	// the file does not have are passed over. Vars rule over them.
	Env       map[string]string
	File      FileFinder // finds what body_file names; nil = a file that names one is wrong
	BaseURL   string     // replaces target.base_url
	UserAgent string     // default "loadctl"
	Trial     *Trial     // replaces target and phases of a null run; nil = the file's
	Level     *Level     // replaces phases and limits by those of a search's trial; nil = the file's
	// ServerTiming records what the target tells of its own time, where the file does not say.
	ServerTiming bool
}

// Parse reads and checks a scenario file and freezes it. The error is *Errors and
// holds every mistake of the file. Parse is deterministic: every agent that reads
// the same file with the same options has the same rows and requests.
func Parse(file string, src []byte, o Options) (*Scenario, error) {
	p := newParser(file, src, o)
	if root := p.load(src); root != nil {
		p.file(root)
	}
	if p.mistakes() == 0 && o.Trial != nil {
		p.try(o.Trial)
	}
	if p.mistakes() == 0 && o.Level != nil {
		p.atLevel(o.Level)
	}
	if p.mistakes() == 0 {
		p.freeze()
	}
	if p.mistakes() > 0 {
		return nil, p.errors(file, src)
	}
	return p.s, nil
}

// A parser reads one file into a scenario.
type parser struct {
	reader
	o        Options
	s        *Scenario
	phases   []phaseDraft
	names    names
	pool     poolDraft // http.pool
	slow     Network   // of the user being read
	limits   []limitDraft
	profiled []monitorDraft
	before   int                 // mistakes before the phase being read
	madeOf   map[string][]string // the variables a variable's value uses

	extracted []string // names that steps would take out of answers
}

func newParser(file string, src []byte, o Options) *parser {
	if o.UserAgent == "" {
		o.UserAgent = "loadctl"
	}
	name := file[strings.LastIndexAny(file, `/\`)+1:]
	name, _, _ = strings.Cut(name, ".")
	p := &parser{o: o, s: &Scenario{Name: name, Source: src, AsksTiming: o.ServerTiming}, names: newNames()}
	p.speak()
	return p
}

// file reads the top of the file. Variables come first, since all else may use
// them; phases need users, and thresholds need both.
func (p *parser) file(root *node) {
	vars := p.varsOf(root)
	top := p.object(root, "the file", grammar.file)
	if !top.isMapping() {
		return
	}
	p.version(top)
	p.readVars(vars)
	top.text("name", &p.s.Name)
	top.text("description", &p.s.Description)
	p.s.Tags = p.textMap(top.get("tags"), "tags")
	p.target(top)
	p.http(top.get("http"))
	p.allowHosts(top.get("allow_hosts"))
	p.users(top)
	p.readPhases(top)
	p.monitorPhases()
	p.readLimits(top)
	p.agents(top.get("agents"))
	p.fleet(top)
}

func (p *parser) version(top *object) {
	version := 1
	top.count("version", 0, &version)
	if version != 1 {
		p.wrong(top.get("version"), "version %d: this loadctl reads version 1", version)
	}
}

// textMap reads a mapping from names to plain text.
func (r *reader) textMap(n *node, what string) map[string]string {
	entries := r.entries(n, what)
	if len(entries) == 0 {
		return nil
	}
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		if text, ok := r.text(e.Value, what+"."+e.Name); ok {
			m[e.Name] = text
		}
	}
	return m
}

// errors gives the mistakes in order of place.
func (p *parser) errors(file string, src []byte) *Errors {
	return &Errors{document.Errors{File: file, Mistakes: document.InOrder(p.causes(p.doc.Mistakes)), Source: src}, p.s.Target}
}

// causes leaves out what follows from others alone: that a name is unknown which extract:,
// refused as it is, would have made.
func (p *parser) causes(all []Mistake) []Mistake {
	rest := slices.DeleteFunc(slices.Clone(all), func(m Mistake) bool {
		return slices.ContainsFunc(p.extracted, func(name string) bool {
			return m.Text == fmt.Sprintf("unknown variable %q", name) || strings.HasSuffix(m.Text, "${"+name+"}: "+unknownExpression{}.Error())
		})
	})
	if len(rest) == 0 {
		return all
	}
	return rest
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
