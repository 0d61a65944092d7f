package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/coverage"
)

// coverageStudy prints a table of its own, and last a line of which bars are kept.
func coverageStudy(_ context.Context, b *bench) (missed bool, err error) {
	runs := cmp.Or(b.runs, 500)
	if runs < 2 {
		return true, errors.New("one run does not spread: -runs 2 at least")
	}
	var all []coverage.Result
	fmt.Println("queue   load   length     p  measured    true  error  episodes  covered  reliable  covered  width/  many  labelled")
	fmt.Println("                               ms      ms      %                  %         %   then %  oracle              %")
	for _, s := range coverage.Scenarios() {
		if s.Length <= b.longest && b.only.MatchString(s.String()) {
			all = append(all, coverage.Study(s, runs, b.seed, b.doubled))
			printResult(all[len(all)-1])
		}
	}
	return !printBars(coverage.Bars(all)), nil
}

func printResult(r coverage.Result) {
	s, measured, truth := r.Scenario, 1e3*r.Median.Seconds(), 1e3*r.Truth.Seconds()
	fmt.Printf("%-7s %4v %7.0fs %5v %9.2f %7.2f  %+5.1f  %8.1f  %7.1f  %8.1f  %7.1f  %6.2f  %4d  %8.1f\n",
		s.Queue, s.Queue.Load, s.Length.Seconds(), s.P, measured, truth, 100*(measured/truth-1), r.Episodes,
		100*coverage.Share(r.Covered, r.Runs), 100*coverage.Share(r.Reliable, r.Runs),
		100*coverage.Share(r.Believed, r.Reliable), r.Width, r.Many, 100*coverage.Share(r.Labelled, r.Many))
}

// printBars prints one line of all bars, after those for what missed one.
func printBars(bars []coverage.Bar) (kept bool) {
	kept = true
	var line []string
	for _, bar := range bars {
		word := "kept"
		for _, missed := range bar.Missed {
			fmt.Printf("missed: %s: %s\n", bar.Claim, missed)
			kept, word = false, "missed"
		}
		line = append(line, fmt.Sprintf("%s: %s (%d of %d)", bar.Claim, word, bar.Held-len(bar.Missed), bar.Held))
	}
	fmt.Println(strings.Join(line, "; "))
	return kept
}
