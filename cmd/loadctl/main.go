// Command loadctl finds out how much load a service holds. This package turns
// flags, environment and signals into values, puts the parts together, and
// exits once; it decides nothing itself. One file a subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// version and commit are set by the linker (see Makefile); a plain `go build`
// falls back to what the toolchain recorded.
var version, commit string

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Main is the whole program for one command line; it returns the exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.Execute()
	if err != nil {
		printError(errw, err)
	}
	return exitCode(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "loadctl",
		Short: "How much does my service hold, with which settings, and did this change make it worse?",
		Long: "loadctl starts agents on one machine or many, drives scripted users at a service,\n" +
			"and says what was measured and whether it may be believed.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionLine(),
	}
	root.SetContext(context.Background())
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(inWords(err), "see `"+c.CommandPath()+" --help`")
	})
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if err := fromEnvironment(c.Flags()); err != nil {
			return err
		}
		return emptyFleet(c.Flags())
	}
	root.AddCommand(newRun(), newCapacity(), newTune(), newGate(), newBaseline(), newHistory(), newReport(), newCheck(), newPlan(), newExplain(), newDoctor(), newVersion(), newTarget(), newFleet(), newHost(), newAgent())
	for _, c := range root.Commands() {
		refuseOthers(c)
	}
	showUsage(root)
	return root
}

// refuseOthers has a command that only has others under it, and shows them, refuse what is none of these, as the root does.
func refuseOthers(c *cobra.Command) {
	for _, sub := range c.Commands() {
		refuseOthers(sub)
	}
	if c.Runnable() || !c.HasSubCommands() {
		return
	}
	c.DisableFlagsInUseLine = true // it has none
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := "see `" + c.CommandPath() + " --help`"
		c.SuggestionsMinimumDistance = 2
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "? " + hint
		}
		return usage(fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath()), hint)
	}
}

// emptyFleet refuses --fleet with nothing behind it: a shell's variable that is not set would have the load made here.
func emptyFleet(flags *pflag.FlagSet) error {
	if f := flags.Lookup("fleet"); f != nil && f.Changed && f.Value.String() == "" {
		return usage(errors.New("--fleet is empty: want linode or the id of a fleet"), "leave it out, and LOADCTL_FLEET unset, to do without")
	}
	return nil
}

// inWords says of a flag's value what it should be, where the library that reads it tells how it reads.
func inWords(err error) error {
	text := err.Error()
	for mark, want := range map[string]string{
		"time: missing unit":     "want a duration with its unit, such as 90s or 10m",
		"time: invalid duration": "want a duration, such as 90s or 10m",
		"time: unknown unit":     "want a duration in h, m, s or ms",
		"strconv.Atoi":           "want a whole number, such as 1000",
		"strconv.ParseInt":       "want a whole number, such as 1000",
		"strconv.ParseUint":      "want a whole number from 0, such as 1000",
		"strconv.ParseFloat":     "want a number, such as 740 or 7.5",
	} {
		if at := strings.Index(text, mark); at >= 0 {
			return fmt.Errorf("%s%s", text[:at], want)
		}
	}
	return err
}

// showUsage has every command say how it is used when its arguments are not: "accepts 1
// arg(s)" says neither which nor where.
func showUsage(c *cobra.Command) {
	if judge := c.Args; judge != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := judge(c, args)
			if f, ok := errors.AsType[*failure](err); err == nil || ok && f.hint != "" {
				return err
			}
			return usage(err, "usage: "+c.UseLine())
		}
	}
	for _, sub := range c.Commands() {
		showUsage(sub)
	}
}

// variable annotates a flag with a name in the environment of its own.
const variable = "variable"

// inherited annotates a flag whose value is the environment's.
const inherited = "inherited"

// fromEnvironment sets every flag not given on the command line from
// LOADCTL_<FLAG> (upper case, dashes as underscores). Flags win.
func fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "LOADCTL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if own := f.Annotations[variable]; len(own) > 0 {
			name = own[0]
		}
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("environment %s=%q: %w", name, value, err))
			return
		}
		_ = flags.SetAnnotation(f.Name, inherited, []string{name}) // it is there
	})
	if err := errors.Join(errs...); err != nil {
		return usage(err, "unset it, or give a value the flag takes")
	}
	return nil
}
