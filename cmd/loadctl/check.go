package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
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
		warn(errw, file, checked(s))
		fmt.Fprintf(out, "%s: ok: %s\n", file, holds(s))
	}
	if bad > 0 {
		return ended(exitUsage)
	}
	return nil
}

// checked is what is to be said of a file that has no mistakes.
func checked(s *scenarios.Scenario) []string {
	all := slices.Clone(s.Warnings)
	if text := plan.PacingWords(s); text != "" {
		all = append(all, text)
	}
	return append(all, unlisted(s)...)
}

func warn(errw io.Writer, file string, texts []string) {
	for _, text := range texts {
		fmt.Fprintf(errw, "%s: warning: %s\n", file, text)
	}
}

// holds says how much there is in a file.
func holds(s *scenarios.Scenario) string {
	requests, limits := 0, map[bool]int{}
	for _, u := range s.Users {
		for _, t := range u.Tasks {
			requests += len(t.Steps)
		}
	}
	for _, l := range s.Thresholds {
		limits[l.SLO]++
	}
	words := []string{countOf(len(s.Phases), "phase", "phases"), countOf(requests, "request", "requests")}
	if limits[true] > 0 {
		words = append(words, countOf(limits[true], "limit", "limits")+" of the SLO")
	}
	if limits[false] > 0 {
		words = append(words, countOf(limits[false], "threshold", "thresholds"))
	}
	if len(s.Thresholds) == 0 {
		words = append(words, "no limits")
	}
	return strings.Join(words, ", ")
}

// unlisted says that a run would not load the target, or may not: names are not looked up
// here. It is nothing of a target that the file allows, and of one that is this machine's or
// its network's by name.
func unlisted(s *scenarios.Scenario) []string {
	t, err := plan.TargetOf(s.Target.BaseURL)
	if err != nil { // a bundled target has none
		return nil
	}
	if a, err := netip.ParseAddr(t.Host); err == nil {
		if _, err := t.Clear([]netip.Addr{a}, plan.Permission{AllowHosts: s.AllowHosts}); err != nil {
			return []string{fmt.Sprintf("a run is refused: %v", err)}
		}
		return nil
	}
	if slices.Contains(s.AllowHosts, t.Host) || ownName(t.Host) {
		return nil
	}
	return []string{fmt.Sprintf("allow_hosts does not name %s: a run is refused if its address is public; if it is yours, add allow_hosts: [%s]", t.Host, t.Host)}
}

// ownName says whether no public name is written so: names without a dot, and those that
// RFC 6761, RFC 6762, RFC 8375 and ICANN keep for machines and networks of one's own.
func ownName(host string) bool {
	if !strings.Contains(host, ".") {
		return true
	}
	return slices.ContainsFunc([]string{".localhost", ".local", ".test", ".home.arpa", ".internal"}, func(end string) bool {
		return strings.HasSuffix(host, end)
	})
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
		return nil, usage(err, "docs/scenario.md says what can stand in a scenario")
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
