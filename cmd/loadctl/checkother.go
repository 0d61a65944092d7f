package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/loadctl/loadctl/coordinator/sides"
	"github.com/loadctl/loadctl/tuning"
)

// Kinds of files that are no scenarios.
const (
	tuningKind = "tuning file"
	sideKind   = "side of a gate"
)

// otherKind says which of them a file is, by the keys at its top; "" = a scenario, as far as can be seen.
func otherKind(src []byte) string {
	top := map[string]bool{}
	for line := range bytes.Lines(src) {
		name, _, _ := strings.Cut(string(line), ":")
		top[name] = true
	}
	switch {
	case top["users"] || top["phases"]:
		return ""
	case top["params"]:
		return tuningKind
	case top["start"] && top["url"]:
		return sideKind
	}
	return ""
}

// checkOther checks a file that is no scenario: what it is, and what is to be known before it is used.
func checkOther(out, errw io.Writer, kind, file string, src []byte) error {
	if kind == tuningKind {
		f, err := tuning.Parse(file, src)
		if err != nil {
			return usage(err, "docs/tuning.md says what can stand in a tuning file")
		}
		fmt.Fprintf(out, "%s: ok: a tuning file with %s; `loadctl tune %s --dry-run` says what it would do\n", file, countOf(len(f.Params), "parameter", "parameters"), file)
		return nil
	}
	c, err := sides.Parse(file, src)
	if err != nil {
		return usage(err, "docs/gate.md says what a side can be")
	}
	for _, missing := range c.Missing() {
		fmt.Fprintf(errw, "%s: warning: %s\n", file, missing)
	}
	fmt.Fprintf(out, "%s: ok: a side of a gate at %s, ready within %s\n", file, c.URL, c.Ready.Within)
	return nil
}

// noScenario says what a file is that was given for a scenario, nil if it may be one.
func noScenario(file string, src []byte) error {
	switch otherKind(src) {
	case tuningKind:
		return usage(fmt.Errorf("%s is a tuning file, not a scenario", file), "loadctl tune "+file+" --dry-run")
	case sideKind:
		return usage(fmt.Errorf("%s is a side of a gate, not a scenario", file), "loadctl gate SCENARIO --candidate cmd:"+file)
	}
	return nil
}
