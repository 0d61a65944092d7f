package main

import (
	"errors"
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
	case "gate":
		return remakeGate(out, s)
	case "tune":
		return remakeTune(out, dir)
	}
	return usage(fmt.Errorf("%s: this loadctl has no report of a study of %q", dir, s.Head.Kind), "")
}

// copyOut puts what others read where --out says, under names that do not change. Without a place it does nothing.
func copyOut(s *study.Study, to string) error {
	if to == "" {
		return nil
	}
	errs := []error{os.MkdirAll(to, 0o755)}
	for _, name := range []string{"result.json", reportName, summaryName, "junit.xml", "metrics.txt"} {
		b, err := os.ReadFile(filepath.Join(s.Dir(), name))
		if errors.Is(err, os.ErrNotExist) {
			continue // it could not be written, which is told
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o644)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
