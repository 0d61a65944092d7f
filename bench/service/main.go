// Service weighs what a request costs the bundled service, beside a bare net/http
// handler that does the same: CPU time of one worker process for each request, under
// the same closed load by wrk, in rounds that alternate. Both ask the same upstream,
// which answers at once, in a process of its own.
//
// Called as `service bare -upstream URL` it is that handler.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

type options struct {
	rounds      int
	each        time.Duration
	connections int
	binary      string
	results     string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("service: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		if err := bare(ctx, os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 9, "rounds")
	flag.DurationVar(&o.each, "for", 3*time.Second, "of load in each")
	flag.IntVar(&o.connections, "connections", 32, "of wrk")
	flag.StringVar(&o.binary, "binary", "bin/loadctl", "the loadctl to weigh")
	flag.StringVar(&o.results, "results", "bench/results", "folder for service.json and service.md")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		log.Fatal(err)
	}
}

// rows are the paths that are weighed, and the goal of each: the service's CPU time of
// the bare handler's.
func rows() []row {
	return []row{
		{Path: "/health", Most: 1.3},
		{Path: "/items/42", Most: 1.5},
	}
}

func run(ctx context.Context, o options) error {
	up, err := start(ctx, o.binary, "target", "upstream", "--delay", "0")
	if err != nil {
		return err
	}
	defer up.stop()
	ours, err := start(ctx, o.binary, "target", "serve", "--workers", "1", "--upstream", up.url)
	if err != nil {
		return err
	}
	defer ours.stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	theirs, err := start(ctx, self, "bare", "-upstream", up.url)
	if err != nil {
		return err
	}
	defer theirs.stop()
	b := &bench{options: o, ours: ours, bare: theirs}
	var all []row
	for _, r := range rows() {
		if err := b.weigh(ctx, &r); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		fmt.Println(r.text())
		all = append(all, r)
	}
	return write(filepath.Join(o.results, "service"), all)
}
