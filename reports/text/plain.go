package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// Plain writes one line each interval, and one for each event.
type Plain struct {
	Out      io.Writer
	Interval time.Duration // between lines; 0 = 10 s
	Color    bool          // NO_COLOR and terminals are the caller's business
	UTC      bool          // lines begin with an ISO time in UTC instead of the clock's

	lens view.Lens
	next stats.Offset
	said map[string]bool // what was said of phases
}

// Update shows what an update changed. The run has taken it already.
func (p *Plain) Update(r *stats.Run, u stats.Update) {
	if u.Window != nil {
		p.phases(r)
	}
	switch {
	case u.Started != nil:
		p.next = p.interval()
		p.start(r)
	case u.Event != nil && u.Event.Kind == "phase" && u.Event.Level == stats.Informative:
		// Phases speak for themselves, by their spans.
	case u.Event != nil:
		p.event(r, *u.Event)
	case u.Window != nil && u.Window.End() >= p.next:
		p.next = u.Window.End() + p.interval()
		p.line(r, u.Window.End(), tick(p.lens.Look(r, seconds(p.interval()))))
	}
}

func (p *Plain) interval() time.Duration {
	if p.Interval <= 0 {
		return 10 * time.Second
	}
	return p.Interval
}

func seconds(d time.Duration) int { return max(1, int(d/time.Second)) }

func (p *Plain) start(r *stats.Run) {
	i := r.Info
	p.line(r, 0, fmt.Sprintf("%s run %s scenario %s sha256:%.6s… target %s agents %d", view.ToolName(i.Tool), i.RunID, i.Scenario, i.SHA256, i.Target, len(r.Agents)))
}

// phases says once what each phase has come to.
func (p *Plain) phases(r *stats.Run) {
	for i, s := range r.Spans {
		if i >= len(r.Layout.Phases) {
			return
		}
		key := r.Layout.Phases[i]
		p.once(r, s.Begin, key, "begins"+about(key))
		if key.Holds > 0 {
			p.once(r, s.Connected, key, "has every connection it could open")
		}
		p.once(r, s.End, key, "ends")
	}
}

func about(key stats.PhaseKey) string {
	switch {
	case !key.Recorded:
		return " (not recorded)"
	case key.Holds > 0:
		return fmt.Sprintf(": %d connections", key.Holds)
	}
	return ""
}

// once says something of a phase when its moment has come.
func (p *Plain) once(r *stats.Run, at stats.Offset, key stats.PhaseKey, what string) {
	words := "phase " + oneLine(key.Name) + " " + what
	if at == stats.Never || at > r.Now() || p.said[words] {
		return
	}
	if p.said == nil {
		p.said = map[string]bool{}
	}
	p.said[words] = true
	p.line(r, at, words)
}

func (p *Plain) event(r *stats.Run, e stats.Event) {
	word := ""
	switch e.Level {
	case stats.Warning:
		word = paint(p.Color, yellow, "WARN") + " "
	case stats.Severe:
		word = paint(p.Color, red, "SEVERE") + " "
	}
	p.line(r, e.At, word+oneLine(e.Text))
}

func (p *Plain) line(r *stats.Run, at stats.Offset, text string) {
	when := r.Info.Started.Add(at)
	stamp := when.Format("15:04:05")
	if p.UTC {
		stamp = when.UTC().Format("2006-01-02T15:04:05Z")
	}
	_, _ = fmt.Fprintf(p.Out, "%s %s\n", stamp, text)
}

// tick is one interval in one line.
func tick(v view.Live) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s %s", view.Clock(v.Elapsed), view.Clock(v.Planned), orDash(v.Phase))
	fmt.Fprintf(&b, "  %.0f/%.0f req/s", v.Achieved, v.Offered)
	t := v.All.Response
	fmt.Fprintf(&b, "  p50 %s p99 %s p99.9 %s ms", millis(v, t.P50), millis(v, t.P99), millis(v, t.P999))
	fmt.Fprintf(&b, "  failed %s", plainPercent(v.ErrorRate))
	if v.ConnAsked > 0 {
		fmt.Fprintf(&b, "  held %d/%d", v.ConnHeld, v.ConnAsked)
	} else {
		fmt.Fprintf(&b, "  conns %d", v.ConnOpen)
	}
	fmt.Fprintf(&b, "  agents %d/%d", v.AgentsOK, len(v.Agents))
	if v.Held+v.Broken > 0 {
		fmt.Fprintf(&b, "  thresholds %d ok %d FAIL", v.Held, v.Broken)
	}
	b.WriteString("  " + strings.ToUpper(v.Validity.Verdict))
	return b.String()
}

// millis is a percentile of all response times for a log: without groups of
// digits, and "≥ 5000" when failures reach into it.
func millis(v view.Live, q view.Quantile) string {
	return strings.ReplaceAll(view.QuantileText(q, v.Timeout, v.All.Response.Count), "\u2009", "")
}

func plainPercent(f float64) string { return strings.ReplaceAll(view.Percent(f), " ", "") }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine keeps a text from others on one line and free of control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// Colours are the terminal's own.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

func paint(on bool, color, s string) string {
	if !on {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}
