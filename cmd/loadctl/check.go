package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/secure"
)

func newCheck() *cobra.Command {
	var vars []string
	var target string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say every mistake of a scenario, a tuning file or a side of a gate at once, with its place",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			return check(c.OutOrStdout(), c.ErrOrStderr(), files, vars, target)
		},
	}
	c.Flags().StringArrayVarP(&vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	c.Flags().StringVar(&target, "target", "", "base `URL` to load instead of the file's, as `run --target` does")
	return c
}

func check(out, errw io.Writer, files, vars []string, target string) error {
	o, err := variables(vars, os.Environ())
	if err != nil {
		return err
	}
	o.BaseURL = target
	bad := 0
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil && otherKind(src) != "" {
			if err := checkOther(out, errw, otherKind(src), file, src); err != nil {
				printError(errw, err)
				bad++
			}
			continue
		}
		s, _, err := load(file, o)
		if err != nil {
			printError(errw, err)
			bad++
			continue
		}
		for _, w := range checked(s) {
			fmt.Fprintf(errw, "%s: warning: %s\n", file, w)
		}
		fmt.Fprintf(out, "%s: ok: %d phases, %d requests, %d thresholds\n",
			file, len(s.Phases), len(s.Layout.Cells), len(s.Thresholds))
	}
	if bad > 0 {
		return ended(exitUsage)
	}
	return nil
}

// checked is what is to be said of a file that has no mistakes.
func checked(s *scenarios.Scenario) []string {
	if text := plan.PacingWords(s); text != "" {
		return append(slices.Clone(s.Warnings), text)
	}
	return s.Warnings
}

// load reads and parses a scenario, and the files that its target.tls names; every
// failure is the person's to mend.
func load(file string, o scenarios.Options) (*scenarios.Scenario, secure.Files, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, secure.Files{}, usage(fmt.Errorf("reading the scenario: %w", err), "examples lie in scenarios/")
	}
	if err := noScenario(file, src); err != nil {
		return nil, secure.Files{}, err
	}
	s, err := parse(file, src, o)
	if wrong, ok := errors.AsType[*scenarios.Errors](err); ok {
		_, mistakes := loadTLS(file, &wrong.Target)
		wrong.Add(mistakes)
	}
	if err != nil {
		return nil, secure.Files{}, err
	}
	files, mistakes := loadTLS(file, &s.Target)
	if len(mistakes) > 0 {
		return nil, secure.Files{}, usage(s.Wrong(file, mistakes), "")
	}
	return s, files, nil
}

// loadTLS reads the files of target.tls, relative to the scenario, and makes sure that
// they hold what they should.
func loadTLS(file string, target *scenarios.Target) (secure.Files, []scenarios.Mistake) {
	files, mistakes := secure.Read(target.TLS, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		return os.ReadFile(name)
	})
	if len(mistakes) == 0 {
		_, mistakes = secure.Client(target, files)
	}
	return files, mistakes
}

func parse(file string, src []byte, o scenarios.Options) (*scenarios.Scenario, error) {
	o.File = filesBeside(file)
	s, err := scenarios.Parse(file, src, o)
	if err != nil {
		return nil, usage(err, "")
	}
	return s, nil
}

// variables collects name=value from flags, which a file must have, and
// LOADCTL_VAR_name=value from the environment, which may be meant for other files.
func variables(flags, environ []string) (scenarios.Options, error) {
	o := scenarios.Options{Vars: map[string]string{}, Env: map[string]string{}}
	for _, kv := range environ {
		if rest, ok := strings.CutPrefix(kv, "LOADCTL_VAR_"); ok {
			name, value, _ := strings.Cut(rest, "=")
			o.Env[name] = value
		}
	}
	for _, kv := range flags {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || name == "" {
			return o, usage(fmt.Errorf("-e %s: want name=value", kv), "")
		}
		o.Vars[name] = value
	}
	return o, nil
}
