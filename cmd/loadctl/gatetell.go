package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/study"
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

// A gateAnswer is the result of a gate with what stands around it. It is had from a gate's directory alone.
type gateAnswer struct {
	study  *study.Study
	begun  gateBegun
	result *gate.Result
	exit   int
}

func (a *gateAnswer) info() answers.Info {
	h := &a.study.Head
	i := answers.Info{
		Scenario: h.Scenario, File: h.File, Args: h.Args, RunID: h.ID, Dir: filepath.ToSlash(a.study.Dir()), Target: a.begun.Candidate, Baseline: a.begun.Baseline,
		Tool: h.Tool, Started: h.Started, Exit: a.exit, Source: h.Source,
	}
	if len(a.result.Trials) > 0 {
		i.Settle = a.result.Trials[0].Settle
	}
	return i
}

func (a *gateAnswer) brief() *brief.Brief { return answers.OfGate(*a.result, a.info()) }

func (a *gateAnswer) files(b *brief.Brief) []studyFile {
	h := &a.study.Head
	frame := junit.Frame{Scenario: h.Scenario, Search: h.ID, Tool: h.Tool, Target: a.begun.Candidate, Started: h.Started}
	return []studyFile{
		{"junit.xml", func(w io.Writer) error { return junit.Gate(w, frame, a.result, a.begun.OnInconclusive == "fail") }},
		{"metrics.txt", func(w io.Writer) error { return ci.GateMetrics(w, h.Scenario, a.exit, a.result) }},
		{summaryName, func(w io.Writer) error { return text.Markdown(w, b, reportName) }},
		{reportName, func(w io.Writer) error { return html.Brief(w, b) }},
	}
}

// write makes every form of the result.
func (a *gateAnswer) write(b *brief.Brief) error {
	return writeFiles(a.study, a.files(b))
}

// show says it to people.
func (a *gateAnswer) show(out io.Writer, b *brief.Brief) error {
	return text.Brief(out, b, text.BriefOptions{Color: colorful(out, os.Getenv), Report: filepath.Join(a.study.Dir(), reportName)})
}

// remakeGate shows a gate again, from its files alone.
func remakeGate(out io.Writer, s *study.Study) error {
	a := &gateAnswer{study: s, result: &gate.Result{}}
	if len(s.Head.Options) > 0 {
		if err := json.Unmarshal(s.Head.Options, &a.begun); err != nil {
			return usage(fmt.Errorf("%s: options: %w", s.Dir(), err), "")
		}
	}
	err := s.ReadResult(a.result)
	if errors.Is(err, os.ErrNotExist) {
		return usage(fmt.Errorf("%s: the gate is not over: it has made %d trials", s.Dir(), len(s.Lines())), "go on with its flags and --resume "+s.Dir())
	}
	if err != nil {
		return usage(fmt.Errorf("%s: %w", s.Dir(), err), "")
	}
	a.exit = gateExit(a.result, cmp.Or(a.begun.OnInconclusive, "keep"))
	b := a.brief()
	if err := errors.Join(a.write(b), a.show(out, b), text.BriefResult(out, b)); err != nil {
		return cannot(err, "")
	}
	return nil
}

// tell writes every form of the result, and says it. The RESULT line comes last.
func (g *gating) tell(r *gate.Result) error {
	a := &gateAnswer{study: g.study, begun: g.begun(), result: r, exit: gateExit(r, g.onInconclusive)}
	b := a.brief()
	if err := errors.Join(g.study.Result(r), a.write(b), copyOut(g.study, g.outDir), g.tellCI(r), a.show(g.out, b)); err != nil {
		printError(g.errw, cannot(fmt.Errorf("writing the result: %w", err), ""))
		a.exit = weightiest(a.exit, exitFailed)
		b.Result = answers.GateResult(*r, a.info())
	}
	if err := text.BriefResult(g.out, b); err != nil {
		return &failure{weightiest(a.exit, exitFailed), fmt.Errorf("writing the RESULT line: %w", err), ""}
	}
	return ended(a.exit)
}
