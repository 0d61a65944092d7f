// Package tiny starts bench/tinyserver and asks it what it counted.
package tiny

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// Build compiles a program of bench/ to a path.
func Build(ctx context.Context, name, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./bench/"+name)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	return nil
}

// A Server is a tinyserver that runs. It ends when its standard input does.
type Server struct {
	Addr string

	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	asking sync.Mutex
}

// A Tally is all that it counted, its own questions apart.
type Tally struct {
	Requests uint64 `json:"requests"`
	Accepts  uint64 `json:"accepts"`
	Open     uint64 `json:"open"`
	Last     int64  `json:"last_accept_unix_ns"`
	Delay    Times  `json:"delay_ms"`
	// Arrived are requests by when the kernel received them; nil without -arrivals.
	Arrived *Arrivals `json:"arrived"`
}

// Arrivals are counts by bins, from the first that holds any to the last.
type Arrivals struct {
	Bin    time.Duration `json:"bin_ns"`
	Counts []uint64      `json:"counts"`
	Untold uint64        `json:"untold"` // that had no stamp, or came outside all bins
}

// Times are those of answers, in milliseconds.
type Times struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
}

// Start runs the program, behind words that pin it, and waits until it listens.
func Start(ctx context.Context, pin []string, binary string, args ...string) (*Server, error) {
	words := slices.Concat(pin, []string{binary}, args)
	s := &Server{cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.in, s.out, s.cmd.Stderr = in, bufio.NewReader(out), os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("tinyserver said nothing: %w", err)
	}
	s.Addr = strings.TrimSpace(line)
	return s, nil
}

// PID is that of its first process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Tally asks for the counts.
func (s *Server) Tally() (t Tally, err error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return t, fmt.Errorf("ask tinyserver: %w", err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return t, fmt.Errorf("tinyserver has ended: %w", err)
	}
	return t, json.Unmarshal(line, &t)
}

// Close ends it.
func (s *Server) Close() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}
