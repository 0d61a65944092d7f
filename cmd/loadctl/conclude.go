package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// conclude writes the files of a run that began, and says how it ended: that is
// known, whether they could be written or not. The RESULT line is the last of
// standard output; with --ui json that is the result object, and what is meant for
// people goes to standard error.
func (j *job) conclude(r *stats.Run, writer *runfile.Writer, runErr error) error {
	v := view.New(r)
	dir, err := writer.Finish(r, v, extras(v)...)
	j.controls.then(nil) // all is written, and nothing may follow the last line
	if err != nil {
		printError(j.errw, cannot(fmt.Errorf("writing the run: %w", err), "what was collected is in "+dir))
		unwritten(v)
	}
	if runErr != nil {
		fmt.Fprintln(j.errw, "loadctl:", runErr)
	}
	o := text.Options{Color: j.color}
	if err == nil {
		o.Report = filepath.Join(dir, reportName)
	}
	if err := j.say(v, dir, o); err != nil {
		printError(j.errw, cannot(fmt.Errorf("writing the summary: %w", err), ""))
		return ended(weightiest(v.ExitCode, exitFailed))
	}
	return ended(v.ExitCode)
}

// unwritten makes a run that left no whole directory one that could not be done,
// unless something weighs more.
func unwritten(v *view.View) {
	if code := weightiest(v.ExitCode, exitFailed); code != v.ExitCode {
		v.Verdict, v.ExitCode, v.Reason = "aborted", code, "its files could not be written"
	}
}

// say tells as much as it can: what cannot be said in one place is said in the others.
func (j *job) say(v *view.View, dir string, o text.Options) error {
	if j.ui == "json" {
		return errors.Join(text.Summary(j.errw, v, text.Options{Report: o.Report}), (&text.JSON{Out: j.out}).Result(v, dir))
	}
	return errors.Join(text.Summary(j.out, v, o), text.Result(j.out, v, dir))
}
