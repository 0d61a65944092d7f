package tuning

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// A Cost is what the values of a parameter cost.
type Cost struct {
	Each float64            // of each unit of a numeric value
	Of   map[string]float64 // of each value; nil = Each
	Unit string
	Line int // 0 = the file says nothing
}

// CostOf is what a setting costs, in CostUnit: by the file's formula, else the sum of its
// params' costs. Zero where the file says nothing; NaN or infinite where the formula gives no number, which Parse has
// refused of the values that the file lists.
func (f *File) CostOf(setting map[string]string) float64 {
	if f.Cost != nil {
		return f.Cost.number(f.values(setting))
	}
	sum := 0.0
	for i := range f.Params {
		sum += f.Params[i].Cost.of(setting[f.Params[i].Name])
	}
	return sum
}

func (c *Cost) of(value string) float64 {
	if c.Of == nil {
		v, _ := number(value)
		return v * c.Each
	}
	v, _ := c.priceOf(value)
	return v
}

// priceOf is what the file says that a value costs, where it says so of each value.
func (c *Cost) priceOf(value string) (float64, bool) {
	if v, ok := c.Of[value]; ok {
		return v, true
	}
	for _, known := range slices.Sorted(maps.Keys(c.Of)) { // a value that was read may be written otherwise
		if Same(known, value) {
			return c.Of[known], true
		}
	}
	return 0, false
}

// cost reads a number for each unit, {each, unit}, or {values: {value: cost}, unit}.
func (p *reading) cost(n *document.Node, one *Param) (c Cost) {
	if n == nil {
		return c
	}
	if c.Line = n.Line; n.Kind == document.ScalarNode {
		c.Each = p.figure(n)
		p.countable(n, one)
		return c
	}
	o := p.Object(n, "cost", document.Keys{Known: "each values unit"})
	o.Text("unit", &c.Unit)
	each, values := o.Get("each"), o.Get("values")
	switch {
	case each == nil && values == nil && o.IsMapping() && len(o.Meant) == 0:
		p.Hinted(n, "such as {each: 1, unit: connections}", "cost: needs each or values")
	case each != nil && values != nil:
		p.Wrong(values, "cost: each and values both say it: take one of them out")
	case each != nil:
		c.Each = p.figure(each)
		p.countable(each, one)
	case values != nil:
		c.Of = p.prices(values, one)
	}
	p.oneUnit(n, c.Unit)
	return c
}

func (p *reading) figure(n *document.Node) float64 {
	text, ok := p.Text(n, "cost")
	v, good := document.Number(text)
	if ok && (!good || v < 0) {
		p.Wrong(n, "cost: must be a number of at least 0, got %q", document.Shorten(text))
	}
	return v
}

// countable refuses a cost for each of what is no number.
func (p *reading) countable(n *document.Node, one *Param) {
	if !one.Numeric {
		p.Hinted(n, "such as cost: {values: {small: 5, large: 10}}", "cost: the values of %s are no numbers: say what each costs", one.Name)
	}
}

func (p *reading) prices(n *document.Node, one *Param) map[string]float64 {
	all := map[string]float64{}
	for _, e := range p.Mapping(n, "values") {
		all[e.Name] = p.figure(e.Value)
		if one.Values != nil && e.Name != one.Current && !slices.Contains(one.Values, e.Name) {
			p.Hinted(e.Key, document.Ask(document.Closest(e.Name, one.Values)), "cost: %s is no value of %s", document.Shorten(e.Name), one.Name)
		}
	}
	var missing []string
	for _, v := range one.Values {
		if _, ok := all[v]; !ok {
			missing = append(missing, v)
		}
	}
	if _, ok := all[one.Current]; !ok && one.Current != "" && !slices.Contains(one.Values, one.Current) {
		missing = append(missing, one.Current)
	}
	if len(missing) > 0 {
		p.Wrong(n, "cost: what does %s cost?", document.Shorten(strings.Join(missing, ", ")))
	}
	return all
}

// oneUnit refuses costs that cannot be added.
func (p *reading) oneUnit(n *document.Node, unit string) {
	switch {
	case unit == "" || unit == p.f.CostUnit:
	case p.f.CostUnit == "":
		p.f.CostUnit = unit
	default:
		p.Wrong(n, "cost: is in %s here and in %s above: costs are added, so say all in one unit", document.Shorten(unit), document.Shorten(p.f.CostUnit))
	}
}

// wholeCost reads a formula over all params, or {of, unit}.
func (p *reading) wholeCost(n *document.Node) {
	if n == nil {
		return
	}
	at := n
	if n.Kind != document.ScalarNode {
		o := p.Object(n, "cost", document.Keys{Known: "of unit"})
		if at = o.Require("of"); at == nil {
			return
		}
		unit := ""
		o.Text("unit", &unit)
		p.oneUnit(n, unit)
	}
	for i := range p.f.Params {
		if c := &p.f.Params[i].Cost; c.Line > 0 {
			p.Wrong(at, "cost: params say costs of their own (line %d): take one of them out", c.Line)
			return
		}
	}
	if formula, ok := p.formula(at, "cost", figure); ok {
		p.f.Cost = &formula
		p.priced(at)
	}
}

// priced refuses a formula that is no number for a setting that may be tried, as far as that can be seen: what costs
// nothing in particular would be the cheapest, or the dearest.
func (p *reading) priced(at *document.Node) {
	total, listed := p.listedSettings()
	if !listed || len(p.Mistakes) > 0 {
		return
	}
	for n := range min(total, mostTried) {
		setting := p.f.nth(n)
		if ok, _ := p.f.Allowed(setting); !ok {
			continue
		}
		if v := p.f.CostOf(setting); math.IsNaN(v) || math.IsInf(v, 0) {
			p.Hinted(at, "rule it out by constraints, or add to what is divided by", "cost: of %s it is %v, which is no number", document.Shorten(p.f.Setting(setting)), v)
			return
		}
	}
}
