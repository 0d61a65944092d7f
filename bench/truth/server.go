package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// A server is what a trial loads, in a process of its own.
type server struct {
	url   string
	count func() (uint64, error) // requests answered
	close func()
}

func (b *bench) serve(ctx context.Context, t trial) (*server, error) {
	if !t.tiny {
		return b.serveQueue(ctx, t)
	}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	s, err := tiny.Start(ctx, b.pins(onServer), b.tiny)
	if err != nil {
		return nil, err
	}
	count := func() (uint64, error) {
		all, err := s.Tally()
		return all.Requests, err
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
	cmd := b.command(ctx, onServer, b.binary, "target", "queue", "--service", string(q.Law.Kind), "--mean", q.Law.Mean.String(),
		"--cv", fmt.Sprint(q.Law.CV), "--servers", fmt.Sprint(q.Servers), "--seed", fmt.Sprint(q.Seed))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay, cmd.Stderr = 5*time.Second, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{close: func() {
		_ = cmd.Cancel()
		_ = cmd.Wait()
	}}
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 || words[0] != "READY" {
		s.close()
		return nil, fmt.Errorf("target queue said %q: %w", line, err)
	}
	s.url = words[1]
	s.count = func() (uint64, error) { return answered(ctx, s.url+"/-/queue") }
	return s, nil
}

// answered asks the queue how many requests it has answered.
func answered(ctx context.Context, url string) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var s struct{ Requests uint64 }
	return s.Requests, json.NewDecoder(resp.Body).Decode(&s)
}
