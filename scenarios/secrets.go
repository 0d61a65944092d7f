package scenarios

import (
	"slices"
	"strings"
)

// secretHeaders say who asks, as auth does.
var secretHeaders = []string{"authorization", "proxy-authorization", "cookie", "x-api-key"}

func isSecretHeader(name string) bool { return slices.Contains(secretHeaders, strings.ToLower(name)) }

// hiding reads what authorizes a request: the variables it uses are secrets, and
// those that these are made of. No message quotes what it reads.
func (p *parser) hiding(read func()) {
	before := p.noting
	p.noting, p.hidden = p.hide, true
	read()
	p.noting, p.hidden = before, false
}

func (p *parser) hide(name string) {
	if slices.Contains(p.s.Secrets, name) {
		return
	}
	p.s.Secrets = append(p.s.Secrets, name)
	for _, of := range p.madeOf[name] {
		p.hide(of)
	}
}
