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
	"slices"
	"strings"
	"syscall"
	"time"
)

type options struct {
	binary, results string
	n               int
}

// A study is a row of the table: how one answer is had, and how many are wanted.
type study struct {
	name string
	n    int
	once func(ctx context.Context, o options, number int) (Line, error)
}

func studies() []study {
	return []study{
		{"capfind", 5, capfind},
		{"gate-aa", 20, func(ctx context.Context, o options, n int) (Line, error) { return gateOf(ctx, o, n, "1") }},
		{"gate-ab", 10, func(ctx context.Context, o options, n int) (Line, error) { return gateOf(ctx, o, n, "1.1") }},
		{"tune", 1, tuneOnce},
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("verdicts: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	var only string
	var judge bool
	flag.StringVar(&only, "only", "", "studies by name, by commas; empty = all: capfind, gate-aa, gate-ab, tune")
	flag.IntVar(&o.n, "n", 0, "answers wanted, those of before included; 0 = as many as the bar asks for")
	flag.StringVar(&o.binary, "binary", "bin/loadctl", "the loadctl to ask")
	flag.StringVar(&o.results, "results", "bench/results/verdicts", "folder of the lines")
	flag.BoolVar(&judge, "judge", false, "only tell what there is, and write verdicts.md")
	flag.Parse()
	if err := run(ctx, o, only, judge); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options, only string, judge bool) error {
	names := strings.Split(only, ",")
	for _, s := range studies() {
		if judge || only != "" && !slices.Contains(names, s.name) {
			continue
		}
		if err := s.resume(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return write(o.results)
}

// resume adds the answers that are missing.
func (s study) resume(ctx context.Context, o options) error {
	path := filepath.Join(o.results, s.name+".ndjson")
	lines, err := read(path)
	if err != nil {
		return err
	}
	want := s.n
	if o.n > 0 {
		want = o.n
	}
	for n := len(lines) + 1; n <= want; n++ {
		begun := time.Now()
		line, err := s.once(ctx, o, n)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		line.Number, line.Tool, line.At, line.Took = n, version(ctx, o.binary), begun.UTC().Format(time.RFC3339), time.Since(begun).Round(time.Second).Seconds()
		if err := add(path, line); err != nil {
			return err
		}
		fmt.Println(s.name, line.text())
	}
	return nil
}
