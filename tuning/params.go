package tuning

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// Bounds of what can be tried in a day.
const (
	mostParams = 8
	mostValues = 24
	mostSteps  = 24
)

// params reads all parameters: first their names, which hooks of any may use.
func (p *reading) params(top *document.Object) {
	items := p.List(top.Require("params"), "params")
	if n := top.Get("params"); n != nil && n.Kind == document.SequenceNode && (len(items) == 0 || len(items) > mostParams) {
		p.Wrong(n, "params: give 1 to %d, got %d", mostParams, len(items))
	}
	objects := make([]*document.Object, len(items))
	for i, item := range items {
		if p.Present(item) == nil {
			p.Wrong(item, "param must be a mapping of keys to values, got nothing")
			continue
		}
		objects[i] = p.Object(item, "param", document.Keys{Known: "name values current cost apply read"})
		p.name(objects[i])
	}
	for _, o := range objects {
		if o != nil && o.IsMapping() {
			p.param(o)
		}
	}
}

// taken are names that mean something else where a parameter's could stand.
func taken(name string) bool {
	return slices.Contains([]string{valueName, "env", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "true", "false"}, name)
}

func (p *reading) name(o *document.Object) {
	n, name := o.Require("name"), ""
	o.Text("name", &name)
	switch {
	case n == nil:
	case !isEnvName(name) || name != strings.ToLower(name):
		p.Wrong(n, "name: must be lower-case letters, digits and _, got %q", document.Shorten(name))
	case taken(name):
		p.Wrong(n, "name: %s means something else to hooks: take another", name)
	case slices.Contains(p.names, name):
		p.Wrong(n, "name: there is a param %s already", name)
	default:
		p.names = append(p.names, name)
	}
}

func (p *reading) param(o *document.Object) {
	one := Param{Line: o.Node.Line}
	if n := o.Get("name"); n != nil {
		one.Name = n.Value
	}
	p.values(o.Require("values"), &one)
	if n := o.Get("current"); n != nil {
		o.Text("current", &one.Current)
		if one.Current == "" {
			p.Wrong(n, "current: must not be empty")
		}
	}
	if one.Start != nil && !numeric([]string{one.Current}) {
		p.Wrong(o.Get("current"), "current: must be a number or a duration, as all values that start from a law are, got %q", document.Shorten(one.Current))
	}
	one.Numeric = one.Start != nil || numeric(append(slices.Clone(one.Values), one.Current))
	one.Cost = p.cost(o.Get("cost"), &one)
	if n := o.Require("apply"); n != nil {
		one.Apply = p.applies(n)
		p.plans(o, &one)
	}
	if n := o.Get("read"); n != nil {
		one.Read = p.read(n)
	}
	if one.Current == "" && one.Read == nil && len(one.Apply) > 0 && !one.ReadsItself() {
		p.Hinted(o.Node, "such as current: 8", "param %s: say what is in force now by current, or how to ask for it by read: it is what all is compared with, and put back", one.Name)
	}
	p.f.Params = append(p.f.Params, one)
}

// values reads a list, or {from, to, steps}, or {start: a sort of parameter, with facts}.
func (p *reading) values(n *document.Node, one *Param) {
	switch {
	case n == nil:
	case n.Kind == document.SequenceNode:
		one.Values = p.listed(n)
	default:
		n = p.Brief(n, "values", "values: [4, 8, 16], or {from: 4, to: 64, steps: 5}")
		if n != nil && n.Kind == document.MappingNode && slices.ContainsFunc(p.Mapping(n, "values"), func(e document.Entry) bool { return e.Name == "start" }) {
			one.Start = p.start(n)
		} else if n != nil {
			one.Values = p.grid(n)
		}
	}
}

func (p *reading) listed(n *document.Node) (all []string) {
	for _, item := range n.Content {
		if p.Present(item) == nil {
			p.Wrong(item, "values: a value is missing")
			continue
		}
		v, ok := p.Text(item, "values")
		switch {
		case !ok:
		case v == "" || strings.ContainsAny(v, "\x00\r\n"):
			p.Wrong(item, "values: a value must be text of one line, got %q", document.Shorten(v))
		case slices.Contains(all, v):
			p.Wrong(item, "values: %s is there twice", document.Shorten(v))
		default:
			all = append(all, v)
		}
	}
	if len(n.Content) < 2 || len(n.Content) > mostValues {
		p.Wrong(n, "values: give 2 to %d, got %d", mostValues, len(n.Content))
	}
	return all
}

// grid reads {from, to, steps}: whole numbers, each by the same factor from the one before.
func (p *reading) grid(n *document.Node) []string {
	o := p.Object(n, "values", document.Keys{Known: "from to steps"})
	from, to, steps := 0, 0, 6
	o.Require("from")
	o.Require("to")
	o.Count("from", 1, &from)
	o.Count("to", 1, &to)
	o.Count("steps", 2, &steps)
	switch {
	case from == 0 || to == 0:
		return nil
	case to <= from:
		p.Wrong(o.Get("to"), "values: to must be more than from, got %d and %d", to, from)
		return nil
	case steps > mostSteps:
		p.Wrong(o.Get("steps"), "values: at most %d steps, got %d", mostSteps, steps)
		return nil
	}
	return LogGrid(float64(from), float64(to), steps)
}

// LogGrid is at most steps whole numbers from one to the other, both included, each by
// the same factor from the one before; those that round to the same are one.
func LogGrid(from, to float64, steps int) (all []string) {
	for i := range steps {
		v := from * math.Pow(to/from, float64(i)/float64(steps-1))
		text := strconv.FormatFloat(math.Round(v), 'f', -1, 64)
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// numeric says whether all values are numbers or durations; "" is not known and may be.
func numeric(values []string) bool {
	for _, v := range values {
		if _, ok := number(v); !ok && v != "" {
			return false
		}
	}
	return true
}

// Reckons says why what is in force, as it was read, could not be reckoned with as costs and
// constraints do with the values of the file: it would cost nothing and hold every constraint.
// nil where it can be. The error goes on after "which".
func (p *Param) Reckons(value string) error {
	_, isNumber := number(value)
	_, priced := p.Cost.priceOf(value)
	switch {
	case p.Numeric && !isNumber && p.Start != nil:
		return errors.New("is no number, as the values to try are: set it to one first")
	case p.Numeric && !isNumber:
		return fmt.Errorf("is no number, as the values to try are: set it to one first, or say current: %q where neither cost nor constraints reckon with it", value)
	case p.Cost.Of != nil && !priced:
		return fmt.Errorf("has no cost: say current: %q, and under cost (line %d) what it costs", value, p.Cost.Line)
	}
	return nil
}

// number is a value as constraints and costs reckon with it: durations in seconds.
func number(text string) (float64, bool) {
	if v, ok := document.Number(text); ok {
		return v, true
	}
	d, err := time.ParseDuration(text)
	return d.Seconds(), err == nil
}

// Same says whether two values mean the same: 1m and 60s do, and 8 and 8.0.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	_, plainA := document.Number(a)
	_, plainB := document.Number(b)
	x, okA := number(a)
	y, okB := number(b)
	return okA && okB && plainA == plainB && x == y
}

// Setting writes a setting as people read it, in the file's order: pool=8, workers=4.
func (f *File) Setting(values map[string]string) string {
	var all []string
	for i := range f.Params {
		if v, ok := values[f.Params[i].Name]; ok {
			all = append(all, fmt.Sprintf("%s=%s", f.Params[i].Name, v))
		}
	}
	return strings.Join(all, ", ")
}
