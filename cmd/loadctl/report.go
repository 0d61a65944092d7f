package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/reports/html"
	"github.com/loadctl/loadctl/reports/junit"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/reports/view"
)

func newReport() *cobra.Command {
	return &cobra.Command{
		Use:   "report RUN",
		Short: "Make the report of a finished run or search again, from its files alone",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if dir := filepath.Clean(args[0]); isStudy(dir) {
				return remakeStudy(c.OutOrStdout(), dir)
			}
			return remake(c.OutOrStdout(), filepath.Clean(args[0]))
		},
	}
}

// remake writes every view of a recorded run afresh; what was recorded stays.
func remake(out io.Writer, dir string) error {
	r, err := runfile.Open(dir)
	if err != nil {
		return usage(err, "a run directory is what `loadctl run` names in its last line")
	}
	v := view.New(r)
	if err := runfile.Render(dir, r, v, extras(v)...); err != nil {
		return cannot(err, "")
	}
	return text.Summary(out, v, text.Options{Color: colorful(out, os.Getenv), Report: filepath.Join(dir, reportName)})
}

// reportName is the file of the report in a run directory.
const reportName = "report.html"

// extras are the files of a run directory that show it to others than loadctl.
func extras(v *view.View) []runfile.Extra {
	return []runfile.Extra{
		{Name: reportName, Write: func(w io.Writer) error { return html.Render(w, v) }},
		{Name: "junit.xml", Write: func(w io.Writer) error { return junit.Render(w, v) }},
	}
}
