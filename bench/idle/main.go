// Idle weighs connections that are held and do next to nothing: how long opening
// them takes, what each costs the agents in memory, and what a request now and then
// costs in CPU beside bench/floor holding as many.
//
// Memory is the agents' PSS (/proc/PID/smaps_rollup) at its most while the
// connections are held: in all, and above what as many agents take with a handful of
// connections. CPU is that of the agents for each request in a stretch of the hold,
// in rounds that alternate with bench/floor. The server is bench/tinyserver in as
// many processes as its files ask for, on this machine; it counts accepts, open
// connections and requests itself.
//
// What this machine cannot hold is refused with the arithmetic, before it is tried.
// Results are written after each row, and those of rows left out are kept.
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

	"github.com/loadctl/loadctl/bench/internal/tiny"
)

type options struct {
	only        *regexp.Regexp
	rounds      int
	connections int
	share       float64
	binary      string
	results     string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("idle: ")
	var o options
	only := flag.String("only", "idle|beat|open-50000", "rows whose name matches")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds")
	flag.IntVar(&o.connections, "connections", 0, "instead of the rows: try to hold so many, and say what stops it")
	flag.Float64Var(&o.share, "share", 1, "of each row's connections, to try the bench itself; writes nothing")
	flag.StringVar(&o.binary, "binary", "bin/loadctl", "the loadctl to weigh")
	flag.StringVar(&o.results, "results", "bench/results", "folder for idle.json and idle.md")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		log.Fatalf("-only: %v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "loadctl-idle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: o, dir: dir, tiny: filepath.Join(dir, "tinyserver"), floor: filepath.Join(dir, "floor")}
	for _, path := range []string{b.tiny, b.floor} {
		if err := tiny.Build(ctx, filepath.Base(path), path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return err
	}
	path := filepath.Join(o.results, "idle")
	r, err := earlier(path)
	if err != nil {
		return err
	}
	return b.all(ctx, &r, path)
}

// all weighs the rows; what goes wrong with one does not touch the others.
func (b *bench) all(ctx context.Context, r *report, path string) (broken error) {
	for _, w := range b.rows() {
		runs, err := b.row(ctx, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			broken = errors.Join(broken, fmt.Errorf("%s: %w", w.name, err))
		}
		t := newTable(w, runs, err)
		fmt.Print(t.text())
		if b.share != 1 {
			continue
		}
		r.put(t)
		if err := r.write(path); err != nil {
			return err
		}
	}
	return broken
}

// rows are those that were asked for.
func (b *bench) rows() (asked []row) {
	if b.connections > 0 {
		return []row{try(b.connections)}
	}
	for _, w := range rows {
		if b.only.MatchString(w.name) {
			asked = append(asked, w.scaled(b.share))
		}
	}
	return asked
}
