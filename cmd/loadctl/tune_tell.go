package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/ci"
	"github.com/loadctl/loadctl/reports/html"
	"github.com/loadctl/loadctl/reports/junit"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/tuning"
)

// A tuneAnswer is what a tuning found: result.json.
type tuneAnswer struct {
	Schema string `json:"schema"`
	tune.Result
	ExitCode int    `json:"exit_code"`
	Target   string `json:"target"`
}

func tuneAnswerOf(r tune.Result, p *tunePlan) *tuneAnswer {
	a := &tuneAnswer{Schema: "loadctl.tune/v1", Result: r, ExitCode: tuneExit(&r), Target: p.Target}
	a.Flags = append(a.Flags, p.Flags...)
	return a
}

// tuneExit is the exit code of an outcome. Where no trial was valid the generator was measured.
func tuneExit(r *tune.Result) int {
	switch r.Outcome {
	case tune.Better, tune.NoChange:
		return exitHeld
	case tune.Nothing:
		return exitBroken
	case tune.Unfinished:
		return exitInconclusive
	}
	made := 0
	for i := range r.Trials {
		if t := &r.Trials[i]; t.Broken == "" {
			if t.Validity != stats.Invalid {
				return exitFailed
			}
			made++
		}
	}
	if made > 0 {
		return exitInvalid
	}
	return exitFailed
}

// announce says what is going to be done.
func (t *tuner) announce() {
	if t.watch != "plain" {
		return
	}
	p, r := t.planned, t.search.Result()
	var grids []string
	for _, param := range p.Params {
		grids = append(grids, fmt.Sprintf("%s of %s", param.Name, strings.Join(param.Values, " ")))
	}
	fmt.Fprintf(t.out, "tuning %s: %s; in force is %s; %s", p.Target, strings.Join(grids, ", "), t.tuning.Setting(p.Incumbent), loadWords(p))
	if r.Expected > 0 {
		fmt.Fprintf(t.out, "; about %s", countOf(r.Expected, "trial", "trials"))
	}
	fmt.Fprintf(t.out, ", in %s\n", t.study.Dir())
	notes(t.out, r.Flags, p.Flags, t.tooFew(p, r.Expected))
	if n := len(t.study.Lines()); n > 0 {
		fmt.Fprintf(t.out, "going on after %s\n", countOf(n, "trial", "trials"))
	}
}

// show tells of a trial that was made.
func (t *tuner) show(_ trial.Ask, told *trial.Told) {
	if told == nil || t.watch == "none" {
		return
	}
	r := t.search.Result()
	if len(r.Trials) == 0 {
		return
	}
	if t.watch == "json" {
		_ = json.NewEncoder(t.out).Encode(struct {
			Type string `json:"type"`
			tune.Tried
			Best tune.Score `json:"best"`
		}{"trial", r.Trials[len(r.Trials)-1], r.Best})
		return
	}
	fmt.Fprintln(t.out, answers.TuneLine(r))
}

// tell writes the files of a tuning that is over, and says what is known. The RESULT line comes last; with
// --ui json that is the result object, and all that is no JSON goes to standard error.
func (t *tuner) tell(least int, over bool) error {
	a := tuneAnswerOf(t.search.Result(), t.planned)
	a.ExitCode = weightiest(a.ExitCode, least)
	b := tuneBrief(t.study, a)
	people := t.out
	if t.watch == "json" {
		people = t.errw
	}
	if over {
		err := errors.Join(t.study.Result(a), tuneFiles(t.study, a, b), copyOut(t.study, t.outDir),
			tellCI(people, t.study, ci.Tune(&a.Result, ci.Place{File: filepath.ToSlash(t.file)}), t.outputs(a)))
		if err != nil {
			printError(t.errw, cannot(fmt.Errorf("writing the result: %w", err), ""))
			a.ExitCode = weightiest(a.ExitCode, exitFailed)
			b = tuneBrief(t.study, a)
		}
	}
	if t.watch == "json" {
		_ = json.NewEncoder(t.out).Encode(struct {
			Type string `json:"type"`
			Run  string `json:"run"`
			*tuneAnswer
		}{"result", t.study.Dir(), a})
	}
	o := text.BriefOptions{Color: t.job.color && t.watch != "json"}
	if over {
		o.Report = filepath.Join(t.study.Dir(), reportName)
		t.spent(&a.Result)
	}
	return sayEnd(people, b, o, a.ExitCode)
}

// spent says how a tuning goes on whose budget was spent too early.
func (t *tuner) spent(r *tune.Result) {
	had, last := t.planned.Budget, len(r.Trials)-1
	switch {
	case r.Outcome != tune.Unfinished:
	case had > 0 && r.Took >= had*9/10: // a trial that would be longer than the rest is not begun
		fmt.Fprintf(t.errw, "loadctl: the tuning is not finished; %s --budget %s\n", t.goOn(), inMinutes(2*had))
	case last >= 0 && r.Trials[last].Validity == stats.Invalid:
		fmt.Fprintf(t.errw, "loadctl: the tuning is not finished, as this machine was disturbed; %s\n", t.goOn())
	}
}

func (t *tuner) outputs(a *tuneAnswer) []ci.Output {
	return []ci.Output{{Name: "outcome", Value: string(a.Outcome)}, {Name: "setting", Value: t.tuning.Setting(a.Recommended.Setting)},
		{Name: "report", Value: filepath.ToSlash(filepath.Join(t.study.Dir(), reportName))}}
}

// tuneBrief is the document of an answer.
func tuneBrief(s *study.Study, a *tuneAnswer) *brief.Brief {
	h := s.Head
	return answers.OfTune(a.Result, answers.Info{Scenario: h.Scenario, File: h.File, Args: h.Args, RunID: h.ID, Dir: filepath.ToSlash(s.Dir()), Target: a.Target, Tool: h.Tool,
		Started: h.Started, Exit: a.ExitCode, Source: h.Source})
}

// tuneFiles writes what shows an answer to others.
func tuneFiles(s *study.Study, a *tuneAnswer, b *brief.Brief) error {
	h := s.Head
	frame := junit.Frame{Scenario: h.Scenario, Search: h.ID, Tool: h.Tool, Target: a.Target, Started: h.Started}
	return writeFiles(s, []studyFile{
		{reportName, func(w io.Writer) error { return html.Brief(w, b) }},
		{summaryName, func(w io.Writer) error { return text.Markdown(w, b, reportName) }},
		{"junit.xml", func(w io.Writer) error { return junit.Tune(w, frame, &a.Result) }},
		{"metrics.txt", func(w io.Writer) error { return ci.TuneMetrics(w, frame.Scenario, &a.Result) }},
	})
}

// remakeTune shows a tuning again, from its files alone: what it found, or what is known of one that is
// not over.
func remakeTune(out io.Writer, dir string) error {
	s, p, err := openTune(dir)
	if err != nil {
		return err
	}
	a := &tuneAnswer{}
	if err := s.ReadResult(a); errors.Is(err, os.ErrNotExist) {
		if a, err = knownByNow(s, p); err != nil {
			return usage(err, "")
		}
	} else if err != nil {
		return usage(fmt.Errorf("%s: %w", dir, err), "")
	}
	b := tuneBrief(s, a)
	if err := errors.Join(tuneFiles(s, a, b), sayAgain(out, s, b)); err != nil {
		return cannot(err, "")
	}
	return nil
}

// knownByNow is what the trials tell of a tuning that is not over.
func knownByNow(s *study.Study, p *tunePlan) (*tuneAnswer, error) {
	f, err := tuning.Parse(s.Head.File, []byte(s.Head.Source))
	if err != nil {
		return nil, err
	}
	search, err := tune.New(p.config(f))
	if err != nil {
		return nil, err
	}
	if err := s.Replay(search); err != nil {
		return nil, err
	}
	return tuneAnswerOf(search.Result(), p), nil
}
