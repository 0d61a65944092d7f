package text

import (
	"fmt"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// hosts is a table of the machines that ran agents, where there is something to say of them.
func (p *page) hosts(v *view.View) {
	if !v.ShowsHosts() {
		return
	}
	wide := len("host")
	for i := range v.Hosts {
		wide = max(wide, utf8.RuneCountInString(v.Hosts[i].Name))
	}
	wide = min(wide, 30)
	p.line("  %s %s", pad("host", wide), columns("agents", "requests", "cores", "busy", "most", "sent", "received", "clock ±"))
	for i := range v.Hosts {
		if i == maxRows {
			p.line("  … and %d more in the report", len(v.Hosts)-maxRows)
			break
		}
		h := &v.Hosts[i]
		p.line("  %s %s", pad(oneLine(h.Name), wide), columns(fmt.Sprint(h.Agents), view.Group(h.Requests), cores(h), portion(h.Busy), portion(h.BusyMost),
			traffic(h.Sent), traffic(h.Received), view.Span(h.Apart)))
		if trouble := h.Trouble(); trouble != "" {
			p.line("    %s %s", p.mark(h.Lost == ""), oneLine(trouble))
		}
	}
	p.line("")
}

func cores(h *view.Host) string {
	if h.Machine.Cores == 0 {
		return view.Unknown
	}
	return fmt.Sprint(h.Machine.Cores)
}

func portion(r stats.Reading[float64]) string { return view.Reading(r, view.Percent) }

func traffic(r stats.Reading[uint64]) string {
	return view.Reading(r, func(n uint64) string { return view.Bytes(float64(n)) })
}
