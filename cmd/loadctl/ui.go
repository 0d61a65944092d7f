package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"
)

// uiModes are the ways a run can be watched.
var uiModes = []string{"auto", "tui", "plain", "json", "none"}

// chooseUI settles "auto" before any terminal library starts: a dashboard only
// on a real terminal that can draw one, and never in CI.
func chooseUI(asked string, out io.Writer, env func(string) string) (string, error) {
	if !slices.Contains(uiModes, asked) {
		return "", usage(fmt.Errorf("--ui %s: not one of auto, tui, plain, json, none", asked), "")
	}
	able := isTerminal(out) && env("TERM") != "dumb" && env("TERM") != ""
	switch {
	case asked == "tui" && !able:
		return "", usage(fmt.Errorf("--ui tui: standard output is not a terminal that can draw"), "use --ui plain")
	case asked != "auto":
		return asked, nil
	case able && env("CI") == "":
		return "tui", nil
	}
	return "plain", nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colorful says whether text may be coloured: on a terminal that can, unless
// NO_COLOR says no. An empty NO_COLOR counts as unset.
func colorful(out io.Writer, env func(string) string) bool {
	return isTerminal(out) && env("TERM") != "dumb" && env("NO_COLOR") == ""
}
