package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
	"github.com/loadctl/loadctl/stats"
)

// A limitDraft is a threshold with its places in the file.
type limitDraft struct {
	stats.Threshold
	key, item *node
}

// readLimits reads thresholds: and slo:, which have the same syntax: a mapping from
// a metric to one expression or a list of them.
func (p *parser) readLimits(top *object) {
	for _, section := range []string{"slo", "thresholds"} {
		for _, e := range p.entries(top.get(section), section) {
			items := []*node{e.Value}
			if n := p.present(e.Value); n != nil && n.Kind == sequenceNode {
				items = n.Content
			}
			for _, item := range items {
				p.limit(e, item, section == "slo")
			}
		}
	}
	slices.SortStableFunc(p.limits, func(a, b limitDraft) int { return a.Line - b.Line })
	for i := range p.limits {
		p.checkLimit(&p.limits[i])
		p.s.Thresholds = append(p.s.Thresholds, p.limits[i].Threshold)
	}
}

// limit reads one threshold: p(99)<150ms, or {threshold, abort_on_fail,
// delay_abort_eval}.
func (p *parser) limit(e entry, n *node, slo bool) {
	item := p.present(n)
	if item == nil {
		p.wrong(n, "%s has no limit", shorten(e.Name))
		return
	}
	expr, abort, delay := item, false, time.Duration(0)
	if item.Kind != scalarNode {
		o := p.object(item, "threshold", grammar.threshold)
		if expr = o.require("threshold"); expr == nil {
			return
		}
		o.flag("abort_on_fail", &abort)
		o.duration("delay_abort_eval", 0, &delay)
	}
	text, ok := p.text(expr, "threshold")
	if !ok {
		return
	}
	t, err := stats.ParseThreshold(e.Name, text)
	if err != nil {
		p.badLimit(e.Key, expr, text, err)
		return
	}
	t.AbortOnFail, t.Delay, t.SLO, t.Line = abort, delay, slo, expr.Line
	p.limits = append(p.limits, limitDraft{Threshold: t, key: e.Key, item: expr})
}

// badLimit puts a mistake where it is: in the expression, or in the metric and its
// tags before it.
func (p *parser) badLimit(key, item *node, expr string, err error) {
	text := err.Error()
	if strings.Contains(text, strconv.Quote(strings.TrimSpace(expr))+":") || strings.Contains(text, strconv.Quote(expr)+":") {
		p.wrong(item, "%s", text)
		return
	}
	p.wrong(key, "%s", text)
}

// checkLimit notes limits nothing in this file can ever be held to.
func (p *parser) checkLimit(l *limitDraft) {
	phase := -1
	if l.Tags.Phase != "" {
		phase = p.limitedPhase(l)
	}
	if l.Tags.Name != "" && !slices.Contains(p.names.list, l.Tags.Name) {
		p.hinted(l.key, nameHint(l.Tags.Name, p.names.list), "unknown name %q", l.Tags.Name)
	}
	held := func(d phaseDraft) bool { return d.enabled && d.phase.Executor == HeldConnections }
	switch {
	case l.Metric == "tls_time" && p.plainTarget():
		p.hinted(l.key, "take it out, or give an https:// base_url", "tls_time: the target speaks plain HTTP, so there are no handshakes")
	case l.Metric != "connections_held" && l.Metric != "connections_dropped":
	case phase >= 0 && p.enabledPhase(phase).Executor != HeldConnections:
		p.wrong(l.key, "%s: phase %s holds no connections", l.Metric, l.Tags.Phase)
	case !slices.ContainsFunc(p.phases, held):
		p.wrong(l.key, "%s: no phase holds connections", l.Metric)
	}
}

// nameHint lists the names beside what was probably meant: those of paths are often near each
// other and mean something else.
func nameHint(name string, there []string) string {
	hint := document.Hint(name, there)
	if closest(name, there) != "" && len(there) > 1 {
		hint += " " + document.OneOf(there)
	}
	return hint
}

func (p *parser) limitedPhase(l *limitDraft) int {
	i, found := p.findPhase(l.Tags.Phase)
	switch {
	case !found:
		p.unknown(l.key, "phase", l.Tags.Phase, p.phaseNames())
	case i < 0:
		p.wrong(l.key, "phase %q is not enabled", l.Tags.Phase)
	case !p.enabledPhase(i).Record:
		p.wrong(l.key, "phase %q is not recorded (record: false), so nothing of it can be judged", l.Tags.Phase)
	}
	return i
}

// emptyLimits notes, once the rows are known, limits on requests that no recorded
// phase sends: they would have nothing to judge, and so never hold.
func (p *parser) emptyLimits() {
	for i := range p.limits {
		l := &p.limits[i]
		if slices.Contains(requestMetrics, l.Metric) && !p.anyRow(l.Tags) {
			p.wrong(l.key, "%s: no recorded phase sends such requests", l.Metric)
		}
	}
}

// requestMetrics are those that have values only where requests are recorded.
var requestMetrics = []string{"response_time", "service_time", "first_byte_time", "failed", "checks"}

// anyRow says whether a row is asked for. Heartbeats are where their phase and their name are given.
func (p *parser) anyRow(t stats.Tags) bool {
	l := p.s.Layout
	return slices.ContainsFunc(l.Cells, func(c stats.CellKey) bool {
		named := c.Heartbeat && t.Name != "" && t.Phase != ""
		return (c.Recorded || named) && (t.Name == "" || t.Name == c.Name) && (t.Phase == "" || t.Phase == l.Phases[c.Phase].Name)
	})
}
