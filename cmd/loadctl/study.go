package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/coordinator/study"
)

// isStudy says whether a directory is that of a search.
func isStudy(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, study.HeadFile))
	return err == nil
}

// remakeStudy writes the views of a search afresh.
func remakeStudy(out io.Writer, dir string) error {
	s, err := study.Open(dir)
	if err != nil {
		return usage(err, "")
	}
	switch s.Head.Kind {
	case "capacity":
		return remakeCapacity(out, dir)
	case "tune":
		return remakeTune(out, dir)
	}
	return usage(fmt.Errorf("%s: this loadctl has no report of a study of %q", dir, s.Head.Kind), "")
}
