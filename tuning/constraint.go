package tuning

import (
	"fmt"

	"github.com/loadctl/loadctl/scenarios/document"
)

// A Constraint is a comparison that every setting must hold, such as pool * workers <= 200.
type Constraint struct {
	Formula
	Line int
}

// Allowed says whether a setting holds every constraint, and if not, which rules it out.
func (f *File) Allowed(setting map[string]string) (ok bool, why string) {
	for i := range f.Constraints {
		c := &f.Constraints[i]
		if held, _ := c.of(f.values(setting)).(bool); !held {
			return false, fmt.Sprintf("constraint %s (line %d)", c.Text, c.Line)
		}
	}
	return true, ""
}

// values are those of a setting as formulas reckon with them.
func (f *File) values(setting map[string]string) map[string]any {
	all := make(map[string]any, len(f.Params))
	for i := range f.Params {
		p := &f.Params[i]
		if v, ok := number(setting[p.Name]); ok && p.Numeric {
			all[p.Name] = v
		} else {
			all[p.Name] = setting[p.Name]
		}
	}
	return all
}

// constraints reads one comparison or a list of them.
func (p *reading) constraints(n *document.Node) {
	if n = p.Present(n); n == nil {
		return
	}
	items := []*document.Node{n}
	if n.Kind != document.ScalarNode {
		items = p.List(n, "constraints")
	}
	for _, item := range items {
		if formula, ok := p.formula(item, "constraint", truth); ok {
			p.f.Constraints = append(p.f.Constraints, Constraint{formula, item.Line})
		}
	}
	p.holdable(n)
}

// holdable refuses constraints that leave nothing to try, as far as that can be seen.
func (p *reading) holdable(n *document.Node) {
	if len(p.Mistakes) > 0 {
		return
	}
	total, listed := p.listedSettings()
	if !listed || total > mostTried {
		return
	}
	for at := range total {
		if ok, _ := p.f.Allowed(p.f.nth(at)); ok {
			return
		}
	}
	p.Wrong(n, "constraints: none of the %d settings holds them", total)
}

// listedSettings counts the settings, up to one more than are looked at, if the file lists the values of all params.
func (p *reading) listedSettings() (total int, listed bool) {
	total = 1
	for i := range p.f.Params {
		if p.f.Params[i].Start != nil || len(p.f.Params[i].Values) == 0 {
			return 0, false
		}
		total = min(total*len(p.f.Params[i].Values), mostTried+1)
	}
	return total, true
}

// mostTried bounds how many settings are looked at before any is tried.
const mostTried = 20_000

// nth is one of all settings, counted like an odometer.
func (f *File) nth(n int) map[string]string {
	s := make(map[string]string, len(f.Params))
	for i := range f.Params {
		values := f.Params[i].Values
		s[f.Params[i].Name] = values[n%len(values)]
		n /= len(values)
	}
	return s
}
