package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/ci"
	"github.com/loadctl/loadctl/reports/html"
	"github.com/loadctl/loadctl/reports/junit"
	"github.com/loadctl/loadctl/reports/text"
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

// info is what stands around the result.
func (g *gating) info(r *gate.Result, exit int) answers.Info {
	h := &g.study.Head
	i := answers.Info{
		Scenario: h.Scenario, File: h.File, Args: h.Args, RunID: h.ID, Dir: filepath.ToSlash(g.study.Dir()), Target: g.sides.candidate.Text, Baseline: g.sides.base.Text,
		Tool: h.Tool, Started: h.Started, Exit: exit, Source: h.Source,
	}
	if len(r.Trials) > 0 {
		i.Settle = r.Trials[0].Settle
	}
	return i
}

func (g *gating) files(r *gate.Result, exit int, b *brief.Brief) []studyFile {
	h := &g.study.Head
	frame := junit.Frame{Scenario: h.Scenario, Search: h.ID, Tool: h.Tool, Target: g.sides.candidate.Text, Started: h.Started}
	return []studyFile{
		{"junit.xml", func(w io.Writer) error { return junit.Gate(w, frame, r, g.onInconclusive == "fail") }},
		{"metrics.txt", func(w io.Writer) error { return ci.GateMetrics(w, h.Scenario, exit, r) }},
		{summaryName, func(w io.Writer) error { return text.Markdown(w, b, reportName) }},
		{reportName, func(w io.Writer) error { return html.Brief(w, b) }},
	}
}

// tell writes every form of the result, and says it. The RESULT line comes last.
func (g *gating) tell(r *gate.Result) error {
	exit := gateExit(r, g.onInconclusive)
	b := answers.OfGate(*r, g.info(r, exit))
	o := text.BriefOptions{Color: colorful(g.out, os.Getenv), Report: filepath.Join(g.study.Dir(), reportName)}
	err := errors.Join(g.study.Result(r), writeFiles(g.study, g.files(r, exit, b)),
		copyFiles(g.study, g.outDir, "result.json", "junit.xml", "metrics.txt", summaryName, reportName), g.tellCI(r), text.Brief(g.out, b, o))
	if err != nil {
		printError(g.errw, cannot(fmt.Errorf("writing the result: %w", err), ""))
		exit = weightiest(exit, exitFailed)
		b.Result = answers.GateResult(*r, g.info(r, exit))
	}
	if err := text.BriefResult(g.out, b); err != nil {
		return &failure{weightiest(exit, exitFailed), fmt.Errorf("writing the RESULT line: %w", err), ""}
	}
	return ended(exit)
}

func (g *gating) tellCI(r *gate.Result) error {
	return tellCI(g.out, g.study, ci.Gate(r, ci.Place{File: filepath.ToSlash(g.file), Line: g.limits.line}), g.outputs(r))
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
