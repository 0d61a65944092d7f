package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/curve"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/ci"
	"github.com/loadctl/loadctl/reports/html"
	"github.com/loadctl/loadctl/reports/junit"
	"github.com/loadctl/loadctl/reports/text"
)

func byNumber(all []capacity.Tried) []capacity.Tried {
	slices.SortStableFunc(all, func(a, b capacity.Tried) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

func kneeWords(k *curve.Knee) string {
	return fmt.Sprintf("%.4g/s is the %s", k.Load, curve.Convention)
}

// announce says what is going to be done.
func (c *capacitySearch) announce() {
	if c.watch != "plain" {
		return
	}
	p := c.planned
	var limits []string
	for _, clause := range p.Config.Clauses {
		limits = append(limits, clause.Expr)
	}
	law := ""
	if p.Arrivals != "" {
		law = "; " + p.Arrivals + " arrivals"
	}
	if len(limits) == 0 {
		limits = []string{"no connection refused or dropped"}
	}
	fmt.Fprintf(c.out, "searching how much %s holds: %s; each trial recorded after %s of its load (10 × the longest limit, 3 s to 15 s); at most %s, in %s\n",
		p.Target, strings.Join(limits, ", ")+law, p.Config.Settle, p.Config.Budget, c.study.Dir())
	if n := len(c.study.Lines()); n > 0 {
		fmt.Fprintf(c.out, "going on after %s\n", countOf(n, "trial", "trials"))
	}
}

// A capacityTick is one line of --ui json: a trial, and what is known after it.
type capacityTick struct {
	Type string `json:"type"`
	capacity.Tried
	Capacity float64       `json:"capacity"`
	Low      float64       `json:"low"`
	High     float64       `json:"high"`
	Needs    time.Duration `json:"needs_ns"`
}

// show tells of a trial that was made.
func (c *capacitySearch) show(_ trial.Ask, told *trial.Told) {
	if told == nil || c.watch == "none" {
		return
	}
	r, prefix := c.finder.latest()
	if len(r.Trials) == 0 {
		return
	}
	if c.watch == "json" {
		c.json(capacityTick{"trial", r.Trials[len(r.Trials)-1], r.Capacity, r.Low, r.High, r.Needs})
		return
	}
	fmt.Fprintln(c.out, prefix+answers.CapacityLine(r))
}

// latest is the search that the last trial was of.
func (f capacityFinder) latest() (r capacity.Result, prefix string) {
	if f.grid == nil {
		return f.one.Result(), ""
	}
	last := 0
	for _, l := range f.grid.Result().Levels {
		if l.Rate != nil {
			if n := len(l.Rate.Trials); n > 0 && l.Rate.Trials[n-1].Number > last {
				last, r, prefix = l.Rate.Trials[n-1].Number, *l.Rate, fmt.Sprintf("%d connections: ", l.Connections)
			}
		}
		if n := len(l.Lost); n > 0 && l.Lost[n-1].Number > last {
			last, r, prefix = l.Lost[n-1].Number, capacity.Result{Axis: capacity.Rate, Limiting: -1, Trials: l.Lost}, fmt.Sprintf("%d connections: ", l.Connections)
		}
	}
	return r, prefix
}

func (c *capacitySearch) json(v any) { _ = json.NewEncoder(c.out).Encode(v) }

// conclude is the end of a search that is over.
func (c *capacitySearch) conclude() error { return c.tell(exitHeld, true) }

// tell writes the files of a search that is over, and says what is known. The RESULT line comes last; with
// --ui json that is the result object, and all that is no JSON goes to standard error.
func (c *capacitySearch) tell(least int, over bool) error {
	a := c.finder.answer(c.planned)
	a.ExitCode = weightiest(a.ExitCode, least)
	b := capacityBrief(c.study, c.planned, a)
	if over {
		if err := errors.Join(c.study.Result(a), capacityFiles(c.study, a, b), copyOut(c.study, c.outDir), c.tellCI(a)); err != nil {
			printError(c.errw, cannot(err, ""))
			a.ExitCode = weightiest(a.ExitCode, exitFailed)
			b = capacityBrief(c.study, c.planned, a)
		}
	}
	people := c.out
	if c.watch == "json" {
		people = c.errw
		c.json(struct {
			Type string `json:"type"`
			Run  string `json:"run"`
			*capacityAnswer
		}{"result", c.study.Dir(), a})
	}
	o := text.BriefOptions{Color: c.job.color && c.watch != "json"}
	if over {
		o.Report = filepath.Join(c.study.Dir(), reportName)
		c.spent(&a.Result)
	}
	return sayEnd(people, b, o, a.ExitCode)
}

// capacityBrief is the document of an answer.
func capacityBrief(s *study.Study, p *capacityPlan, a *capacityAnswer) *brief.Brief {
	h := s.Head
	i := answers.Info{Scenario: h.Scenario, File: h.File, Args: h.Args, RunID: h.ID, Dir: filepath.ToSlash(s.Dir()), Target: a.Target, Tool: h.Tool, Started: h.Started,
		Arrivals: a.Arrivals, Exit: a.ExitCode, Settle: p.Config.Settle, Source: h.Source}
	b := answers.OfCapacity(a.shown(), i)
	for _, text := range a.remarks() {
		b.Notes = append(b.Notes, brief.Note{Text: text})
	}
	return b
}

// capacityFiles writes what shows an answer to others.
func capacityFiles(s *study.Study, a *capacityAnswer, b *brief.Brief) error {
	h := s.Head
	frame := junit.Frame{Scenario: cmp.Or(h.Scenario, h.File), Search: h.ID, Tool: h.Tool, Target: a.Target, Started: h.Started}
	return writeFiles(s, []studyFile{
		{reportName, func(w io.Writer) error { return html.Brief(w, b) }},
		{summaryName, func(w io.Writer) error { return text.Markdown(w, b, reportName) }},
		{"junit.xml", func(w io.Writer) error { return a.junit(w, frame) }},
		{"metrics.txt", func(w io.Writer) error { return a.metrics(w, frame.Scenario) }},
	})
}

// junit, metrics and annotations have every level of a frontier, and of any other search its one capacity.
func (a *capacityAnswer) junit(w io.Writer, f junit.Frame) error {
	if a.Frontier != nil {
		return junit.Frontier(w, f, a.Frontier)
	}
	return junit.Capacity(w, f, &a.Result)
}

func (a *capacityAnswer) metrics(w io.Writer, scenario string) error {
	if a.Frontier != nil {
		return ci.FrontierMetrics(w, scenario, a.Frontier)
	}
	return ci.CapacityMetrics(w, scenario, &a.Result)
}

func (a *capacityAnswer) annotations(at ci.Place) []ci.Annotation {
	if a.Frontier != nil {
		return ci.Frontier(a.Frontier, at)
	}
	return ci.Capacity(&a.Result, at)
}

// tellCI says the result to GitHub, where it runs us.
func (c *capacitySearch) tellCI(a *capacityAnswer) error {
	people := c.out
	if c.watch == "json" {
		people = c.errw
	}
	return tellCI(people, c.study, a.annotations(ci.Place{File: filepath.ToSlash(c.file)}), nil)
}

// remakeCapacity shows a search again, from its files alone: what it found, or what is known of one that
// is not over.
func remakeCapacity(out io.Writer, dir string) error {
	s, p, err := openCapacity(dir)
	if err != nil {
		return err
	}
	a := &capacityAnswer{}
	if err := s.ReadResult(a); errors.Is(err, os.ErrNotExist) {
		f := p.finder()
		if err := s.Replay(f); err != nil {
			return usage(err, "")
		}
		a = f.answer(p)
	} else if err != nil {
		return usage(fmt.Errorf("%s: %w", dir, err), "")
	} else {
		a.meanwhile(p)
	}
	b := capacityBrief(s, p, a)
	if err := errors.Join(capacityFiles(s, a, b), sayAgain(out, s, b)); err != nil {
		return cannot(err, "")
	}
	return nil
}

// sayAgain shows people a search again, the RESULT line last.
func sayAgain(out io.Writer, s *study.Study, b *brief.Brief) error {
	o := text.BriefOptions{Color: colorful(out, os.Getenv), Report: filepath.Join(s.Dir(), reportName)}
	return errors.Join(text.Brief(out, b, o), text.BriefResult(out, b))
}
