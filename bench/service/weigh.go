package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/bench/internal/proc"
)

// A server is a process that said READY.
type server struct {
	url string
	cmd *exec.Cmd
}

func start(ctx context.Context, binary string, args ...string) (*server, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 1 && f[0] == "READY" {
			s.url = f[1]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s ended before it was ready", binary), cmd.Wait())
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// cpu is that of the process and of its workers.
func (s *server) cpu() time.Duration {
	var all time.Duration
	for _, p := range proc.Tree(s.cmd.Process.Pid) {
		all += p.Ran()
	}
	return all
}

type bench struct {
	options
	ours, bare *server
}

// A row is what a request to one path costs both.
type row struct {
	Path  string        `json:"path"`
	Most  float64       `json:"most"`  // allowed ratio
	Ours  judge.Spread  `json:"ours"`  // µs of CPU a request
	Bare  judge.Spread  `json:"bare"`  // the same
	Ratio judge.Verdict `json:"ratio"` // by rounds
}

func (b *bench) weigh(ctx context.Context, r *row) error {
	var ours, bare, ratios []float64
	for i := range b.rounds + 1 {
		first, second := b.ours, b.bare
		if i%2 == 1 {
			first, second = second, first
		}
		one, err := b.round(ctx, first, r.Path)
		if err != nil {
			return err
		}
		two, err := b.round(ctx, second, r.Path)
		if err != nil {
			return err
		}
		if i%2 == 1 {
			one, two = two, one
		}
		if i == 0 {
			continue // connections and heaps grow
		}
		ours, bare, ratios = append(ours, one), append(bare, two), append(ratios, one/two)
	}
	r.Ours, r.Bare = judge.Of(ours), judge.Of(bare)
	r.Ratio = judge.AtMost("CPU of a request, of the bare handler's", ratios, r.Most, judge.Unit{Format: "%.2f"})
	return nil
}

var wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in`)

// round is the CPU time that a request costs a server, in µs.
func (b *bench) round(ctx context.Context, s *server, path string) (float64, error) {
	before := s.cpu()
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c", strconv.Itoa(b.connections), "-d", fmt.Sprintf("%ds", int(b.each.Seconds())), s.url+path).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	spent := s.cpu() - before
	m := wrkRequests.FindSubmatch(out)
	if m == nil || strings.Contains(string(out), "Non-2xx") || strings.Contains(string(out), "Socket errors") {
		return 0, fmt.Errorf("wrk: %s", out)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	return float64(spent.Microseconds()) / n, err
}
