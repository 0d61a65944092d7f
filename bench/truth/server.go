package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// A server is what a trial loads, in a process of its own.
type server struct {
	url   string
	count func() (counted, error)
	close func()
}

// Counted is what a server says of the requests it had.
type counted struct {
	served  uint64         // answered
	arrived *tiny.Arrivals // nil: it does not count them so
}

func (b *bench) serve(ctx context.Context, t trial) (*server, error) {
	if !t.tiny {
		return b.serveQueue(ctx, t)
	}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	s, err := tiny.Start(ctx, b.pins(onServer), b.tiny, "-arrivals")
	if err != nil {
		return nil, err
	}
	count := func() (counted, error) {
		all, err := s.Tally()
		return counted{all.Requests, all.Arrived}, err
	}
	return &server{url: "http://" + s.Addr, count: count, close: s.Close}, nil
}

// build compiles tinyserver once.
func (b *bench) build(ctx context.Context) error {
	if b.tiny != "" {
		return nil
	}
	path := filepath.Join(b.dir, "tinyserver")
	if err := tiny.Build(ctx, "tinyserver", path); err != nil {
		return err
	}
	b.tiny = path
	return nil
}

// serveQueue starts loadctl's own queue.
func (b *bench) serveQueue(ctx context.Context, t trial) (*server, error) {
	q := t.Settings
	target, err := queued.Start(ctx, b.pins(onServer), b.binary, "--service", string(q.Law.Kind), "--mean", q.Law.Mean.String(),
		"--cv", fmt.Sprint(q.Law.CV), "--servers", fmt.Sprint(q.Servers), "--seed", fmt.Sprint(q.Seed))
	if err != nil {
		return nil, err
	}
	count := func() (counted, error) {
		c, err := target.Counts(ctx)
		return counted{served: c.Requests}, err
	}
	return &server{url: strings.TrimSuffix(target.URL, "/"), count: count, close: target.Close}, nil
}
