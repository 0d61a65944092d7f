package main

import (
	"slices"
	"strings"
)

// hidden stands for a secret in the record of a run.
const hidden = "***"

// withoutSecrets is the command line as it may be recorded: run directories and
// reports are shown to others. names are variables that hold secrets.
func withoutSecrets(args, names []string) []string {
	kept := slices.Clone(args)
	for i, arg := range kept {
		before := ""
		if i > 0 {
			before = args[i-1]
		}
		switch {
		case before == "--target-token":
			kept[i] = hidden
		case strings.HasPrefix(arg, "--target-token="):
			kept[i] = "--target-token=" + hidden
		case before == "-e" || before == "--var":
			kept[i] = withoutSecret("", arg, names)
		case strings.HasPrefix(arg, "--var="):
			kept[i] = withoutSecret("--var=", arg, names)
		case strings.HasPrefix(arg, "-e="):
			kept[i] = withoutSecret("-e=", arg, names)
		case strings.HasPrefix(arg, "-e") && !strings.HasPrefix(arg, "--"):
			kept[i] = withoutSecret("-e", arg, names)
		}
	}
	return kept
}

// withoutSecret hides the value of a flag that sets one of the variables.
func withoutSecret(flag, arg string, names []string) string {
	name, _, sets := strings.Cut(strings.TrimPrefix(arg, flag), "=")
	if sets && slices.Contains(names, name) {
		return flag + name + "=" + hidden
	}
	return arg
}
