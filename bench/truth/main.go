// Truth holds what loadctl measures and claims against answers known by mathematics,
// and prints measured, true and error. Its one study so far needs no socket:
//
//	go run ./bench/truth coverage   # how often intervals hold the true percentile
package main

import (
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/loadctl/loadctl/bench/internal/coverage"
)

func main() {
	log.SetFlags(0)
	runs := flag.Int("runs", 500, "runs of each scenario")
	seed := flag.Uint64("seed", 2, "first word of every run's seed")
	longest := flag.Duration("longest", 24*time.Hour, "leave out scenarios whose runs are longer, in the queue's time")
	flag.Parse()
	if flag.Arg(0) != "coverage" || *runs < 2 {
		log.Fatal("usage: go run ./bench/truth [-runs 500] [-seed 2] [-longest 10m] coverage")
	}
	table(*runs, *seed, *longest)
}

func table(runs int, seed uint64, longest time.Duration) {
	fmt.Println(" c  load   length     p  measured    true  error  episodes  covered  reliable  covered  width/  many  labelled")
	fmt.Println("                           ms      ms      %                  %         %   then %  oracle              %")
	for _, s := range coverage.Scenarios() {
		if s.Length > longest {
			continue
		}
		r := coverage.Study(s, runs, seed)
		measured, truth := 1e3*r.Median.Seconds(), 1e3*r.Truth.Seconds()
		fmt.Printf("%2d  %4v %7.0fs %5v %9.2f %7.2f  %+5.1f  %8.1f  %7.1f  %8.1f  %7.1f  %6.2f  %4d  %8.1f\n",
			s.Queue.Servers, s.Queue.Load, s.Length.Seconds(), s.P, measured, truth, 100*(measured/truth-1), r.Episodes,
			100*coverage.Share(r.Covered, r.Runs), 100*coverage.Share(r.Reliable, r.Runs),
			100*coverage.Share(r.Believed, r.Reliable), r.Width, r.Many, 100*coverage.Share(r.Labelled, r.Many))
	}
}
