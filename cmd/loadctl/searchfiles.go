package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/reports/ci"
)

// summaryName is the file of the summary in Markdown.
const summaryName = "summary.md"

// A studyFile is one form of what a search found.
type studyFile struct {
	name  string
	write func(io.Writer) error
}

// writeFiles writes forms of what a search found into its directory.
func writeFiles(s *study.Study, files []studyFile) (err error) {
	for _, f := range files {
		var content bytes.Buffer
		one := f.write(&content)
		if one == nil {
			one = s.File(f.name, content.Bytes())
		}
		err = errors.Join(err, one)
	}
	return err
}

// tellCI says what a search found to the server that runs us, where there is one.
func tellCI(out io.Writer, s *study.Study, notes []ci.Annotation, outputs []ci.Output) (err error) {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		err = ci.Annotate(out, notes)
	}
	if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
		markdown, rerr := os.ReadFile(filepath.Join(s.Dir(), summaryName))
		err = errors.Join(err, rerr, ci.AppendSummary(file, string(markdown)))
	}
	if file := os.Getenv("GITHUB_OUTPUT"); file != "" {
		err = errors.Join(err, ci.AppendOutputs(file, outputs))
	}
	return err
}
