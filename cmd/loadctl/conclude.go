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

// conclude writes the files of a run that began, and says how it ended, whether or
// not they could be written: the figures may be all that is left of an hour. The
// RESULT line is the last of standard output; with --ui json that is the result
// object, and what is meant for people goes to standard error (decision 006).
func (j *job) conclude(r *stats.Run, writer *runfile.Writer, runErr error) error {
	v := view.New(r)
	dir, err := writer.Finish(r, v, extras(v)...)
	if err != nil && v.ExitCode != exitInterrupted {
		v.ExitCode = exitFailed
	}
	if runErr != nil {
		fmt.Fprintln(j.errw, "loadctl:", runErr)
	}
	err = errors.Join(err, j.say(v, dir, err == nil))
	if err == nil {
		return ended(v.ExitCode)
	}
	code := exitFailed
	if v.ExitCode == exitInterrupted {
		code = exitInterrupted
	}
	return &failure{code, fmt.Errorf("the run was made, but not all of it could be written: %w", err), "what was collected is in " + dir}
}

func (j *job) say(v *view.View, dir string, whole bool) error {
	o := text.Options{Color: j.color}
	if whole {
		o.Report = filepath.Join(dir, reportName)
	}
	if j.ui == "json" {
		o.Color = false
		return errors.Join(text.Summary(j.errw, v, o), text.Result(j.errw, v, dir), (&text.JSON{Out: j.out}).Result(v, dir))
	}
	return errors.Join(text.Summary(j.out, v, o), text.Result(j.out, v, dir))
}
