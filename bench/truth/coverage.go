package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/loadctl/loadctl/bench/internal/coverage"
)

// coverageStudy prints a table of its own: it shows, and sets no bars.
func coverageStudy(_ context.Context, b *bench) ([]bar, []string, error) {
	runs := cmp.Or(b.runs, 500)
	if runs < 2 {
		return nil, nil, errors.New("one run does not spread: -runs 2 at least")
	}
	fmt.Println(" c  load   length     p  measured    true  error  episodes  covered  reliable  covered  width/  many  labelled")
	fmt.Println("                           ms      ms      %                  %         %   then %  oracle              %")
	for _, s := range coverage.Scenarios() {
		if s.Length > b.longest {
			continue
		}
		r := coverage.Study(s, runs, b.seed)
		measured, truth := 1e3*r.Median.Seconds(), 1e3*r.Truth.Seconds()
		fmt.Printf("%2d  %4v %7.0fs %5v %9.2f %7.2f  %+5.1f  %8.1f  %7.1f  %8.1f  %7.1f  %6.2f  %4d  %8.1f\n",
			s.Queue.Servers, s.Queue.Load, s.Length.Seconds(), s.P, measured, truth, 100*(measured/truth-1), r.Episodes,
			100*coverage.Share(r.Covered, r.Runs), 100*coverage.Share(r.Reliable, r.Runs),
			100*coverage.Share(r.Believed, r.Reliable), r.Width, r.Many, 100*coverage.Share(r.Labelled, r.Many))
	}
	return nil, nil, nil
}
