package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/scenarios"
)

func newCheck() *cobra.Command {
	var vars []string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say every mistake of a scenario at once, with its place",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			return check(c.OutOrStdout(), c.ErrOrStderr(), files, vars)
		},
	}
	c.Flags().StringArrayVarP(&vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	return c
}

func check(out, errw io.Writer, files, vars []string) error {
	values, err := parseVars(vars, os.Environ())
	if err != nil {
		return err
	}
	bad := 0
	for _, file := range files {
		s, err := load(file, values, "")
		if err != nil {
			printError(errw, err)
			bad++
			continue
		}
		for _, w := range s.Warnings {
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

// load reads and parses a scenario; every failure is the person's to mend.
func load(file string, given variables, baseURL string) (*scenarios.Scenario, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Errorf("reading the scenario: %w", err), "examples lie in scenarios/")
	}
	s, err := scenarios.Parse(file, src, scenarios.Options{Vars: given.flags, Env: given.env, BaseURL: baseURL})
	if err != nil {
		return nil, usage(err, "")
	}
	return s, nil
}

// variables are values for a file's vars. Flags must name one of them; the
// environment is there for any file, and what a file lacks is passed over.
type variables struct{ flags, env map[string]string }

// parseVars collects LOADCTL_VAR_NAME=value from the environment and name=value
// from flags.
func parseVars(flags, environ []string) (variables, error) {
	v := variables{map[string]string{}, map[string]string{}}
	for _, kv := range environ {
		if rest, ok := strings.CutPrefix(kv, "LOADCTL_VAR_"); ok {
			name, value, _ := strings.Cut(rest, "=")
			v.env[name] = value
		}
	}
	var errs []error
	for _, kv := range flags {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("-e %s: want name=value", kv))
		}
		v.flags[name] = value
	}
	if err := errors.Join(errs...); err != nil {
		return variables{}, usage(err, "for example: -e rate=500")
	}
	return v, nil
}
