// Truth holds what loadctl measures and claims against answers known by mathematics,
// and prints measured, true and error:
//
//	go run ./bench/truth coverage          # how often intervals hold the true percentile; no sockets
//	go run ./bench/truth live              # what a run measures of targets whose truth is known
//	go run ./bench/truth requests dm1      # studies by name
//	go run ./bench/truth peers             # what other load generators say where loadctl does
//	go run ./bench/truth faults            # whether spoilt measurements say so
//
// Studies of sockets write bench/results/truth.json and truth.md, and those of studies
// left out are kept; peers and faults have files of their own beside them. The exit code is 1 when a bar was missed or could not be tried.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

type options struct {
	runs    int
	seed    uint64
	longest time.Duration
	doubled int
	share   float64
	pin     bool
	binary  string
	results string
	only    *regexp.Regexp
	short   bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("truth: ")
	var o options
	flag.IntVar(&o.runs, "runs", 0, "coverage: runs of each scenario, 0 for 500; faults: of each fault, 0 for 20")
	flag.Uint64Var(&o.seed, "seed", 2, "coverage: first word of every run's seed")
	flag.DurationVar(&o.longest, "longest", 24*time.Hour, "coverage: leave out scenarios whose runs are longer, in the queue's time")
	flag.IntVar(&o.doubled, "doubled", 0, "coverage: how many times the length of bins is doubled, as in a long run")
	flag.Float64Var(&o.share, "share", 1, "live: of each run's length, to try the studies themselves; bars are not made for it, and nothing is written")
	flag.BoolVar(&o.pin, "pin", false, "live: server on core 0, loadctl on core 1")
	flag.StringVar(&o.binary, "binary", "bin/loadctl", "the loadctl to hold against the truth")
	flag.StringVar(&o.results, "results", "bench/results", "folder for truth.json, truth.md and their like")
	flag.BoolVar(&o.short, "short", false, "peers: loads of a few seconds, whose tables are not kept")
	only := flag.String("only", "", "coverage: scenarios, peers: situations, and faults: faults, whose name matches")
	flag.Usage = usage
	flag.Parse()
	asked, err := find(flag.Args())
	pattern, unclear := regexp.Compile(*only)
	if err != nil || unclear != nil || o.runs < 0 || o.share <= 0 || o.share > 1 {
		usage()
		os.Exit(2)
	}
	o.only = pattern
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, asked); err != nil {
		stop()
		log.Fatal(err)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go run ./bench/truth [flags] STUDY...")
	flag.PrintDefaults()
	fmt.Fprintf(os.Stderr, "studies: live (all marked *), or\n")
	for _, s := range studies {
		fmt.Fprintf(os.Stderr, "  %s%-10s %s\n", map[bool]string{true: "*", false: " "}[s.live], s.name, s.what)
	}
}

// run makes the studies one after another; what goes wrong with one does not touch the
// others.
func run(ctx context.Context, o options, asked []study) error {
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	var missed []string
	for _, s := range asked {
		miss, err := s.make(ctx, b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if miss {
			missed = append(missed, s.name)
		}
		if err != nil {
			log.Printf("%s: %v", s.name, err)
		}
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, ", "))
	}
	return nil
}

// A bench is what studies share.
type bench struct {
	options
	dir    string // of scenarios, runs and taps; gone at the end
	tiny   string // the server of that name, once it is built
	report report
}

func newBench(o options) (*bench, error) {
	r, err := earlier(filepath.Join(o.results, "truth"))
	if err != nil {
		return nil, err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadctl-truth-")
	return &bench{options: o, dir: dir, report: r}, err
}

// lasting is how long a run of so long lasts: whole seconds, three at least.
func (b *bench) lasting(length time.Duration) time.Duration {
	share := time.Duration(b.share * float64(length))
	return max(share.Round(time.Second), 3*time.Second)
}

// record prints a table and writes it beside the others. One without bars, of a study
// that prints its own, leaves no trace.
func (b *bench) record(t table) error {
	if len(t.Bars) == 0 && t.Broken == "" {
		return nil
	}
	fmt.Print(t.text())
	if b.share != 1 {
		return nil
	}
	b.report.put(t)
	return writeBoth(filepath.Join(b.results, "truth"), b.report, b.report.markdown())
}
