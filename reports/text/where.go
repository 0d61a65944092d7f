package text

import (
	"fmt"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// maxWhere bounds the tables of where the time went; the report has the rest.
const maxWhere = 3

// where says where the time of requests near p50 and p99 went, a table a name.
func (p *page) where(v *view.View) {
	if len(v.Where) == 0 {
		return
	}
	p.line("  where the time went, ms: means of the requests ranked within %v points of a percentile", stats.BandReach)
	for i := range v.Where {
		if i == maxWhere {
			p.line("  … and of %d more names in the report", len(v.Where)-maxWhere)
			break
		}
		p.whereOf(&v.Where[i])
	}
	p.line("")
}

func (p *page) whereOf(w *view.Where) {
	parts, name := w.Parts(), oneLine(w.Label())
	wide := utf8.RuneCountInString(name)
	for _, part := range parts {
		wide = max(wide, utf8.RuneCountInString(part.Title())+2)
	}
	wide = min(wide, 48)
	heads, sums := []string{}, []string{}
	for i := range w.Bands {
		heads = append(heads, w.Heading(i))
		sums = append(sums, w.MeanText(i, w.Bands[i].Response))
	}
	p.line("  %s %s", pad(name, wide), columns("", heads...))
	for _, part := range parts {
		cells := []string{}
		for i, mean := range part.Means {
			cells = append(cells, w.MeanText(i, mean))
		}
		p.line("  %s %s", pad("  "+part.Title(), wide), columns("", cells...))
	}
	p.line("  %s %s", pad("= response", wide), columns("", sums...))
	for _, doubt := range w.Doubts {
		p.line("    %s", fmt.Sprint("note: ", doubt))
	}
}
