package balancer

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A child is the running balancer behind its guard.
type child struct {
	cmd      *exec.Cmd
	lifeline *os.File // ours: closing it kills the balancer
	done     chan struct{}
	words    words
	heard    chan struct{} // closed when nobody can say anything any more
}

// launch starts a guard that starts the balancer.
func launch(guard *exec.Cmd, log *slog.Logger) (*child, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the balancer: %w", err)
	}
	defer theirs.Close()
	hear, say, err := os.Pipe()
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("starting the balancer: %w", err)
	}
	c := &child{cmd: guard, lifeline: ours, done: make(chan struct{}), heard: make(chan struct{})}
	guard.Stderr, guard.ExtraFiles = say, []*os.File{theirs}
	// A group of its own: Ctrl-C in the terminal is ours to handle.
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = guard.Start()
	say.Close()
	if err != nil {
		hear.Close()
		ours.Close()
		return nil, fmt.Errorf("starting the balancer: %w", err)
	}
	go func() { c.words.listen(hear, log); close(c.heard) }()
	go func() {
		_ = guard.Wait() // how it ended is in ProcessState
		close(c.done)
	}()
	return c, nil
}

func (c *child) signal(s os.Signal) { _ = c.cmd.Process.Signal(s) } // an end is seen by done

func (c *child) gone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// end asks the balancer to finish what it has, and kills it when that takes longer
// than patience; none kills it at once.
func (c *child) end(graceful os.Signal, patience time.Duration) {
	defer c.lifeline.Close()
	if patience > 0 {
		c.signal(graceful)
		late := time.NewTimer(patience)
		defer late.Stop()
		select {
		case <-c.done:
		case <-late.C:
		}
	}
	c.lifeline.Close()
	<-c.done
}

// failure says how a balancer ended that should not have.
func (c *child) failure(kind Kind) error {
	select {
	case <-c.heard:
	case <-time.After(time.Second): // somebody it started still holds the pipe
	}
	return fmt.Errorf("%s ended: %s%s", kind, c.cmd.ProcessState, c.words.last())
}

// words keeps the last lines that a balancer wrote to its standard error.
type words struct {
	mu    sync.Mutex
	lines []string
}

const keptWords = 20

func (w *words) listen(hear *os.File, log *slog.Logger) {
	defer hear.Close()
	lines := bufio.NewReader(hear)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\n"); line != "" {
			log.Debug("balancer said", "line", line)
			w.mu.Lock()
			w.lines = append(w.lines, line)
			w.lines = w.lines[max(0, len(w.lines)-keptWords):]
			w.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

func (w *words) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == 0 {
		return ""
	}
	return "; it said:\n  " + strings.Join(slices.Clone(w.lines), "\n  ")
}
