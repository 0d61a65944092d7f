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
// known, whether they could be written or not. The RESULT line comes last.
func (j *job) conclude(r *stats.Run, writer *runfile.Writer, runErr error) error {
	v := view.New(r)
	dir, err := writer.Finish(r, v, extras(v)...)
	j.controls.then(nil) // all is written, and nothing may follow the last line
	o := text.Options{Color: j.color, Report: filepath.Join(dir, reportName)}
	if err != nil {
		printError(j.errw, cannot(fmt.Errorf("writing the run: %w", err), "what was collected is in "+dir))
		undone(v, "its files could not be written")
		o.Report = ""
	}
	if runErr != nil {
		fmt.Fprintln(j.errw, "loadctl:", runErr)
	}
	return j.say(v, dir, o)
}

// undone makes a run that did not give what it should one that could not be done,
// unless something weighs more.
func undone(v *view.View, why string) {
	if code := weightiest(v.ExitCode, exitFailed); code != v.ExitCode {
		v.Verdict, v.ExitCode, v.Reason = "aborted", code, why
	}
}

// say tells how a run ended. The RESULT line is the last of standard output; with
// --ui json that is the result object, and all that is no JSON goes to standard
// error, the RESULT line last.
func (j *job) say(v *view.View, dir string, o text.Options) error {
	people, last := j.out, j.out
	var err error
	if j.ui == "json" {
		people, last, o.Color = j.errw, j.errw, false
		err = (&text.JSON{Out: j.out}).Result(v, dir)
	}
	err = errors.Join(err, text.Summary(people, v, o))
	if err != nil {
		printError(j.errw, cannot(fmt.Errorf("writing the summary: %w", err), ""))
		undone(v, "its summary could not be written")
	}
	if err := text.Result(last, v, dir); err != nil {
		return &failure{weightiest(v.ExitCode, exitFailed), fmt.Errorf("writing the RESULT line: %w", err), ""}
	}
	return ended(v.ExitCode)
}
