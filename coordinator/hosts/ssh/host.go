package ssh

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/loadctl/loadctl/proto/loadctlpb"
)

// A Host is one process on another machine, started at most once. Its methods may be called from any goroutine.
type Host struct {
	cfg     *Config
	at      Address
	program string

	life   context.Context // of what is done for it; over with Close
	end    context.CancelFunc
	kill   chan struct{} // closed by the first Kill
	ended  chan struct{} // closed once a host that was started is gone, or given up
	failed error         // how it ended

	mu      sync.Mutex
	conn    *conn // in use
	started bool
	killed  bool

	restored int // connections that took the place of a broken one

	// What a started host is found by, and finds us by.
	dir, pid, address string
	port              int
	sessions          []string // processes of sshd that may hold the port
}

func newHost(cfg *Config, a Address, program string, c *conn) *Host {
	h := &Host{cfg: cfg, at: a, program: program, conn: c, sessions: []string{c.session}, kill: make(chan struct{}), ended: make(chan struct{})}
	h.life, h.end = context.WithCancel(context.Background())
	return h
}

// Name gives the host's name.
func (h *Host) Name() string { return h.at.Name }

// startWithin bounds the start of a process: others of the run, that are there already, wait for 12 s to be spoken to.
const startWithin = 10 * time.Second

// Start starts the process there, tells it where to dial (unless Direct a port of its own loopback, which leads to address by
// this connection) and gives it the certificate that it asks for. ctx bounds that.
func (h *Host) Start(ctx context.Context, address, runID string, ca []byte, admit func(request []byte) ([]byte, error)) error {
	c, err := h.free()
	if err != nil {
		return fmt.Errorf("starting host %s: %w", h.at.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	t, err := h.launch(c, address, &loadctlpb.Bootstrap{ServerName: h.cfg.ServerName, RunId: runID, Host: h.at.Name, Ca: ca}, admit)
	if err != nil {
		c.hangUp()
		return fmt.Errorf("starting host %s on %s: %w", h.at.Name, h.at, errors.Join(err, ctx.Err()))
	}
	c.expect(runPatience)
	h.mu.Lock()
	h.started = true
	h.mu.Unlock()
	go h.attend(c, t) // ends with the host, or with Close
	return nil
}

// free is the connection of a host that may be started.
func (h *Host) free() (*conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.killed:
		return nil, errors.New("it was given up")
	case h.started:
		return nil, errors.New("it was started before")
	}
	return h.conn, nil
}

// launch starts the process, and reads which it is.
func (h *Host) launch(c *conn, address string, b *loadctlpb.Bootstrap, admit func([]byte) ([]byte, error)) (*talk, error) {
	var err error
	if b.Coordinator, err = h.lead(c, address); err != nil {
		return nil, err
	}
	h.dir = fmt.Sprintf("%s/%s-%s-%s", runs, plainName(b.GetRunId()), h.at.Name, rand.Text()[:8])
	b.Spool = h.spoolAt()
	script, args := c.manager.starting(h.program, h.dir)
	t, err := c.talkTo(script, args...)
	if err != nil {
		return nil, err
	}
	defer closing(t.input)
	if _, err := protodelim.MarshalTo(t.input, b); err != nil && !errors.Is(err, io.EOF) {
		return nil, err // a script that has ended says why
	}
	return t, h.admit(c, t, admit)
}

// lead gives what the host dials to reach an address here.
func (h *Host) lead(c *conn, address string) (dial string, err error) {
	if h.cfg.Direct {
		return address, nil
	}
	h.address = address
	if h.port, err = c.forward(0, address); err != nil {
		return "", fmt.Errorf("its sshd forwards no port, which a host needs to reach us (AllowTcpForwarding in sshd_config, restrict in authorized_keys): %w", err)
	}
	return "127.0.0.1:" + strconv.Itoa(h.port), nil
}

// admit hears which process was started, and what key it has made, and gives it its certificate.
func (h *Host) admit(c *conn, t *talk, admit func([]byte) ([]byte, error)) error {
	admitted := false
	for line := range t.lines {
		if pid, is := told(line, "pid"); is {
			h.pid = pid
		}
		if request, is := told(line, "csr"); is && !admitted {
			if err := answer(t.input, request, admit); err != nil {
				return err
			}
			admitted = true
		}
		if e, is := endOf(line); is {
			return cmp.Or(h.conclude(c, e), errors.New("it has ended at once, and well"))
		}
		if admitted && h.pid != "" {
			return nil
		}
	}
	if said := t.errs.String(); said != "" {
		return errors.New(said)
	}
	return io.ErrUnexpectedEOF
}

func answer(to io.Writer, request string, admit func([]byte) ([]byte, error)) error {
	der, err := base64.StdEncoding.DecodeString(request)
	if err != nil {
		return fmt.Errorf("its certificate request: %w", err)
	}
	cert, err := admit(der)
	if err == nil {
		_, err = protodelim.MarshalTo(to, &loadctlpb.Admission{Certificate: cert})
	}
	return err
}

// attend sees a host to its end, over as many connections as that takes.
func (h *Host) attend(c *conn, t *talk) {
	defer close(h.ended)
	for {
		if e, seen := h.follow(c, t); seen {
			h.failed = h.conclude(c, e)
			c.leave()
			return
		}
		c.leave()
		next, err := h.again()
		if err != nil {
			h.failed = fmt.Errorf("host %s: the connection to %s broke and could not be made again: %w; without it the host ends by itself%s", h.at.Name, h.at, err, h.wordsThere())
			return
		}
		c, t = next.conn, next.talk
	}
}

// wordsThere says where the last words of a host are that nobody could read.
func (h *Host) wordsThere() string {
	if h.cfg.GivenBack {
		return ""
	}
	return ", and its last words are in ~/" + h.dir + "/log there"
}

// follow waits for the host's end; not seen when the connection ends first.
func (h *Host) follow(c *conn, t *talk) (e end, seen bool) {
	kill := h.kill
	for {
		select {
		case line, ok := <-t.lines:
			if !ok {
				return end{}, false
			}
			if e, is := endOf(line); is {
				return e, true
			}
		case <-kill:
			kill = nil
			c.background.Go(func() {
				// What it cannot do it says by ending the connection, and then it is done by the next.
				if _, err := c.run(h.life, endIt, h.pid, strconv.Itoa(int(h.cfg.Grace/(100*time.Millisecond)))); err != nil {
					c.hangUp()
				}
			})
		case <-h.life.Done():
			return end{}, false
		}
	}
}

// conclude is what is said of an end, and leaves nothing of it there but the last words of a host that failed.
func (h *Host) conclude(c *conn, e end) error {
	h.mu.Lock()
	killed := h.killed
	h.mu.Unlock()
	failure := e.failure()
	keep := "no"
	if failure != nil && !killed {
		keep = "yes"
	}
	words, err := c.run(h.life, tidy, h.dir, keep)
	if failure == nil {
		return nil
	}
	if words != "" {
		return fmt.Errorf("host %s on %s: %w:\n%s", h.at.Name, h.at, failure, words)
	}
	return fmt.Errorf("host %s on %s: %w", h.at.Name, h.at, errors.Join(failure, err))
}

// Wait blocks until the process has ended, whatever becomes of connections. Its error says how, and what it wrote last; a
// host that never started has ended well.
func (h *Host) Wait() error {
	h.mu.Lock()
	started := h.started
	h.mu.Unlock()
	if !started {
		return nil
	}
	<-h.ended
	return h.failed
}

// Kill ends the host and its agents: it is asked to end, and after the grace what is left of it is killed. Kill does not
// wait, and may be called any number of times, before Start too.
func (h *Host) Kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.killed {
		return
	}
	h.killed = true
	close(h.kill)
	if !h.started {
		h.conn.hangUp()
	}
}

// closeWithin is how long Close waits for a host that it has to kill.
const closeWithin = 10 * time.Second

// Close kills the host if it has not ended, and closes its connection. It waits for both.
func (h *Host) Close() {
	h.Kill()
	h.mu.Lock()
	started := h.started
	h.mu.Unlock()
	if started {
		late := time.AfterFunc(closeWithin, h.end)
		<-h.ended
		late.Stop()
	}
	h.end()
	h.mu.Lock()
	c := h.conn
	h.mu.Unlock()
	c.leave()
}
