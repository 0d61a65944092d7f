package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/sides"
)

// baselineOptions are the flags of `loadctl baseline`.
type baselineOptions struct {
	dir        string
	add, force bool
}

func newBaseline() *cobra.Command {
	var o baselineOptions
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep what a gate compares with: small files, meant to be committed",
		Long: "A baseline is a file baselines/SCENARIO/NAME.json: the capacity that a search found, and runs. A gate takes its loads from\n" +
			"the capacity. Runs take the place of a second target where there are enough of them (see docs/gate.md).",
	}
	c.PersistentFlags().StringVar(&o.dir, "baselines", "baselines", "`directory` that holds stored baselines")
	c.AddCommand(newBaselineSet(&o), newBaselineMeasure(&o), newBaselineList(&o), newBaselineRemove(&o))
	return c
}

func newBaselineSet(o *baselineOptions) *cobra.Command {
	c := &cobra.Command{
		Use:     "set NAME DIR",
		Short:   "Store a run, or what a capacity search or a gate found, under a name",
		Long:    "DIR is that of a run, of a capacity search, or of a gate: then it is what the gate found of its baseline.\nWhat was no valid measurement, or broke its own limits, is refused. --add puts a run beside those that are there.\nA search says which machine made its load; a run is set on the machine that made it.",
		Example: "  loadctl baseline set main runs/20260102-030405-abcd\n  loadctl baseline set main runs/20260103-030405-efgh --add",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return setBaseline(c.InOrStdin(), c.OutOrStdout(), *o, args[0], filepath.Clean(args[1]))
		},
	}
	c.Flags().BoolVar(&o.add, "add", false, "to the runs that are there; a capacity takes the place of the one that is")
	c.Flags().BoolVar(&o.force, "force", false, "replace what is there without asking")
	return c
}

// setBaseline stores what a directory says.
func setBaseline(in io.Reader, out io.Writer, o baselineOptions, name, dir string) error {
	if !sides.IsName(name) {
		return usage(fmt.Errorf("%q is no name of a baseline", name), "letters, digits, dots, hyphens and underscores, at most 64")
	}
	taken, err := takenFrom(dir)
	if err != nil {
		return err
	}
	b := taken.baseline
	b.Name = name
	path := baselinePath(o.dir, b.Scenario, name)
	there, err := readBaseline(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return usage(err, "mend it, or remove it")
	}
	if there != nil && o.add {
		if err := joined(there, &taken); err != nil {
			return usage(err, "without --add it takes the place of the other")
		}
		b = there
	} else if err := taken.accepted(b); err != nil {
		return usage(err, "")
	}
	if there != nil && !o.add {
		if err := mayReplace(in, out, o.force, path); err != nil {
			return err
		}
	}
	return writeBaseline(out, path, b)
}

// mayReplace asks before what is there is lost. Where nobody can be asked it is refused.
func mayReplace(in io.Reader, out io.Writer, force bool, path string) error {
	if force {
		return nil
	}
	f, ok := in.(*os.File)
	if !ok || !isTerminal(f) || !isTerminal(out) || os.Getenv("CI") != "" {
		return usage(fmt.Errorf("%s is there already", path), "--add puts it beside what is there, --force replaces that")
	}
	fmt.Fprintf(out, "%s is there already. Replace it? [y/N] ", path)
	answer, _ := bufio.NewReader(f).ReadString('\n')
	if !slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))) {
		return usage(errors.New("it is left as it is"), "")
	}
	return nil
}

func newBaselineList(o *baselineOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List the stored baselines",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listBaselines(c.OutOrStdout(), c.ErrOrStderr(), o.dir)
		},
	}
}

// listBaselines has a row for each; a file that is none is told, and the exit code is that of a wrong file.
func listBaselines(out, errw io.Writer, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil {
		return usage(err, "")
	}
	if len(files) == 0 {
		fmt.Fprintf(errw, "no baselines in %s; `loadctl baseline set` stores one\n", dir)
	}
	bad := 0
	for _, file := range files {
		b, err := readBaseline(file)
		if err != nil {
			printError(errw, err)
			bad++
			continue
		}
		fmt.Fprintf(out, "%-20s %-12s %s\n", b.Scenario, b.Name, baselineWords(b))
	}
	if bad > 0 {
		return ended(exitUsage)
	}
	return nil
}

func baselineWords(b *baseline.Baseline) string {
	var words []string
	if c := b.Capacity; c != nil {
		words = append(words, fmt.Sprintf("capacity %.4g/s (%.4g to %.4g)", c.Value, c.Low, c.High))
	}
	if n := len(b.Runs); n > 0 {
		runs := "runs"
		if n == 1 {
			runs = "run"
		}
		words = append(words, fmt.Sprintf("%d %s, the last of %s", n, runs, b.Runs[n-1].Time.UTC().Format("2006-01-02")))
	}
	return strings.Join(words, ", ")
}

func newBaselineRemove(o *baselineOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "rm SCENARIO NAME",
		Short: "Remove a stored baseline",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			err := os.Remove(baselinePath(o.dir, args[0], args[1]))
			if errors.Is(err, os.ErrNotExist) {
				err = fmt.Errorf("there is no baseline %s of scenario %s in %s", args[1], args[0], o.dir)
			}
			if err != nil {
				return usage(err, "`loadctl baseline ls` lists what is there")
			}
			return nil
		},
	}
}

// baselinePath is where a baseline is kept, below the directory of all.
func baselinePath(dir, scenario, name string) string {
	below := strings.TrimPrefix(baseline.Path(scenario, name), "baselines/")
	return filepath.Join(dir, filepath.FromSlash(below))
}

func readBaseline(path string) (*baseline.Baseline, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	got, err := baseline.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return got, nil
}

// writeBaseline writes it as a whole, so that nobody reads half of it.
func writeBaseline(out io.Writer, path string, b *baseline.Baseline) error {
	text, err := b.Encode()
	if err != nil {
		return usage(err, "")
	}
	err = os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o644)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return cannot(fmt.Errorf("writing the baseline: %w", err), "")
	}
	fmt.Fprintf(out, "%s: %s\n", path, baselineWords(b))
	return nil
}
