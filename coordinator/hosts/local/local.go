// Package local runs a host on this machine: `loadctl host` as a child process.
// The child gets everything by one inherited pipe: first the run's Bootstrap,
// credentials included, so that no secret is on a command line, in an environment
// or on a disk; then nothing but its end, which ends the child even when this
// process was killed. It never restarts a host: what ended has ended.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// Lifeline is the file descriptor on which the child finds its pipe.
const Lifeline = 3

// ServerName is the name the coordinator's certificate carries by default.
const ServerName = "coordinator"

// DefaultGrace is how long a host whose lifeline was cut may take to end.
const DefaultGrace = 5 * time.Second

// Config says how to run the host.
type Config struct {
	Name string // of the host; its agents are NAME-1, NAME-2, …
	// Command makes the command that is the host, such as `loadctl host`. Its
	// ExtraFiles, Stderr and SysProcAttr are set here.
	Command    func() *exec.Cmd
	ServerName string        // that the coordinator's certificate bears; "" = ServerName
	Grace      time.Duration // 0 = DefaultGrace
	// Spools is the directory below which a host leaves what the coordinator has not confirmed; "" = it leaves nothing.
	Spools string
}

// A Host is one child process. Its methods may be called from any goroutine.
type Host struct {
	cfg Config

	mu       sync.Mutex
	cmd      *exec.Cmd
	lifeline *os.File // our end: closing it ends the host
	stderr   tail
	killed   bool
	ended    chan struct{}
	cut      sync.Once
	err      error
	spool    string // "" = it has none
}

// New makes a host that is not started yet.
func New(c Config) *Host {
	if c.ServerName == "" {
		c.ServerName = ServerName
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	return &Host{cfg: c, ended: make(chan struct{})}
}

// Name gives the host's name.
func (h *Host) Name() string { return h.cfg.Name }

// Start starts the process and tells it where to dial. It waits for no more than
// the process to take its Bootstrap; ctx bounds that.
func (h *Host) Start(ctx context.Context, address, runID string, ca, cert, key []byte) error {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting host %s: %w", h.cfg.Name, err)
	}
	defer theirs.Close()
	if err := h.launch(theirs, ours); err != nil {
		ours.Close()
		return fmt.Errorf("starting host %s: %w", h.cfg.Name, err)
	}
	b := &loadctlpb.Bootstrap{
		Coordinator: address, ServerName: h.cfg.ServerName, RunId: runID, Host: h.cfg.Name,
		Ca: ca, Certificate: cert, Key: key,
	}
	b.Spool = h.spoolOf(runID)
	stop := context.AfterFunc(ctx, h.Kill)
	defer stop()
	if _, err := protodelim.MarshalTo(ours, b); err != nil {
		h.Kill()
		return fmt.Errorf("telling host %s where to dial: %w", h.cfg.Name, errors.Join(err, ctx.Err()))
	}
	return nil
}

func (h *Host) launch(theirs, ours *os.File) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.killed {
		return errors.New("it was given up")
	}
	cmd := h.cfg.Command()
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = &h.stderr
	// A group of its own: Ctrl-C in the terminal is the coordinator's to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second // its agents may outlive it for a moment
	if err := cmd.Start(); err != nil {
		return err
	}
	h.cmd, h.lifeline = cmd, ours
	go h.reap() // ends with the process
	return nil
}

func (h *Host) reap() {
	err := h.cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("host %s: %w%s", h.cfg.Name, err, h.stderr.quoted())
	}
	h.err = err
	h.hangUp()
	close(h.ended)
}

// Wait blocks until the process has ended. Its error says how, and what it wrote
// last; a host that never started has ended well.
func (h *Host) Wait() error {
	if !h.started() {
		return nil
	}
	<-h.ended
	return h.err
}

// PID is the process, 0 before Start.
func (h *Host) PID() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd == nil {
		return 0
	}
	return h.cmd.Process.Pid
}

// Kill ends the host and its agents: it cuts the lifeline, at which the host ends
// its agents and itself, and after the grace kills what is left of it. Its agents
// then see their socket end. Kill does not wait, and may be called any number of
// times, before Start too.
func (h *Host) Kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := !h.killed
	h.killed = true
	if h.cmd == nil || !first {
		return
	}
	h.hangUp()
	go h.killLater() // ends with the process
}

func (h *Host) killLater() {
	select {
	case <-h.ended:
	case <-time.After(h.cfg.Grace):
		_ = h.cmd.Process.Kill()
	}
}

func (h *Host) hangUp() { h.cut.Do(func() { h.lifeline.Close() }) }

func (h *Host) started() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cmd != nil
}

// A tail keeps the end of what the host wrote, for the error that follows.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) quoted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := strings.TrimSpace(string(t.kept)); s != "" {
		return ":\n" + s
	}
	return ""
}
