package text

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// Options say how a summary is written.
type Options struct {
	Color  bool
	Report string // path of the report, "" without one
}

// Summary writes the block a run ends with: whether it may be believed, what was asked,
// what was seen, where every request went, and which limits held.
func Summary(w io.Writer, v *view.View, o Options) error {
	p := &page{color: o.Color}
	p.validity(v)
	p.head(v)
	p.ending(v)
	p.figures(v)
	p.endpoints(v)
	p.where(v)
	p.errors(v)
	p.monitors(v)
	p.hosts(v)
	p.accounting(v)
	p.thresholds(v)
	if o.Report != "" {
		p.line("")
		p.field("report", o.Report)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// Result writes the line a program looks for; it is the last one.
func Result(w io.Writer, v *view.View, dir string) error {
	_, err := fmt.Fprintf(w, "RESULT %s exit=%d validity=%s run=%s\n", v.Verdict, v.ExitCode, v.Validity.Verdict, dir)
	return err
}

// A page is text growing line by line.
type page struct {
	strings.Builder
	color bool
}

func (p *page) line(format string, args ...any) {
	line := format
	if len(args) > 0 {
		line = fmt.Sprintf(format, args...)
	}
	p.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (p *page) field(name, text string) { p.line("  %s %s", pad(name, 11), text) }

func (p *page) mark(ok bool) string {
	if ok {
		return paint(p.color, green, "✓")
	}
	return paint(p.color, red, "✗")
}

func (p *page) figures(v *view.View) {
	p.field("requests", fmt.Sprintf("%s intended, %s/s offered, %s/s made, %s failed",
		view.Group(v.Accounting.Intended), view.Number(v.Offered), view.Number(v.Throughput), view.Percent(v.ErrorRate)))
	if v.Response.Count > 0 {
		p.times(v)
	}
	if c := v.Connections; c.Opened > 0 || c.Asked > 0 {
		p.field("connections", connections(v))
	}
	if drops := v.Drops(); drops != "" {
		p.field(" by target", "closed "+drops)
	}
	if closes := v.Closes(); closes != "" {
		p.field(" by loadctl", "closed "+closes)
	}
	if h := v.Heartbeats; h.Sent > 0 {
		p.field("heartbeats", fmt.Sprintf("%s sent, %s answered", view.Group(h.Sent), view.Group(h.Answered)))
	}
	if v.Redirects > 0 {
		p.field("redirects", view.Group(v.Redirects)+" followed, within their requests")
	}
	p.field("generator", generator(v))
	if v.Pacing != "" {
		p.field("pacing", v.Pacing)
	}
	if v.Arrivals != "" {
		p.field("arrivals", v.Arrivals)
	}
	if v.Little != "" {
		p.field("consistency", v.Little)
	}
	p.notes(v)
}

// notes leave out what the accounts below say in figures: how much was cut as warm-up.
func (p *page) notes(v *view.View) {
	for _, note := range v.Notes {
		if note != v.Warmup.Note() {
			p.field("note", note)
		}
	}
}

// times are three lines under one heading.
func (p *page) times(v *view.View) {
	p.line("")
	p.line("  %s%s", pad("", 12), columns("ms", "p50", "p90", "p95", "p99", "p99.9", "max"))
	p.field("response", columns("", timesRow(v.Response, v.Info.Timeout)...)+"  from the intended start; failed = infinite")
	if sure := v.SureLine(); sure != "" {
		p.field(" 95 % sure", " "+sure)
	}
	if v.Response.Failed > 0 {
		p.field(" ok only", columns("", timesRow(v.ResponseOK, 0)...)+"  "+view.Percent(v.ErrorRate)+" failed are left out here")
	}
	p.field("service", columns("", timesRow(v.Service, 0)...)+"  from the first byte written; hides waiting")
	p.line("")
}

func timesRow(t view.Times, timeout time.Duration) []string {
	row := make([]string, 0, 6)
	for _, q := range t.All() {
		row = append(row, view.QuantileText(q, timeout, t.Count))
	}
	return append(row, maximum(t))
}

func maximum(t view.Times) string {
	if t.Count == t.Failed {
		return "–"
	}
	return view.Millis(t.Max)
}

func connections(v *view.View) string {
	c := v.Connections
	s := fmt.Sprintf("%s opened, peak %s, %s dropped, %s failed", view.Group(c.Opened), view.Group(c.Peak), view.Group(c.Dropped), view.Group(c.Failed))
	if c.Handshakes > 0 {
		s += fmt.Sprintf("; TLS: %s handshakes, %s resumed, p50 %s, p99 %s", view.Group(c.Handshakes), view.Group(c.Resumed), view.Millis(v.TLS.P50.Value), view.Millis(v.TLS.P99.Value))
	}
	if c.Asked == 0 {
		return s
	}
	return fmt.Sprintf("%s asked, at least %s held; ", view.Group(uint64(c.Asked)), view.Group(c.HeldMin)) + s
}

func generator(v *view.View) string {
	var cpu time.Duration
	lost := 0
	for _, a := range v.Agents {
		cpu += a.CPU
		if a.Lost != "" {
			lost++
		}
	}
	s := fmt.Sprintf("%d agents", len(v.Agents))
	if len(v.Agents) == 1 {
		s = "1 agent"
	}
	if lost > 0 {
		s += fmt.Sprintf(" (%d lost)", lost)
	}
	s += fmt.Sprintf(", %s CPU", view.Span(cpu))
	if v.PacerLag.Count > 0 {
		s += fmt.Sprintf(", pacer lag p99 %s", view.Span(v.PacerLag.P99.Value))
	}
	return s + fmt.Sprintf(", %s received, %s sent", view.Bytes(float64(v.BytesIn)), view.Bytes(float64(v.BytesOut)))
}

// maxRows bounds the tables of a summary; the report has the rest.
const maxRows = 20

func (p *page) endpoints(v *view.View) {
	if len(v.Endpoints) == 0 {
		return
	}
	wide := len("request")
	for _, e := range v.Endpoints[:min(len(v.Endpoints), maxRows)] {
		wide = max(wide, utf8.RuneCountInString(Label(e)))
	}
	wide = min(wide, 40)
	p.line("")
	p.line("  %s %s", pad("request", wide), columns("count", "req/s", "failed", "p50", "p90", "p99", "p99.9", "max ms"))
	for i, e := range v.Endpoints {
		if i == maxRows {
			p.line("  … and %d more in the report", len(v.Endpoints)-maxRows)
			break
		}
		t := e.Response
		p.line("  %s %s", pad(Label(e), wide), columns(view.Group(e.Ended), view.Number(e.PerSecond), view.Percent(e.ErrorRate),
			view.QuantileText(t.P50, v.Info.Timeout, t.Count), view.QuantileText(t.P90, v.Info.Timeout, t.Count), view.QuantileText(t.P99, v.Info.Timeout, t.Count), view.QuantileText(t.P999, v.Info.Timeout, t.Count), maximum(t)))
	}
	p.line("")
}

// Label names an endpoint with its method, once.
func Label(e view.Endpoint) string { return oneLine(view.RequestLabel(e.Method, e.Name)) }

func (p *page) errors(v *view.View) {
	const most = 8
	if len(v.Errors) == 0 {
		return
	}
	for i, e := range v.Errors {
		if i == most {
			p.field("", fmt.Sprintf("… and %d more kinds in the report", len(v.Errors)+v.MoreErrors-most))
			break
		}
		name := "errors"
		if i > 0 {
			name = ""
		}
		p.field(name, fmt.Sprintf("%s × %s: %s on %s, %s", view.Group(e.Count), e.Class, oneLine(e.Kind), oneLine(e.Name), when(e)))
	}
	p.line("")
}

// when says from when to when a kind of failure was seen.
func when(e view.ErrorRow) string {
	first, last := view.Clock(e.First), view.Clock(e.Last)
	if first == last {
		return "at " + first
	}
	return first + "–" + last
}

func (p *page) accounting(v *view.View) {
	p.field("accounting", p.identity(v.Accounting))
	if v.Unrecorded.Intended > 0 {
		p.field("unrecorded", p.identity(v.Unrecorded))
	}
	if v.Conserved.Known {
		p.field("target", v.Conserved.String()+" "+p.mark(v.Conserved.Agrees))
	}
}

// identity prints where every intended request went; zero terms are left out.
func (p *page) identity(a stats.Accounting) string {
	terms := []string{}
	for i, n := range a.Classes {
		if n > 0 || stats.Class(i) == stats.OK {
			terms = append(terms, view.Group(n)+" "+stats.Class(i).String())
		}
	}
	s := fmt.Sprintf("%s intended = %s", view.Group(a.Intended), strings.Join(terms, " + "))
	if missing := a.Missing(); missing != 0 {
		return fmt.Sprintf("%s + %d without a class %s", s, missing, p.mark(false))
	}
	return s + " " + p.mark(true)
}

func (p *page) thresholds(v *view.View) {
	if len(v.Thresholds) == 0 {
		return
	}
	p.line("")
	name, expr := 0, 0
	for _, t := range v.Thresholds {
		name, expr = max(name, utf8.RuneCountInString(t.Name)), max(expr, utf8.RuneCountInString(t.Expr))
	}
	for _, t := range v.Thresholds {
		rest := ""
		if !t.Held && t.FirstFail != stats.Never {
			rest = "  first broken at " + view.Clock(t.FirstFail)
		}
		if doubt := t.Doubt(); doubt != "" {
			rest += "  not sure: " + doubt
		}
		p.line("  %s %s  %s  %s%s", p.mark(t.Held), pad(t.Name, name), pad(t.Expr, expr), t.Observed, rest)
	}
}

// columns sets cells flush right, ten wide; the first may be empty to stand for
// nothing.
func columns(first string, rest ...string) string {
	var b strings.Builder
	for i, s := range append([]string{first}, rest...) {
		if i == 0 && s == "" {
			continue
		}
		width := 9
		if i == 0 {
			width = 8
			if s == "ms" {
				continue
			}
		}
		b.WriteString(strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s))) + s)
	}
	return b.String()
}

func pad(s string, width int) string {
	n := utf8.RuneCountInString(s)
	if n > width {
		r := []rune(s)
		return string(r[:width-1]) + "…"
	}
	return s + strings.Repeat(" ", width-n)
}
