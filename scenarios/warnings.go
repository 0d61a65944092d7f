package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// warnings notes what is allowed but probably not meant.
func (p *parser) warnings() {
	plan := p.s.Plan()
	for i := range p.s.Phases {
		ph := &p.s.Phases[i]
		if ph.Over >= 0 {
			p.warnOutlived(ph, plan[i], plan[ph.Over])
		}
	}
	if t := p.s.Target.TLS; t != nil && t.SkipVerify {
		p.warn("target.tls.skip_verify: certificates are not looked at, so anybody can have answered")
	}
	if !p.anyRecorded() {
		p.warn("no phase is recorded: results and thresholds will be empty")
	}
}

// warnOutlived speaks of a phase that uses held connections outside their hold.
func (p *parser) warnOutlived(ph *Phase, used, held Planned) {
	name := p.s.Phases[ph.Over].Name
	switch {
	case used.Begin < held.Begin:
		p.warn("phase %s begins before %s, whose connections it uses", ph.Name, name)
	case used.End > held.End:
		p.warn("phase %s lasts %v longer than the hold of %s, whose connections it uses", ph.Name, used.End-held.End, name)
	}
}

// warnBraces speaks of a path as frameworks write their routes, /items/{id}: the braces are
// sent as they stand. It looks at the text of the file, where no variable is put in yet: one
// may be a secret.
func (p *parser) warnBraces(n *node) {
	text, _, _ := strings.Cut(n.Value, "?")
	words := bracedWords(text)
	if len(words) == 0 {
		return
	}
	sent := "is sent as it stands"
	if len(words) > 1 {
		sent = "are sent as they stand"
	}
	w := fmt.Sprintf("line %d: {%s} of the path %s %s: write ${rand.int(1, 1000)} or ${vars.%s} there; name: %s beside it is what reports call the request",
		n.Line, strings.Join(words, "} and {"), shorten(text), sent, words[0], shorten(text))
	if !slices.Contains(p.s.Warnings, w) { // an alias is read more than once
		p.s.Warnings = append(p.s.Warnings, w)
	}
}

// bracedWords are the words in braces of text, but for those of expressions.
func bracedWords(text string) (words []string) {
	for {
		before, rest, opens := strings.Cut(text, "{")
		if !opens {
			return words
		}
		word, _, closed := strings.Cut(rest, "}")
		name, _, _ := strings.Cut(word, ":") // {id:path}, {id:int}
		if closed && isWord(name) && !strings.HasSuffix(before, "$") {
			words = append(words, name)
		}
		text = rest
	}
}

func (p *parser) anyRecorded() bool {
	for i := range p.s.Phases {
		if p.s.Phases[i].Record {
			return true
		}
	}
	return false
}
