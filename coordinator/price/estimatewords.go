package price

import (
	"fmt"
	"strings"
	"time"
)

// String is the estimate for people: a line for each resource, the four sums, and what is not in them.
func (e Estimate) String() string {
	var b strings.Builder
	e.writeLines(&b)
	e.writeSums(&b)
	e.writeNotes(&b)
	return b.String()
}

func (e Estimate) writeSums(b *strings.Builder) {
	hours, sums := e.AtLeast()
	end, why := "no end", "there is no TTL, so what is forgotten is billed until somebody deletes it"
	if e.TTL > 0 {
		end, why = sum(e.Worst, sums), fmt.Sprintf("everything lives, and the load lasts, until the TTL of %s and %s for giving back; %s replaced", span(e.TTL), span(Back), areMany(e.replacements(), "machine"))
	}
	rows := [][3]string{
		{"per hour", sum(e.PerHour, hours), ""},
		{"minimum", sum(e.Minimum, hours), "one hour of each, due as soon as they exist"},
		{"planned", sum(e.AsPlan, sums), span(e.Planned) + " is billed as " + many(Hours(e.Planned), "hour")},
		{"worst case", end, why},
	}
	width := 0
	for _, r := range rows {
		width = max(width, len(r[1]))
	}
	for _, r := range rows {
		fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("%-10s  %-*s  %s", r[0], width, r[1], r[2]), " "))
	}
}

func areMany(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return many(n, what) + " are"
}

func sum(u USD, bound bool) string {
	if bound {
		return "at least " + u.String()
	}
	return u.String()
}

func (e Estimate) writeLines(b *strings.Builder) {
	rows := make([][4]string, len(e.Lines))
	var width [4]int
	for i, l := range e.Lines {
		rows[i] = [4]string{fmt.Sprintf("%s × %s", thousands(int64(l.Count)), l.Type), l.Role, l.Region, l.price()}
		for k, cell := range rows[i] {
			width[k] = max(width[k], len([]rune(cell)))
		}
	}
	for _, r := range rows {
		fmt.Fprintf(b, "%-*s  %-*s  %-*s  %s\n", width[0], r[0], width[1], r[1], width[2], r[2], r[3])
	}
}

// price is that of an hour of all of them.
func (l Line) price() string {
	switch {
	case !l.Hourly.Known:
		return "price unknown"
	case l.Count == 1:
		return l.Hourly.USD.PerHour()
	}
	return fmt.Sprintf("%s, %s each", l.Hourly.USD.Times(l.Count).PerHour(), l.Hourly)
}

func (e Estimate) writeNotes(b *strings.Builder) {
	for _, l := range e.Lines {
		if l.Egress > 0 {
			fmt.Fprintf(b, "transfer of %s\n", l.transferWords(e.Planned))
		}
	}
	for _, what := range e.Missing() {
		fmt.Fprintf(b, "not in these sums: %s\n", what)
	}
	fmt.Fprintln(b, e.Prices)
}

// transferWords is the arithmetic of what is sent as planned.
func (l Line) transferWords(planned time.Duration) string {
	included := "nothing"
	if l.Included > 0 {
		included = gigabytes(float64(l.Included) * gigabyte * planned.Seconds() / month)
	}
	text := fmt.Sprintf("%s in %s: each %s sends up to %s to public addresses in %s, and its price includes %s",
		l.Role, l.Region, l.Type, gigabytes(float64(l.Egress)*planned.Seconds()), span(planned), included)
	switch {
	case l.excess() == 0:
		return text
	case !l.PerGB.Known:
		return text + "; the price of a GB is unknown"
	}
	return fmt.Sprintf("%s; the rest is %s for all, at %s a GB", text, l.Transfer(planned), l.PerGB)
}
