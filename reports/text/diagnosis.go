package text

import (
	"io"
	"strings"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// Diagnosis writes what a machine can hold, a paragraph a figure, then whether the
// scenario fits and what would make it fit.
func Diagnosis(w io.Writer, d plan.Diagnosis, o Options) error {
	p := &page{color: o.Color}
	for _, f := range d.Findings {
		p.finding(f)
	}
	p.line("")
	p.conclude(d)
	p.help(d)
	_, err := io.WriteString(w, p.String())
	return err
}

const nameWidth, levelWidth = 16, 11

func (p *page) finding(f plan.Finding) {
	level := pad(string(f.Level), levelWidth)
	switch f.Level {
	case plan.Tight, plan.NotKnown:
		level = paint(p.color, yellow, level)
	case plan.Impossible:
		level = paint(p.color, red, level)
	}
	p.line("  %s%s%s", pad(f.Name, nameWidth), level, oneLine(f.Value))
	for _, text := range []string{f.Sum, f.Why} {
		if text != "" {
			p.line("%s%s", strings.Repeat(" ", 2+nameWidth+levelWidth), oneLine(text))
		}
	}
}

func (p *page) conclude(d plan.Diagnosis) {
	name := oneLine(d.Scenario)
	switch {
	case d.Scenario == "":
		return
	case d.Fits && d.Unresolved != "":
		p.line("%s fits this machine as far as can be said without the addresses of %s: its name was not found here, and run refuses a target that it cannot find.",
			name, oneLine(d.Unresolved))
		return
	case d.Fits:
		p.line("%s fits this machine.", name)
		return
	}
	p.line("%s does not fit this machine: %s", name, oneLine(d.Refusal))
	switch {
	case d.Enough:
		p.line("These commands make it fit; as root, in the shell that then starts loadctl:")
	case len(d.Commands) > 0:
		p.line("These commands help, and are not enough; as root, in the shell that then starts loadctl:")
	}
	p.commands(d.Commands)
	if d.Beyond != "" && d.Beyond != d.Refusal {
		p.line("Then there is still this: %s", oneLine(d.Beyond))
	}
}

// help gives the commands for what is only tight.
func (p *page) help(d plan.Diagnosis) {
	var commands []string
	tight := 0
	for _, f := range d.Findings {
		if f.Level == plan.Tight {
			tight++
			commands = append(commands, f.Fix...)
		}
	}
	switch {
	case tight == 0 && d.Scenario == "":
		p.line("Nothing is tight.")
	case tight > 0 && len(commands) > 0:
		p.line("Tight: %s. These commands, as root, would help:", many(tight, "figure", "figures"))
		p.commands(commands)
	case tight > 0:
		p.line("Tight: %s, for which there is no command.", many(tight, "figure", "figures"))
	}
}

func (p *page) commands(commands []string) {
	for _, c := range commands {
		p.line("    %s", c)
	}
}
