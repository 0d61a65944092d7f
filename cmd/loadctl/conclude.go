package main

import (
	"fmt"
	"path/filepath"

	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// conclude writes the files of a run that began, and says how it ended. The
// RESULT line is the last of standard output; with --ui json that is the result
// object, and what is meant for people goes to standard error.
func (j *job) conclude(r *stats.Run, writer *runfile.Writer, runErr error) error {
	v := view.New(r)
	dir, err := writer.Finish(r, v, extras(v)...)
	if err != nil {
		return cannot(fmt.Errorf("writing the run: %w", err), "what was collected is in "+writer.Partial())
	}
	j.controls.then(nil) // all is written, and nothing may follow the last line
	if runErr != nil {
		fmt.Fprintln(j.errw, "loadctl:", runErr)
	}
	if err := j.say(v, dir); err != nil {
		return cannot(fmt.Errorf("writing the summary: %w", err), "")
	}
	return ended(r.Result.ExitCode)
}

func (j *job) say(v *view.View, dir string) error {
	o := text.Options{Color: j.color, Report: filepath.Join(dir, reportName)}
	if j.ui == "json" {
		if err := text.Summary(j.errw, v, text.Options{Report: o.Report}); err != nil {
			return err
		}
		return (&text.JSON{Out: j.out}).Result(v, dir)
	}
	if err := text.Summary(j.out, v, o); err != nil {
		return err
	}
	return text.Result(j.out, v, dir)
}
