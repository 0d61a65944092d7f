package text

import (
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// validity stands above all else: whether what follows may be believed, and why not.
func (p *page) validity(v *view.View) {
	p.line("")
	word := strings.ToUpper(v.Validity.Verdict)
	switch v.Validity.Verdict {
	case stats.Valid:
		word = paint(p.color, green, "✓ "+word)
	case stats.Degraded:
		word = paint(p.color, yellow, "! "+word)
	default:
		word = paint(p.color, red, "✗ "+word)
	}
	p.field("measurement", word)
	for _, reason := range v.Validity.Told() {
		p.field("", oneLine(reason))
	}
}

func (p *page) head(v *view.View) {
	i := v.Info
	p.line("")
	p.line("  %s  %s", paint(p.color, bold, oneLine(i.Scenario)), load(v))
	if v.Heading != "" {
		p.line("  %s", paint(p.color, yellow, v.Heading))
	}
	p.line("")
}

// load says what kind of load it was.
func load(v *view.View) string {
	words := []string{strings.ReplaceAll(v.Info.Model, "+", " + ") + " load"}
	if v.Info.Rate > 0 {
		words = append(words, view.Number(v.Info.Rate)+"/s")
	}
	if v.Info.Arrivals != "" {
		words = append(words, v.Info.Arrivals+" arrivals")
	}
	words = append(words, view.Span(v.LoadTime)+" recorded", "target "+oneLine(v.Info.Target))
	return strings.Join(words, " · ")
}

// ending says who was the limit, and why a run ended before its time.
func (p *page) ending(v *view.View) {
	for _, said := range []string{v.LimitedBy.Sentence, v.Unsustained} {
		if said != "" {
			p.field("limit", oneLine(said))
		}
	}
	if v.Reason != "" {
		p.field("ended", v.Verdict+": "+oneLine(v.Reason))
	}
}
