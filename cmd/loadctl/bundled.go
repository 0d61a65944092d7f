package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A bundled is the reference target, or a null target, running as a child for one run. It ends
// when its lifeline pipe closes, so it outlives neither this process nor a crash
// of it.
type bundled struct {
	baseURL  string
	cmd      *exec.Cmd
	lifeline *os.File // our end: closing it ends the target
	stderr   *tail
	gone     chan struct{} // closed once it has closed its output, as it does at its end
	ended    sync.Once
}

// bundledReady bounds how long the target may take to accept on every worker.
const bundledReady = 20 * time.Second

// bundledStop bounds how long it may take to drain before it is killed.
const bundledStop = 8 * time.Second

// startBundled starts `loadctl target serve` on a free loopback port. workers 0
// is one for each core, at least 2: fewer than its default, as the agents need cores too.
// Cancelling ctx ends it again, until it has started.
func startBundled(ctx context.Context, exe string, workers int) (*bundled, error) {
	if workers == 0 {
		workers = max(2, runtime.NumCPU())
	}
	return startTarget(ctx, exe, "the bundled target", "serve", "--workers", strconv.Itoa(workers))
}

// startTarget starts `loadctl target …` on a free loopback port.
func startTarget(ctx context.Context, exe, name string, args ...string) (*bundled, error) {
	life, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer life.Close()
	args = slices.Concat([]string{"target"}, args, []string{"--listen", "127.0.0.1:0", "--lifeline", "3"})
	b := &bundled{cmd: exec.Command(exe, args...), lifeline: ours, stderr: &tail{}, gone: make(chan struct{})}
	b.cmd.ExtraFiles = []*os.File{life}
	b.cmd.Stderr = b.stderr
	// A group of its own: Ctrl-C in the terminal is the coordinator's to handle.
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := b.cmd.StdoutPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err == nil {
		b.baseURL, err = awaitReady(ctx, stdout, b.gone)
	}
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("starting %s: %w%s", name, err, b.stderr.quoted())
	}
	return b, nil
}

// awaitReady reads the line `READY URL …` and leaves the rest of r to a drain, which closes
// gone at its end.
func awaitReady(ctx context.Context, r io.Reader, gone chan<- struct{}) (string, error) {
	type answer struct {
		url string
		err error
	}
	ready := make(chan answer, 1)
	go func() { // ends when the child closes its output
		defer close(gone)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if f := strings.Fields(lines.Text()); len(f) >= 2 && f[0] == "READY" {
				ready <- answer{url: f[1]}
				break
			}
		}
		ready <- answer{err: errors.New("it ended before it was ready")}
		_, _ = io.Copy(io.Discard, r)
	}()
	select {
	case a := <-ready:
		return a.url, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(bundledReady):
		return "", fmt.Errorf("not ready after %s", bundledReady)
	}
}

// stop ends the target and waits for it. It is safe to call on one that never started.
func (b *bundled) stop() {
	if b == nil {
		return
	}
	b.lifeline.Close()
	if b.cmd.Process == nil {
		return
	}
	kill := time.AfterFunc(bundledStop, func() { _ = b.cmd.Process.Kill() })
	defer kill.Stop()
	b.wait()
}

// wait is over when the target has ended, after which its last words can be quoted.
func (b *bundled) wait() { b.ended.Do(func() { _ = b.cmd.Wait() }) }

// A tail keeps the end of what a child wrote, for the error that follows.
type tail struct{ kept []byte }

const tailBytes = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) quoted() string {
	if s := strings.TrimSpace(string(t.kept)); s != "" {
		return ":\n" + s
	}
	return ""
}
