package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/reports/ci"
	"github.com/loadctl/loadctl/reports/junit"
)

// gateExit is the exit code of a gate. A side that could not be tried at all is a thing not done.
func gateExit(r *gate.Result, onInconclusive string) int {
	switch {
	case r.Verdict == gate.Pass:
		return exitHeld
	case r.Verdict == gate.Regression:
		return exitRegression
	case r.Verdict == gate.Inconclusive:
		return map[string]int{"fail": exitRegression, "pass": exitHeld}[onInconclusive] + map[string]int{"keep": exitInconclusive}[onInconclusive]
	case r.Broken != "":
		return exitFailed
	}
	return exitInvalid
}

// A gateFile is one form of a gate's result.
type gateFile struct {
	name  string
	write func(io.Writer) error
}

func (g *gating) files(r *gate.Result, exit int) []gateFile {
	frame := junit.Frame{Scenario: g.job.scenario.Name, Search: g.study.Head.ID, Tool: g.study.Head.Tool, Target: g.sides.candidate.Text, Started: g.study.Head.Started}
	return []gateFile{
		{"junit.xml", func(w io.Writer) error { return junit.Gate(w, frame, r, g.onInconclusive == "fail") }},
		{"metrics.txt", func(w io.Writer) error { return ci.GateMetrics(w, g.job.scenario.Name, exit, r) }},
		{"summary.md", func(w io.Writer) error { _, err := io.WriteString(w, gateMarkdown(r)); return err }},
	}
}

// tell writes every form of the result, and says it. The RESULT line comes last.
func (g *gating) tell(r *gate.Result) error {
	exit := gateExit(r, g.onInconclusive)
	err := g.study.Result(r)
	for _, f := range g.files(r, exit) {
		var b bytes.Buffer
		err = errors.Join(err, f.write(&b), g.study.File(f.name, b.Bytes()))
	}
	err = errors.Join(err, g.copyOut(), g.tellCI(r))
	fmt.Fprint(g.out, gateText(r))
	if err != nil {
		printError(g.errw, cannot(fmt.Errorf("writing the result: %w", err), ""))
		exit = weightiest(exit, exitFailed)
	}
	fmt.Fprintf(g.out, "RESULT %s exit=%d study=%s\n", r.Verdict, exit, filepath.ToSlash(g.study.Dir()))
	return ended(exit)
}

// copyOut puts what others read where --out says, under names that do not change.
func (g *gating) copyOut() error {
	if g.outDir == "" {
		return nil
	}
	if err := os.MkdirAll(g.outDir, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, name := range []string{"result.json", "junit.xml", "metrics.txt", "summary.md", reportName} {
		b, err := os.ReadFile(filepath.Join(g.study.Dir(), name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(g.outDir, name), b, 0o644)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// tellCI says the result to the server that runs us, where there is one.
func (g *gating) tellCI(r *gate.Result) (err error) {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = ci.Annotate(g.out, ci.Gate(r, ci.Place{File: filepath.ToSlash(g.file), Line: g.limits.line}))
	}
	if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
		err = errors.Join(err, ci.AppendSummary(file, gateMarkdown(r)))
	}
	if file := os.Getenv("GITHUB_OUTPUT"); file != "" {
		err = errors.Join(err, ci.AppendOutputs(file, g.outputs(r)))
	}
	return err
}

func (g *gating) outputs(r *gate.Result) []ci.Output {
	known := func(v float64) string {
		if v <= 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	capacity := 0.0
	if r.Hold != nil {
		capacity = r.Hold.Capacity
	}
	place := g.study.Dir()
	if g.outDir != "" {
		place = g.outDir
	}
	return []ci.Output{{Name: "verdict", Value: string(r.Verdict)}, {Name: "detectable", Value: known(r.Detectable)}, {Name: "capacity", Value: known(capacity)},
		{Name: "report", Value: filepath.ToSlash(filepath.Join(place, reportName))}}
}

// gateText is a gate in a few lines for a terminal.
func gateText(r *gate.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Verdict, r.Why)
	for _, m := range r.Metrics {
		fmt.Fprintf(&b, "  %-10s %+.2f %% (%+.2f to %+.2f), margin %.3g %%, %d pairs: %s\n", m.Name, 100*m.Change, 100*m.Low, 100*m.High, 100*m.Margin, m.Pairs, m.Verdict)
	}
	if r.Detectable > 0 {
		fmt.Fprintf(&b, "  the smallest change that would have been found nine times in ten is %.2g %%\n", 100*r.Detectable)
	}
	return b.String()
}

// gateMarkdown is the same for a page.
func gateMarkdown(r *gate.Result) string { return "### Gate\n\n```\n" + gateText(r) + "```\n" }
