package plan

import "fmt"

// diagnosisSchema names the form of a Diagnosis as JSON; fields are only ever added.
const diagnosisSchema = "loadctl.doctor/v1"

// A Diagnosis is what a machine can hold, figure by figure, and whether one scenario
// is within it.
type Diagnosis struct {
	Schema   string   `json:"schema"`
	Scenario string   `json:"scenario"` // "" without one
	Fits     bool     `json:"fits"`     // true without one
	Refusal  string   `json:"refusal"`  // why a run is refused, in the words of run
	Commands []string `json:"commands"` // as root in the shell that starts loadctl: they lift what is in the way
	Enough   bool     `json:"commands_suffice"`
	Beyond   string   `json:"beyond"` // what would still be refused after the commands
	// Unresolved is the target whose name was not found: run refuses what it cannot find.
	Unresolved string    `json:"unresolved"`
	Ceiling    *Ceiling  `json:"ceiling,omitempty"` // of a null run; missing: not measured
	Findings   []Finding `json:"findings"`
}

// A Level is how a figure of a machine is.
type Level string

// The levels.
const (
	Fine       Level = "fine"
	Tight      Level = "tight"      // it may disturb the load, and refuses nothing
	Impossible Level = "impossible" // a run is refused for it
	NotKnown   Level = "unknown"    // it could not be read
)

// A Finding is one figure of a machine, and what follows from it.
type Finding struct {
	Name    string            `json:"name"`
	Value   string            `json:"value"`
	Figures map[string]uint64 `json:"figures"` // what is known, as numbers
	Level   Level             `json:"level"`
	Sum     string            `json:"sum"` // the arithmetic of this scenario
	Why     string            `json:"why"` // it matters
	Fix     []string          `json:"fix"` // commands that would help where it is tight
}

// Diagnose judges a machine, for a scenario where there is one. What it calls
// impossible a run refuses: both do the arithmetic of Fit and Sources.
func Diagnose(f Facts, d *Demand) Diagnosis {
	x := exam{f: f}
	diagnosis := Diagnosis{Schema: diagnosisSchema, Fits: true, Enough: true, Commands: []string{}}
	if d != nil {
		t := try(*d, f)
		x.d, x.t = d, &t
		diagnosis.judge(d, &t)
	}
	for _, look := range []func() Finding{
		x.agents, x.files, x.systemFiles, x.watches, x.ports, x.backlog, x.synBacklog, x.conntrack, x.reuse,
		x.memory, x.tcpMemory, x.cpu, x.headroom, x.pacing, x.processes, x.clock, x.kernel,
	} {
		if finding := look(); finding.Name != "" {
			diagnosis.Findings = append(diagnosis.Findings, finding.complete())
		}
	}
	return diagnosis
}

func (g *Diagnosis) judge(d *Demand, t *trial) {
	g.Scenario, g.Fits, g.Enough, g.Beyond = d.Scenario.Name, t.fits(), t.beyond == "", t.beyond
	g.Ceiling = d.Ceiling
	g.Commands = append(g.Commands, t.commands...)
	if target, err := TargetOf(d.Scenario.Target.BaseURL); err == nil && len(d.To) == 0 {
		g.Unresolved = target.String()
	}
	if !t.fits() {
		g.Refusal = t.refusals[0].Text
	}
}

// complete leaves no null in the JSON of a finding.
func (f Finding) complete() Finding {
	if f.Figures == nil {
		f.Figures = map[string]uint64{}
	}
	if f.Fix == nil {
		f.Fix = []string{}
	}
	return f
}

// An exam looks at one figure after another.
type exam struct {
	f Facts
	d *Demand // nil without a scenario
	t *trial  // of the demand
}

// placed says whether there is a scenario, and a place for it, be it on a larger machine.
func (x exam) placed() bool { return x.t != nil && x.t.found }

// here says whether the target of the scenario is on this machine.
func (x exam) here() bool {
	for _, a := range x.d.To {
		if a.Addr().IsLoopback() {
			return true
		}
	}
	return false
}

// level is unknown for what could not be read, and tight where it is.
func level(tight bool, read ...Figure) Level {
	if tight {
		return Tight
	}
	for _, f := range read {
		if f.Is == Unknown {
			return NotKnown
		}
	}
	return Fine
}

// figures are those that are known, by name.
func figures(named map[string]Figure) map[string]uint64 {
	known := map[string]uint64{}
	for name, f := range named {
		if f.Is == Known {
			known[name] = f.N
		}
	}
	return known
}

// agents tells of the processes, and refuses what is wrong with their number.
func (x exam) agents() Finding {
	if x.t == nil {
		return Finding{}
	}
	f := Finding{Name: "agents", Level: Fine, Value: "none", Why: "each agent is a process with as many files as one may open; loops share its cores"}
	if x.placed() {
		f.Value = times(x.t.place.Agents, "agent") + " × " + times(x.t.place.Loops, "loop")
		if !x.t.fits() {
			f.Value += ", once it fits"
		}
		f.Figures = map[string]uint64{"agents": uint64(x.t.place.Agents), "loops_per_agent": uint64(x.t.place.Loops)}
	}
	if r := x.t.refused(Machines, UsersCap, AgentsMin); r != nil {
		f.Level, f.Sum = Impossible, r.Text
	}
	return f
}

// at is the figure as part of a sentence.
func at(name string, f Figure) string {
	if f.Is == Unknown {
		return name + " not known"
	}
	return fmt.Sprintf("%s %s", name, f)
}
