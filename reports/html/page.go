package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

//go:embed report.html
var pageText string

//go:embed report.css
var styleText string

//go:embed report.js
var scriptText string

// A Page is everything the template shows.
type Page struct {
	*view.View
	CSS      template.CSS
	JS       template.JS
	Tiles    []Tile
	Timeline Chart
	Load     []Chart
	Times    []Chart
	Heatmap  Chart
	Spectral Chart
	Sure     []SureRow
	Went     []WhereChart
	Lag      Chart
	Traffic  Chart
	Watched  []Watched
	Rows     []Row
	Blocks   []Block
	Source   string
	Cut      bool
	Command  string
	Machine  [][2]string
}

// A Tile is one figure of the summary.
type Tile struct{ Name, Value, Unit, Note, Mood string }

// A Row is an endpoint with its small chart.
type Row struct {
	view.Endpoint
	Spark template.HTML
}

// A Block is one accounting identity.
type Block struct {
	Name  string
	A     stats.Accounting
	Terms []Term
	Bar   template.HTML
}

// A Term is one class of a block.
type Term struct {
	Name  string
	Count uint64
	Share float64
	Pen   pen
}

// Class names the pen for the style sheet.
func (t Term) Class() string { return t.Pen.class }

// maxSource bounds the scenario text on the page; the run directory has it whole.
const maxSource = 100 << 10

// Render draws the report of a run.
func Render(w io.Writer, v *view.View) error {
	t, err := template.New("report").Funcs(funcs).Parse(pageText)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, newPage(v)); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func newPage(v *view.View) *Page {
	p := newPainter(v)
	page := &Page{
		View: v, CSS: template.CSS(styleText), JS: template.JS(scriptText), Tiles: tiles(v),
		Timeline: p.timeline(), Load: p.loadCharts(), Times: p.timesCharts(), Heatmap: p.heatmap(), Spectral: p.spectrum(),
		Sure: sureRows(v), Went: p.whereCharts(), Lag: p.lagChart(), Traffic: p.trafficChart(), Watched: p.watched(),
		Blocks: blocks(v), Command: strings.Join(v.Info.Args, " "),
	}
	page.Source = string(v.Info.Source)
	if len(page.Source) > maxSource {
		page.Source, page.Cut = strings.ToValidUTF8(page.Source[:maxSource], ""), true
	}
	for _, e := range v.Endpoints {
		page.Rows = append(page.Rows, Row{e, spark(e)})
	}
	for _, key := range slices.Sorted(maps.Keys(v.Info.Machine)) {
		page.Machine = append(page.Machine, [2]string{key, v.Info.Machine[key]})
	}
	return page
}

// tiles are the figures a reader looks for first.
func tiles(v *view.View) []Tile {
	limit := v.Info.Timeout
	q := func(name string, q view.Quantile, note string) Tile {
		return Tile{name, view.QuantileText(q, limit, v.Response.Count), "ms", note, mood(q.Infinite && v.Response.Count > 0)}
	}
	all := []Tile{
		{"requests made", view.Number(v.Throughput), "/s", view.Number(v.Offered) + "/s offered", ""},
		q("response p50", v.Response.P50, "half of the users waited less"),
		q("response p99", v.Response.P99, sureNote(v, 99)),
		q("response p99.9", v.Response.P999, sureNote(v, 99.9)),
		{"service p99", view.QuantileText(v.Service.P99, 0, v.Service.Count), "ms", "hides waiting before the request was written", ""},
		{"slowest success", maxText(v.ResponseOK), "ms", view.Group(v.ResponseOK.Count) + " successful requests", ""},
		{"failed", view.Percent(v.ErrorRate), "", view.Group(v.Response.Failed) + " of " + view.Group(v.Response.Count) + " requests", mood(v.Response.Failed > 0)},
	}
	if c := v.Connections; c.Asked > 0 {
		all = append(all, Tile{"connections held", view.Group(c.HeldMin), "", "at least, of " + view.Group(uint64(c.Asked)) + " asked; " + view.Group(c.Dropped) + " dropped", mood(c.HeldMin < uint64(c.Asked))})
	} else {
		all = append(all, Tile{"connections", view.Group(c.Peak), "", "open at most; " + view.Group(c.Opened) + " opened", ""})
	}
	return append(all, Tile{"received", view.Bytes(float64(v.BytesIn)), "", view.Bytes(float64(v.BytesOut)) + " sent", ""})
}

func mood(bad bool) string {
	if bad {
		return "alarm"
	}
	return ""
}

func maxText(t view.Times) string {
	if t.Count == t.Failed {
		return "–"
	}
	return view.Millis(t.Max)
}

func blocks(v *view.View) []Block {
	all := []Block{block("Recorded requests", v.Accounting)}
	if v.Unrecorded.Intended > 0 {
		all = append(all, block("Not recorded: warm-up and heartbeats", v.Unrecorded))
	}
	return all
}

func block(name string, a stats.Accounting) Block {
	b := Block{Name: name, A: a}
	for i, n := range a.Classes {
		b.Terms = append(b.Terms, Term{words(stats.Class(i).String()), n, ratio(n, a.Intended), classPens[i]})
	}
	b.Bar = bar(b)
	return b
}

func ratio(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// bar is the shares of a block as one bar; what is not nothing is seen.
func bar(b Block) template.HTML {
	const w, h, least = 1180.0, 14.0, 3.0
	if b.A.Intended == 0 {
		return ""
	}
	var s svg
	s.open("svg", "width", num(w), "height", num(h), "viewBox", "0 0 1180 14", "aria-hidden", "true", "focusable", "false", "class", "chart share")
	x, room := 0.0, w
	for _, t := range b.Terms[1:] {
		if t.Count > 0 {
			room -= max(t.Share*w, least)
		}
	}
	for i, t := range b.Terms {
		if t.Count == 0 {
			continue
		}
		wide := max(t.Share*w, least)
		if i == 0 {
			wide = max(room, least)
		}
		s.el("rect", "x", num(x), "y", "0", "width", num(wide), "height", num(h), "fill", t.Pen.color, "class", t.Pen.class+" bar")
		x += wide
	}
	s.close("svg")
	return template.HTML(s.String())
}

// funcs are the words of the template.
var funcs = template.FuncMap{
	"group": view.Group, "tool": view.ToolName, "number": view.Number, "percent": view.Percent, "bytes": func(n uint64) string { return view.Bytes(float64(n)) },
	"span": view.Span, "clock": view.Clock, "upper": strings.ToUpper, "words": words,
	"known":  func(at stats.Offset) bool { return at != stats.Never },
	"ms":     view.Millis,
	"q":      quantile,
	"top":    maxText,
	"margin": margin,
	"label":  label,
	"level":  view.LevelName,
	"wall":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"at":     func(t time.Time, d time.Duration) time.Time { return t.Add(d) },
	"cores":  func(f float64) string { return fmt.Sprintf("%.2f", f) },
	"sub":    func(a, b int) int { return a - b },
	"raw":    func(d time.Duration) int64 { return int64(d / time.Microsecond) },
	"rawq":   rawQuantile,
	"p":      func(p float64) string { return strings.TrimSuffix(percentLabel(p), " %") },
	"dict": func(name string, n any, key string, t any) map[string]any {
		return map[string]any{name: n, key: t}
	},
	"class": func(c stats.Class) string { return classPens[c].class },
	"long":  func(r stats.Reading[time.Duration]) string { return view.Reading(r, view.Span) },
	"unit":  view.Unit,
	"traffic": func(r stats.Reading[uint64]) string {
		return view.Reading(r, func(n uint64) string { return view.Bytes(float64(n)) })
	},
	"portion": func(r stats.Reading[float64]) string { return view.Reading(r, view.Percent) },
}

// quantile is a percentile in milliseconds.
func quantile(q view.Quantile, t view.Times, timeout time.Duration) string {
	return view.QuantileText(q, timeout, t.Count)
}

func rawQuantile(q view.Quantile) int64 {
	if q.Infinite {
		return math.MaxInt64
	}
	return int64(q.Value)
}

func margin(f float64) string {
	switch {
	case math.IsNaN(f):
		return ""
	case f <= -1:
		return view.Number(math.Round(10-10*f)/10) + " × the limit"
	case f < 0:
		return view.Percent(-f) + " over"
	}
	return view.Percent(f) + " to spare"
}

// label names an endpoint with its method, once.
func label(e view.Endpoint) string { return view.RequestLabel(e.Method, e.Name) }
