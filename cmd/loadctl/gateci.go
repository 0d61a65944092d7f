package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/reports/ci"
)

// tellCI says the result to the server that runs us, where there is one.
func (g *gating) tellCI(r *gate.Result) (err error) {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = ci.Annotate(g.out, ci.Gate(r, ci.Place{File: filepath.ToSlash(g.file), Line: g.limits.line}))
	}
	if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
		markdown, rerr := os.ReadFile(filepath.Join(g.study.Dir(), summaryName))
		err = errors.Join(err, rerr, ci.AppendSummary(file, string(markdown)))
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
