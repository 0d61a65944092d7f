package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/scenarios"
)

// filesBeside finds the files that a scenario names: relative to itself, wherever
// loadctl is run. Agents are told where they are.
func filesBeside(scenario string) scenarios.FileFinder {
	return func(name string) (path string, size int64, err error) {
		if path = name; !filepath.IsAbs(name) {
			path = filepath.Join(filepath.Dir(scenario), name)
		}
		if path, err = filepath.Abs(path); err != nil {
			return "", 0, err
		}
		info, err := os.Stat(path) // before it is opened: a pipe would wait for a writer
		switch {
		case err != nil:
			return "", 0, err
		case !info.Mode().IsRegular():
			return "", 0, fmt.Errorf("%s is not a regular file", path)
		}
		f, err := os.Open(path)
		if err != nil {
			return "", 0, err
		}
		return path, info.Size(), f.Close()
	}
}
