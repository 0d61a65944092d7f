// Package queued runs loadctl's target whose truth is known, and asks what it counted.
package queued

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Target is a `loadctl target queue` that runs.
type Target struct {
	URL string // ends in /

	cmd      *exec.Cmd
	lifeline *os.File // it ends when this does, whatever becomes of us
	close    sync.Once
}

// Start runs it, behind words that say where, and waits until it accepts connections.
func Start(ctx context.Context, behind []string, binary string, args ...string) (*Target, error) {
	return Part(ctx, behind, binary, "queue", append([]string{"--listen", "127.0.0.1:0"}, args...)...)
}

// Part is Start of another part of `loadctl target`, such as serve.
func Part(ctx context.Context, behind []string, binary, part string, args ...string) (*Target, error) {
	words := slices.Concat(behind, []string{binary, "target", part, "--lifeline", "3"}, args)
	life, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = life.Close() }()
	t := &Target{cmd: exec.CommandContext(ctx, words[0], words[1:]...), lifeline: ours}
	t.cmd.Stderr, t.cmd.WaitDelay, t.cmd.ExtraFiles = os.Stderr, 5*time.Second, []*os.File{life}
	out, err := t.cmd.StdoutPipe()
	if err == nil {
		err = t.cmd.Start()
	}
	if err != nil {
		_ = ours.Close()
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	ready := strings.Fields(line)
	if err != nil || len(ready) < 2 || ready[0] != "READY" {
		t.Close()
		return nil, fmt.Errorf("%s does not get ready, but says %q", strings.Join(words, " "), line)
	}
	t.URL = ready[1] + "/"
	return t, nil
}

// Close ends it.
func (t *Target) Close() {
	t.close.Do(func() {
		_ = t.cmd.Process.Signal(syscall.SIGTERM)
		_ = t.lifeline.Close()
		_ = t.cmd.Wait()
	})
}

// Counts are what it says of the requests it had.
type Counts struct {
	Arrived  uint64 `json:"arrived"`
	Requests uint64 `json:"requests"` // answered
	Refused  uint64 `json:"refused"`  // of these, at once
}

// Counts asks for them, which is in no count itself.
func (t *Target) Counts(ctx context.Context) (c Counts, err error) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL+"-/queue", nil)
	if err != nil {
		return c, err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return c, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(b, &c)
}

// Loaded waits until the first request has come.
func (t *Target) Loaded(ctx context.Context) error {
	for {
		c, err := t.Counts(ctx)
		if err != nil || c.Arrived > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no request came: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// RefusedShare is that of all that arrived.
func (c Counts) RefusedShare() float64 {
	if c.Arrived == 0 {
		return 0
	}
	return float64(c.Refused) / float64(c.Arrived)
}
