package answers

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/view"
)

// An Info is what is known of a search beside its result. What is "" or zero is left out.
type Info struct {
	Scenario string
	File     string
	Args     []string // the command
	RunID    string
	Dir      string // of the search, with the trials' run directories below
	Target   string
	Baseline string // gate: what the candidate was compared with
	Tool     string
	Started  time.Time
	Arrivals string // their law
	Exit     int

	Settle      time.Duration // before each trial is recorded
	Environment []brief.Fact
	Source      string // the scenario or tuning file, word for word
}

func (i Info) meta(took time.Duration, trials int) (facts []brief.Fact) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, brief.Fact{Name: name, Value: value})
		}
	}
	add("run", i.RunID)
	if !i.Started.IsZero() {
		add("", i.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	add("", fmt.Sprintf("%s in %s", many(trials, "trial", "trials"), span(took)))
	add("target", i.Target)
	add("against", i.Baseline)
	if i.Arrivals != "" {
		add("", i.Arrivals+" arrivals")
	}
	return facts
}

// title is what was measured.
func (i Info) title() string {
	if i.Scenario == "" {
		return i.File
	}
	return i.Scenario
}

// reproduce is what one needs to do it again.
func (i Info) reproduce(seed uint64) brief.Section {
	s := brief.Section{ID: "reproduce", Title: "Reproduce", Detail: true}
	if len(i.Args) > 0 {
		s.Parts = append(s.Parts, brief.Code{Text: strings.Join(i.Args, " ")})
	}
	facts := []brief.Fact{{Name: "file", Value: i.File}, {Name: "run directory", Value: i.Dir}, {Name: "tool", Value: view.ToolName(i.Tool)}}
	if seed != 0 {
		facts = append(facts, brief.Fact{Name: "seed of the order", Value: fmt.Sprint(seed)})
	}
	if i.Settle > 0 {
		facts = append(facts, brief.Fact{Name: "settling before each trial", Value: span(i.Settle)})
	}
	s.Parts = append(s.Parts, factTable(append(facts, i.Environment...)))
	if i.Source != "" {
		s.Parts = append(s.Parts, brief.Code{Title: "The file, word for word", Text: clip(i.Source, maxSource)})
	}
	return s
}

// maxSource bounds the file in the document; the run directory has it whole.
const maxSource = 64 << 10

func factTable(facts []brief.Fact) *brief.Table {
	t := &brief.Table{Columns: []brief.Column{brief.Left(""), brief.Left("")}}
	for _, f := range facts {
		if f.Value != "" {
			t.Rows = append(t.Rows, brief.Row{Cells: brief.Cells(f.Name, f.Value)})
		}
	}
	return t
}
