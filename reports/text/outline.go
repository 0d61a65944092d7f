package text

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// Outline writes what a scenario needs, a line a resource.
func Outline(w io.Writer, o plan.Outline) error {
	p := &page{}
	p.line("%s: %s load for %s, at most %s at once", oneLine(o.Scenario), strings.ReplaceAll(o.Model, "+", " + "), o.Duration, connectionsOf(o.Connections))
	p.line("")
	p.field("processes", processes(o))
	for _, h := range alike(o.Hosts) {
		p.host(h, o)
	}
	if o.CPU != "" {
		p.field("CPU", o.CPU+", "+limit(o.MaxCores, "there are %s"))
	}
	if c := o.Ceiling; c != nil {
		p.field("headroom", c.String()+"; "+c.Words(o.Requests))
	}
	if o.Pacing != "" {
		p.field("pacing", o.Pacing)
	}
	p.field("minutes", minutes(o))
	_, err := io.WriteString(w, p.String())
	return err
}

// alike puts machines in a row that have the same to do into one, which bears the names of them: a fleet has many.
func alike(hosts []plan.HostOutline) (all []plan.HostOutline) {
	for i := 0; i < len(hosts); {
		h, n := hosts[i], 1
		for i+n < len(hosts) && sameButName(h, hosts[i+n]) {
			n++
		}
		if n > 1 {
			h.Name = fmt.Sprintf("each of %s to %s, %s", h.Name, hosts[i+n-1].Name, many(n, "machine", "machines"))
		}
		all, i = append(all, h), i+n
	}
	return all
}

func sameButName(a, b plan.HostOutline) bool {
	a.Name = b.Name
	return reflect.DeepEqual(a, b)
}

func (p *page) host(h plan.HostOutline, o plan.Outline) {
	p.field("agents", fmt.Sprintf("%s of %s each on %s, for up to %s each",
		many(h.Agents, "process", "processes"), many(h.Loops, "loop", "loops"), oneLine(h.Name), connectionsOf(h.PerAgent)))
	p.field("files", fmt.Sprintf("%s an agent, %s", plan.Thousands(h.Files), limit(int(h.MaxFiles), "one process may open %s")))
	p.field("memory", fmt.Sprintf("%s, %s", mebibytes(h.MemoryBytes), limit(int(h.MaxMemory>>20), "the machine has %s MiB")))
	p.field("ports", fmt.Sprintf("%d × %s%s to %s; one source address lends %s for each, half of %d–%d%s",
		h.Agents, connectionsOf(h.PerAgent), kept(h.Kept), addresses(o), plan.Thousands(h.Ports), h.PortLow, h.PortHigh, reserved(h.Reserved)))
	p.field("sources", sources(h.Sources, o))
}

// reserved speaks of ports of the range that nobody is given.
func reserved(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" less %s reserved", plan.Thousands(n))
}

// kept speaks of ports that no connection has any more.
func kept(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %s in TIME_WAIT", plan.Thousands(n))
}

func processes(o plan.Outline) string {
	text := fmt.Sprintf("%d: the coordinator, %s, %s", o.Processes, many(len(o.Hosts), "host", "hosts"), many(o.Agents, "agent", "agents"))
	if o.Bundled {
		text += "; the bundled target comes on top"
	}
	return text
}

func minutes(o plan.Outline) string {
	return fmt.Sprintf("%.1f (%s) if the target keeps up; the last answers come on top", o.Duration.Minutes(), o.Duration)
}

func limit(n int, text string) string {
	if n == 0 {
		return "the limit is not known"
	}
	return fmt.Sprintf(text, plan.Thousands(n))
}

func mebibytes(n int) string { return plan.Thousands((n+1<<20-1)>>20) + " MiB" }

func connectionsOf(n int) string { return many(n, "connection", "connections") }

func many(n int, one, others string) string {
	if n == 1 {
		return "1 " + one
	}
	return plan.Thousands(n) + " " + others
}

func addresses(o plan.Outline) string {
	switch len(o.Targets) {
	case 0:
		return "a target whose address is not known"
	case 1:
		return o.Targets[0]
	}
	return many(len(o.Targets), "address", "addresses")
}

func sources(s []string, o plan.Outline) string {
	switch {
	case len(o.Targets) == 0:
		return "not known, as the target's address is not"
	case len(s) == 0:
		return "1, which the kernel chooses"
	case len(s) <= 2:
		return fmt.Sprintf("%d: %s", len(s), strings.Join(s, ", "))
	}
	return fmt.Sprintf("%d: %s … %s", len(s), s[0], s[len(s)-1])
}

// Document writes one value as JSON for programs, indented for people.
func Document(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
