// Peers weighs loadctl beside other load generators: CPU time of the client for
// each request, on the same server, in alternating runs.
//
// The server counts the requests, so no tool's own count is trusted. CPU is user
// plus system time of the client and all its children; of loadctl that of its
// agents, with host and coordinator shown beside it. Of closed loads the whole run
// counts, opening included, for every client; of open ones a window of the same
// length for every client, with all connections open and, for wrk2, its calibration
// over. A run that lost more than 8 % of the machine to its neighbours (steal) is
// made again. What counts is the median of the ratios within a round; absolute times
// of a shared machine say little.
//
// Results are written after each workload, and those of workloads left out are kept.
// Peers that are not on PATH are left out, and named.
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
	"syscall"
	"time"
)

type options struct {
	rounds  int
	took    time.Duration
	only    *regexp.Regexp
	peers   *regexp.Regexp
	pin     bool
	binary  string
	results string
}

func main() {
	log.SetFlags(0)
	o := options{}
	flag.IntVar(&o.rounds, "rounds", 7, "rounds; each runs every client once")
	flag.DurationVar(&o.took, "for", 4*time.Second, "load of one run; of an open load a window of at least 10 s, once it is settled")
	only := flag.String("only", "", "workloads whose name matches")
	peers := flag.String("clients", "", "peers whose name matches, such as ^wrk2?$")
	flag.BoolVar(&o.pin, "pin", true, "closed loads: server on core 0, client on core 1")
	flag.StringVar(&o.binary, "binary", "bin/loadctl", "the loadctl to weigh")
	flag.StringVar(&o.results, "results", "bench/results", "folder for peers.json and peers.md")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		log.Fatalf("peers: -only: %v", err)
	}
	if o.peers, err = regexp.Compile(*peers); err != nil {
		log.Fatalf("peers: -clients: %v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		log.Fatalf("peers: %v", err)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "loadctl-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := newBench(ctx, o, dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return err
	}
	path := filepath.Join(o.results, "peers")
	r, err := earlier(path)
	if err != nil {
		return err
	}
	r.Absent = b.absent
	return b.all(ctx, &r, path)
}

// all runs the workloads one after another; what goes wrong with one does not touch
// the others.
func (b *bench) all(ctx context.Context, r *report, path string) (broken error) {
	for _, w := range workloads {
		if !b.only.MatchString(w.name) {
			continue
		}
		rows, err := b.workload(ctx, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			broken = errors.Join(broken, fmt.Errorf("%s: %w", w.name, err))
		}
		t := b.table(w, rows)
		fmt.Print(t.text())
		r.put(t)
		if err := r.write(path); err != nil {
			return err
		}
	}
	return broken
}
