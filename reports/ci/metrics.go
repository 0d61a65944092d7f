package ci

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
)

// A sheet is text in the OpenMetrics form, which GitLab compares between a branch and
// where it goes.
type sheet struct {
	strings.Builder
	scenario string
}

// family begins a metric; its samples follow.
func (s *sheet) family(name, help string) {
	fmt.Fprintf(s, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help)
}

// put writes a sample; labels are pairs of name and value. What is not a number is left out.
func (s *sheet) put(name string, value float64, labels ...string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	fmt.Fprintf(s, `%s{scenario="%s"`, name, label.Replace(s.scenario))
	for i := 0; i+1 < len(labels); i += 2 {
		fmt.Fprintf(s, `,%s="%s"`, labels[i], label.Replace(labels[i+1]))
	}
	s.WriteString("} " + strconv.FormatFloat(value, 'g', 6, 64) + "\n")
}

var label = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (s *sheet) write(w io.Writer) error {
	s.WriteString("# EOF\n")
	_, err := io.WriteString(w, s.String())
	return err
}

// GateMetrics writes a gate as a metrics report. Changes are shares, in base units all else.
func GateMetrics(w io.Writer, scenario string, exit int, r *gate.Result) error {
	s := &sheet{scenario: scenario}
	s.family("loadctl_gate_exit_code", "0 pass, 3 inconclusive, 97 invalid, 98 regression")
	s.put("loadctl_gate_exit_code", float64(exit))
	if r.Detectable > 0 {
		s.family("loadctl_gate_detectable_ratio", "Smallest change that would have been found nine times in ten")
		s.put("loadctl_gate_detectable_ratio", r.Detectable)
	}
	if r.Hold != nil {
		s.family("loadctl_gate_hold_rate", "Iterations a second at which both sides are to hold the SLO")
		s.put("loadctl_gate_hold_rate", r.Hold.Rate)
		s.family("loadctl_gate_hold_broke", "Trials at that rate that broke the SLO")
		s.put("loadctl_gate_hold_broke", float64(r.Hold.Base.Broke), "side", "base")
		s.put("loadctl_gate_hold_broke", float64(r.Hold.Candidate.Broke), "side", "candidate")
	}
	s.compared(r.Metrics)
	return s.write(w)
}

func (s *sheet) compared(all []gate.Metric) {
	if len(all) == 0 {
		return
	}
	s.family("loadctl_gate_change_ratio", "Candidate over baseline minus 1; of shares the difference")
	for i := range all {
		s.put("loadctl_gate_change_ratio", all[i].Change, "metric", all[i].Name, "bound", "estimate")
		s.put("loadctl_gate_change_ratio", all[i].Low, "metric", all[i].Name, "bound", "low")
		s.put("loadctl_gate_change_ratio", all[i].High, "metric", all[i].Name, "bound", "high")
	}
	s.family("loadctl_gate_value", "What was compared, in the unit of the label")
	for i := range all { // a percentile that failed requests reached into has no value
		if m := &all[i]; !m.BaseFailed {
			s.put("loadctl_gate_value", m.Base, "metric", m.Name, "unit", m.Unit, "side", "base")
		}
		if m := &all[i]; !m.CandidateFailed {
			s.put("loadctl_gate_value", m.Candidate, "metric", m.Name, "unit", m.Unit, "side", "candidate")
		}
	}
}

// CapacityMetrics writes a capacity as a metrics report; what is not known is left out.
func CapacityMetrics(w io.Writer, scenario string, r *capacity.Result) error {
	s := &sheet{scenario: scenario}
	s.capacities([]*capacity.Result{r})
	return s.write(w)
}

// FrontierMetrics writes the capacity at each of several numbers of connections, which a label tells apart.
func FrontierMetrics(w io.Writer, scenario string, r *frontier.Result) error {
	s := &sheet{scenario: scenario}
	var all []*capacity.Result
	for i := range r.Levels {
		if l := &r.Levels[i]; l.Holds() > 0 {
			one := *l.Rate
			one.Beside = trial.Load{Connections: l.Connections}
			all = append(all, &one)
		}
	}
	s.capacities(all)
	return s.write(w)
}

func (s *sheet) capacities(all []*capacity.Result) {
	all = slices.DeleteFunc(all, func(r *capacity.Result) bool { return r.Capacity <= 0 })
	if len(all) == 0 {
		return
	}
	s.family("loadctl_capacity", "Highest load that holds the SLO: iterations a second, or connections")
	for _, r := range all {
		for _, b := range []struct {
			name  string
			value float64
		}{{"estimate", r.Capacity}, {"low", r.Low}, {"high", r.High}, {"verified", r.Verified}} {
			if b.value > 0 {
				s.put("loadctl_capacity", b.value, append([]string{"axis", r.Axis, "bound", b.name}, beside(r.Beside)...)...)
			}
		}
	}
}

// beside are the labels of what was asked for meanwhile; nothing has none.
func beside(l trial.Load) (labels []string) {
	if l.Connections > 0 {
		labels = append(labels, "connections", strconv.Itoa(l.Connections))
	}
	if l.Rate > 0 {
		labels = append(labels, "rate", strconv.FormatFloat(l.Rate, 'f', -1, 64))
	}
	return labels
}

// TuneMetrics writes what a tuning recommends as a metrics report, beside the setting in force. One that ended
// without a recommendation has no figure.
func TuneMetrics(w io.Writer, scenario string, r *tune.Result) error {
	s := &sheet{scenario: scenario}
	if r.Outcome != tune.Better && r.Outcome != tune.NoChange {
		return s.write(w)
	}
	if r.Goal != tune.Cheapest && r.Recommended.Blocks > 0 {
		s.family("loadctl_tune_gain_ratio", "Recommended setting over the one in force minus 1")
		s.put("loadctl_tune_gain_ratio", r.Recommended.Gain, "fitness", r.Fitness, "bound", "estimate")
		s.put("loadctl_tune_gain_ratio", r.Recommended.Low, "fitness", r.Fitness, "bound", "low")
		s.put("loadctl_tune_gain_ratio", r.Recommended.High, "fitness", r.Fitness, "bound", "high")
	}
	if r.Recommended.Cost != 0 || r.Incumbent.Cost != 0 {
		s.family("loadctl_tune_cost", "What a setting costs, in the unit of the label")
		s.put("loadctl_tune_cost", r.Recommended.Cost, "setting", "recommended", "unit", r.CostUnit)
		s.put("loadctl_tune_cost", r.Incumbent.Cost, "setting", "incumbent", "unit", r.CostUnit)
	}
	return s.write(w)
}
