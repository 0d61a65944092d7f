// Package local runs a host on this machine: `loadctl host` as a child process.
// The child is told everything by one inherited socket, so that nothing of it is on
// a command line, in an environment or on a disk: the run's Bootstrap, and after it
// has asked for its certificate that; then nothing but the end of the socket, which
// ends the child even when this process was killed. It never restarts a host: what
// ended has ended.
package local

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// Lifeline is the file descriptor on which the child finds its socket.
const Lifeline = 3

// ServerName is the name the coordinator's certificate carries by default.
const ServerName = "coordinator"

// DefaultGrace is how long a host whose lifeline was cut may take to end.
const DefaultGrace = 5 * time.Second

// DefaultStartWithin is how long a host may take to ask for its certificate: while it does nothing else is heard of.
const DefaultStartWithin = 10 * time.Second

// Config says how to run the host.
type Config struct {
	Name string // of the host; its agents are NAME-1, NAME-2, …
	// Command makes the command that is the host, such as `loadctl host`. Its
	// ExtraFiles, Stderr and SysProcAttr are set here.
	Command    func() *exec.Cmd
	ServerName string        // that the coordinator's certificate bears; "" = ServerName
	Grace      time.Duration // 0 = DefaultGrace
	// StartWithin is how long it may take to ask for its certificate; 0 = DefaultStartWithin
	StartWithin time.Duration
	// Spools is the directory below which a host leaves what the coordinator has not confirmed; "" = it leaves nothing.
	Spools string
}

// A Host is one child process. Its methods may be called from any goroutine.
type Host struct {
	cfg Config

	mu       sync.Mutex
	cmd      *exec.Cmd
	lifeline net.Conn // our end: closing it ends the host
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
	if c.StartWithin <= 0 {
		c.StartWithin = DefaultStartWithin
	}
	return &Host{cfg: c, ended: make(chan struct{})}
}

// Name gives the host's name.
func (h *Host) Name() string { return h.cfg.Name }

// Start starts the process, tells it where to dial, and gives it the certificate
// that it asks for. ctx bounds that.
func (h *Host) Start(ctx context.Context, address, runID string, ca []byte, admit func(request []byte) ([]byte, error)) error {
	ours, theirs, err := socketPair()
	if err != nil {
		return fmt.Errorf("starting host %s: %w", h.cfg.Name, err)
	}
	defer theirs.Close()
	if err := h.launch(theirs, ours); err != nil {
		ours.Close()
		return fmt.Errorf("starting host %s: %w", h.cfg.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.cfg.StartWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, h.Kill)
	defer stop()
	err = tell(ours, &loadctlpb.Bootstrap{
		Coordinator: address, ServerName: h.cfg.ServerName, RunId: runID, Host: h.cfg.Name, Ca: ca, Spool: h.spoolOf(runID),
	}, admit)
	if err != nil {
		return h.unadmitted(errors.Join(err, ctx.Err()))
	}
	return nil
}

// tell says where to dial, and answers the certificate request.
func tell(lifeline net.Conn, b *loadctlpb.Bootstrap, admit func([]byte) ([]byte, error)) error {
	if _, err := protodelim.MarshalTo(lifeline, b); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(lifeline, maxRequest)).ReadString('\n')
	if err != nil {
		return fmt.Errorf("hearing its certificate request: %w", err)
	}
	request, is := strings.CutPrefix(strings.TrimSpace(line), "csr ")
	der, err := base64.StdEncoding.DecodeString(request)
	if err != nil || !is {
		return fmt.Errorf("its certificate request: %q is none", line)
	}
	cert, err := admit(der)
	if err == nil {
		_, err = protodelim.MarshalTo(lifeline, &loadctlpb.Admission{Certificate: cert})
	}
	return err
}

// maxRequest bounds the line that asks for a certificate.
const maxRequest = 64 << 10

// unadmitted ends a host that could not be told what it must know, and says why: it
// may have said so itself.
func (h *Host) unadmitted(err error) error {
	h.Kill()
	<-h.ended
	return fmt.Errorf("telling host %s where to dial: %w", h.cfg.Name, errors.Join(err, h.err))
}

// socketPair gives our end, and the one the child inherits.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	near, theirs := os.NewFile(uintptr(fds[0]), "host"), os.NewFile(uintptr(fds[1]), "lifeline")
	defer near.Close() // FileConn has its own
	if ours, err = net.FileConn(near); err != nil {
		theirs.Close()
	}
	return ours, theirs, err
}

func (h *Host) launch(theirs *os.File, ours net.Conn) error {
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
