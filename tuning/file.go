package tuning

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A File is a tuning file that was read and found right.
type File struct {
	Name     string // the file's own, else its base name
	Source   []byte
	Scenario string // path of the scenario, as written: from the tuning file's folder

	// SLO replaces the scenario's where it is given.
	SLO []stats.Threshold

	Goal    Goal
	Compare Compare

	// Load of a trial; zero fields are chosen by who runs it.
	Users       int
	Rate        float64 // of iterations a second
	Connections int

	Length, Settle time.Duration // of a trial: recorded, and before; 0 = default
	Margin, Slack  float64       // 0 = default
	Seed           uint64

	Admin string // URL of the bundled target's admin API; "" = the one that runs here

	Params      []Param
	Constraints []Constraint
	Cost        *Formula // of a whole setting; nil = the sum of the params' costs
	CostUnit    string   // such as "connections"; "" = none was said

	Restart []Hook  // how the service is started anew, beside the params' own restarts
	Health  *Health // waited for after every change; nil = of the params' hooks alone

	Budget Budget
	// Secrets names environment variables whose values no message may show, beside those
	// that ${env.NAME} uses.
	Secrets []string
}

// A Goal is what is looked for.
type Goal string

// The goals: the setting that holds most, or the cheapest that holds the load within the SLO.
const (
	Most     Goal = "most"
	Cheapest Goal = "cheapest"
)

// Compare is what the last settings are compared by.
type Compare string

// What is compared: OK requests a second of users who saturate, or the highest rate within the SLO.
const (
	Throughput Compare = "throughput"
	Capacity   Compare = "capacity"
)

// A Budget bounds a tuning. Zero is no bound of its own.
type Budget struct {
	Time   time.Duration
	Trials int
}

// A Param is one knob.
type Param struct {
	Name string // a lower-case word: hooks have its value by it
	// Values to try, in the file's order, at least two. nil: Start says where they come from.
	Values []string
	Start  *Start
	// Current is what the file says is in force. "" = it is read: see ReadsItself.
	Current string
	Cost    Cost
	Apply   []Hook
	Read    *Hook // asks for the value in force, and changes nothing; nil = as ReadsItself says
	Line    int
	Numeric bool // its values are numbers or durations, the latter in seconds where they are reckoned with
}

// ReadsItself says that the value in force can be had from what the first hook changes:
// a knob of the bundled target, or a line of an environment file.
func (p *Param) ReadsItself() bool { return p.Apply[0].Kind == Knob || p.Apply[0].Kind == EnvFile }

// A Start says of which sort a parameter is, and the facts from which laws work out the
// values to try. Durations are in seconds, rates a second, shares of 1. Names are those of
// coordinator/tune: its Kind, and the fields of its Facts with _ between words.
type Start struct {
	Of    string // one of Sorts
	Facts map[string]float64
	Line  int
}

// Param gives a parameter of the file, nil when there is none of that name.
func (f *File) Param(name string) *Param {
	for i := range f.Params {
		if f.Params[i].Name == name {
			return &f.Params[i]
		}
	}
	return nil
}

// CanRestart says whether the file says how the service is started anew.
func (f *File) CanRestart() bool {
	if len(f.Restart) > 0 {
		return true
	}
	for i := range f.Params {
		for _, h := range f.Params[i].Apply {
			if h.Kind == Knob || h.Restart != nil || h.Unit != "" {
				return true
			}
		}
	}
	return false
}

// Uses says whether any hook is of a kind.
func (f *File) Uses(kind Kind) bool {
	for _, h := range f.hooks() {
		if h.Kind == kind {
			return true
		}
	}
	return false
}

// hooks are all of the file.
func (f *File) hooks() []Hook {
	all := append([]Hook(nil), f.Restart...)
	for i := range f.Params {
		all = append(all, f.Params[i].Apply...)
		if r := f.Params[i].Read; r != nil {
			all = append(all, *r)
		}
	}
	return all
}
