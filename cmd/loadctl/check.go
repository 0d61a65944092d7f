package main

import (
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
func load(file string, vars map[string]string, baseURL string) (*scenarios.Scenario, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Errorf("reading the scenario: %w", err), "examples lie in scenarios/")
	}
	return parse(file, src, vars, baseURL)
}

func parse(file string, src []byte, vars map[string]string, baseURL string) (*scenarios.Scenario, error) {
	s, err := scenarios.Parse(file, src, scenarios.Options{Vars: vars, BaseURL: baseURL})
	if err != nil {
		return nil, usage(err, "")
	}
	return s, nil
}

// parseVars collects LOADCTL_VAR_x from the environment and name=value from
// flags; flags win.
func parseVars(flags, environ []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, kv := range environ {
		if rest, ok := strings.CutPrefix(kv, "LOADCTL_VAR_"); ok {
			name, value, _ := strings.Cut(rest, "=")
			vars[strings.ToLower(name)] = value
		}
	}
	for _, kv := range flags {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || name == "" {
			return nil, usage(fmt.Errorf("-e %s: want name=value", kv), "")
		}
		vars[name] = value
	}
	return vars, nil
}
