// Peers weighs loadctl beside other load generators: CPU time of the client for
// each request, on the same server, in alternating runs.
//
// The server counts the requests, so no tool's own count is trusted. CPU is user
// plus system time of the client and all its children; of loadctl that of its
// agents, with host and coordinator shown beside it. A run that lost more than 8 %
// of the machine to its neighbours (steal) is made again. What counts is the median
// of the ratios within a round; absolute times of a shared machine say little.
//
// Peers that are not on PATH are left out, and named.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
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
	flag.DurationVar(&o.took, "for", 4*time.Second, "load of one run")
	only := flag.String("only", "", "workloads whose name matches")
	peers := flag.String("clients", "", "peers whose name matches, such as ^wrk2?$")
	flag.BoolVar(&o.pin, "pin", true, "server on core 0, client on core 1")
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
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
	r := report{Machine: machine(), Rounds: o.rounds, Seconds: o.took.Seconds(), Pinned: b.pinned, Absent: b.absent}
	for _, w := range workloads {
		if !o.only.MatchString(w.name) {
			continue
		}
		rows, err := b.workload(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		r.Tables = append(r.Tables, newTable(w, rows))
		fmt.Print(r.Tables[len(r.Tables)-1].text())
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return err
	}
	return r.write(filepath.Join(o.results, "peers"))
}
