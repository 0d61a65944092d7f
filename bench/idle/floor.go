package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// perSource is how many connections one address has ports for without a long search.
const perSource = 14_000

// sources are addresses of loopback, all of which Linux has by itself.
func sources(connections int) string {
	var all []string
	for i := range ceilDiv(connections, perSource) {
		all = append(all, fmt.Sprintf("127.0.1.%d", i+1))
	}
	return strings.Join(all, ",")
}

// holdFloor has bench/floor hold as many connections, with a request as often.
func (b *bench) holdFloor(ctx context.Context, w row) (weight, error) {
	ctx, stop := context.WithTimeout(ctx, w.allowed()+w.hold+afterwards)
	defer stop()
	s, err := tiny.Start(ctx, nil, b.tiny, "-processes", fmt.Sprint(w.servers()))
	if err != nil {
		return weight{}, err
	}
	defer s.Close()
	c := exec.CommandContext(ctx, b.floor, "-addr", s.Addr, "-conns", fmt.Sprint(w.connections), "-sources", sources(w.connections),
		"-hold", w.every.String(), "-for", w.hold.String())
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return weight{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	opened, err := await(w, s, func() bool { return len(ended) == 0 })
	if err != nil {
		stop()
		return weight{}, fmt.Errorf("floor: %w", errors.Join(err, <-ended))
	}
	got, err := stretch([]int{c.Process.Pid}, w, s, opened)
	return got, firstOf(err, <-ended)
}
