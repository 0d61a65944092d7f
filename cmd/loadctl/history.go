package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/changepoints"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/history"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// historyOptions are the flags of `loadctl history`.
type historyOptions struct {
	output   string
	scenario string
	metrics  []string
}

func newHistory() *cobra.Command {
	var o historyOptions
	c := &cobra.Command{
		Use:   "history [DIR…]",
		Short: "Look at runs and searches over time, and where they changed",
		Long: "Lists what runs and searches of directories say, in order of time, and marks from where on a figure was another; gates\n" +
			"and tunings are listed with their answers, and so is a capacity that is a bound (at least) or none: a bound is that of the generator, and in\n" +
			"a series it would be a change of the service. Invalid, unstable and unfinished figures are left out, and searches at several numbers of\n" +
			"connections. A gate sees what a change did; this sees what crept in.",
		Example: "  loadctl history\n  loadctl history runs nightly --scenario items --metric p99 --output csv",
		RunE: func(c *cobra.Command, dirs []string) error {
			if len(dirs) == 0 {
				dirs = []string{"runs"}
				if _, err := os.Stat(dirs[0]); errors.Is(err, os.ErrNotExist) {
					fmt.Fprintln(c.ErrOrStderr(), "there are no runs here yet: `loadctl run` makes one in runs/")
					dirs = nil
				}
			}
			return showHistory(c.OutOrStdout(), c.ErrOrStderr(), dirs, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.output, "output", "text", "text, json, or csv as change-point tools read it")
	f.StringVar(&o.scenario, "scenario", "", "only of the scenario with this `name`")
	f.StringSliceVar(&o.metrics, "metric", nil, "only these: p50, p99, failed, throughput, capacity, connections")
	return c
}

func (o *historyOptions) validate() error {
	var errs []error
	if !slices.Contains([]string{"text", "json", "csv"}, o.output) {
		errs = append(errs, fmt.Errorf("--output %s: not one of text, json, csv", o.output))
	}
	var names []string
	for _, m := range history.Metrics() {
		names = append(names, m.Name)
	}
	for _, m := range o.metrics {
		if !slices.Contains(names, m) {
			errs = append(errs, fmt.Errorf("--metric %s: not one of %s", m, strings.Join(names, ", ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return usage(err, "")
	}
	return nil
}

func showHistory(out, errw io.Writer, dirs []string, o historyOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	entries, err := gathered(errw, dirs)
	if err != nil {
		return err
	}
	entries = o.wanted(entries)
	switch o.output {
	case "csv":
		err = history.CSV(out, entries)
	case "json":
		err = history.JSON(out, entries, history.Of(entries, changed))
	default:
		err = history.Text(out, entries, history.Of(entries, changed))
	}
	if err != nil {
		return cannot(err, "")
	}
	return nil
}

// changed finds where a series became another.
func changed(values []float64) []changepoints.Change {
	series := make([]changepoints.Point, len(values))
	for i, v := range values {
		series[i].Value = v
	}
	return changepoints.Find(series, changepoints.Config{Seed: 1})
}

// wanted leaves what the flags ask for.
func (o *historyOptions) wanted(entries []history.Entry) (all []history.Entry) {
	for _, e := range entries {
		if o.scenario != "" && e.Scenario != o.scenario && !strings.HasPrefix(e.Scenario, o.scenario+" (") {
			continue
		}
		if len(o.metrics) > 0 {
			for name := range e.Values {
				if !slices.Contains(o.metrics, name) {
					delete(e.Values, name)
				}
			}
		}
		all = append(all, e)
	}
	return all
}

// gathered reads every run and study of directories, or that a directory is. What is none is passed over,
// what is damaged is told and passed over.
func gathered(errw io.Writer, dirs []string) (all []history.Entry, err error) {
	for _, dir := range dirs {
		found, err := os.ReadDir(dir)
		if err != nil {
			return nil, usage(fmt.Errorf("history: %w", err), "name a directory that holds run directories, such as runs")
		}
		places := []string{dir}
		for _, f := range found {
			if f.IsDir() && !strings.HasSuffix(f.Name(), ".partial") {
				places = append(places, filepath.Join(dir, f.Name()))
			}
		}
		for _, place := range places {
			e, ok, err := entryOf(place)
			if err != nil {
				fmt.Fprintln(errw, "loadctl: left out:", err)
			} else if ok {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// entryOf reads a directory; not ok: it is neither a run nor a search that is over.
func entryOf(dir string) (e history.Entry, ok bool, err error) {
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
		m, s, err := runfile.Glance(dir)
		return runEntry(&m, &s), err == nil, err
	}
	s, err := study.Open(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return e, false, nil
	case err != nil:
		return e, false, err
	}
	e, err = studyEntry(s)
	if errors.Is(err, os.ErrNotExist) {
		return e, false, nil
	}
	return e, err == nil, err
}

// studyEntry is what a search that is over found.
func studyEntry(s *study.Study) (e history.Entry, err error) {
	e = history.Entry{ID: s.Head.ID, Scenario: s.Head.Scenario, SHA256: sha256Of(s.Head.Source), Started: s.Head.Started, Values: map[string]float64{}}
	said, err := saidOf(&s.Head)
	if err != nil {
		return e, fmt.Errorf("%s: options: %w", s.Dir(), err)
	}
	if words := said.words(); words != "" {
		e.Scenario += " (" + words + ")" // another load is another series
	}
	if len(said.Levels) > 0 {
		return e, os.ErrNotExist // capacities at several loads are no figure of one
	}
	switch s.Head.Kind {
	case "capacity":
		var r capacity.Result
		if err = s.ReadResult(&r); err == nil {
			capacityEntry(&e, &r)
		}
	case "gate":
		var r gate.Result
		if err = s.ReadResult(&r); err == nil {
			e.Invalid, e.Said = r.Verdict == gate.Invalid, gateSaid(&r)
		}
	case "tune":
		var r tune.Result
		if err = s.ReadResult(&r); err == nil {
			e.Invalid, e.Said = r.Outcome == tune.Broken, tuneSaid(&r)
		}
	default:
		err = os.ErrNotExist // a later loadctl's
	}
	return e, err
}

func gateSaid(r *gate.Result) string {
	said := string(r.Verdict)
	if r.Why != "" {
		said += ": " + r.Why
	}
	if r.Detectable > 0 {
		said += fmt.Sprintf(" (would have found %.1f %%)", 100*r.Detectable)
	}
	return said
}

func tuneSaid(r *tune.Result) string {
	said := string(r.Outcome)
	if r.Outcome == tune.Better {
		for _, name := range slices.Sorted(maps.Keys(r.Recommended.Setting)) {
			said += fmt.Sprintf(" %s=%s", name, r.Recommended.Setting[name])
		}
		if r.Goal == tune.Cheapest {
			said += fmt.Sprintf(" (cost %s)", tune.Price(r.Recommended.Cost, r.CostUnit))
		} else {
			said += fmt.Sprintf(" (%+.1f %%)", 100*r.Recommended.Gain)
		}
	}
	if r.Why != "" {
		said += ": " + r.Why
	}
	return said
}

func runEntry(m *runfile.Manifest, s *view.Summary) history.Entry {
	e := history.Entry{ID: m.RunID, Scenario: m.Scenario.Name, SHA256: m.Scenario.SHA256, Commit: m.Scenario.Tags["commit"], Host: machineWords(m.Machine),
		Started: m.Started, Values: map[string]float64{"failed": s.FailedRate, "throughput": s.ThroughputRPS}}
	e.Invalid = s.Validity.Verdict == stats.Invalid || s.Verdict == "aborted" || s.Verdict == "unfinished"
	for name, ms := range map[string]*float64{"p50": s.ResponseMS.P50, "p99": s.ResponseMS.P99} {
		if ms != nil {
			e.Values[name] = *ms / 1000
		}
	}
	return e
}

// machineWords are the machines that made the load, in words.
func machineWords(about map[string]string) string {
	return strings.Join(slices.Sorted(maps.Values(about)), "; ")
}

// capacityEntry is a figure of a series only where a capacity was found: a bound moves with the generator, and what holds
// nothing has none. These are told as answers.
func capacityEntry(e *history.Entry, r *capacity.Result) {
	name := "capacity"
	if r.Axis == "connections" {
		name = r.Axis
	}
	switch r.Outcome {
	case capacity.AtLeast:
		e.Said = "capacity " + r.Words() + "; a bound is in no series"
	case capacity.Nothing:
		e.Said = "capacity none: no load holds"
	default:
		e.Invalid, e.Values[name] = r.Outcome != capacity.Found, r.Capacity
	}
	if e.Said != "" && r.Why != "" {
		e.Said += ": " + r.Why
	}
}
