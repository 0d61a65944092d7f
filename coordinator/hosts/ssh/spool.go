package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// spoolAt is where a host leaves what the coordinator has not confirmed, below the home directory there.
func (h *Host) spoolAt() string { return h.dir + "/spool" }

// errNothing says that nothing was left: a file of ours that is missing is another thing.
var errNothing = errors.New("nothing was left")

// An untaken is why a spool that was read was not taken: reading it again would not help.
type untaken struct{ error }

// Collect hands what the host has left on its machine to take, and removes it there when take has no error. It logs in anew,
// again and again until ctx ends, and waits until the process there has ended. It returns fs.ErrNotExist where
// nothing was left. take may be called again when a connection breaks. Another error says where the file lies, or that it is lost.
func (h *Host) Collect(ctx context.Context, take func(io.Reader) error) error {
	h.mu.Lock()
	started := h.started
	h.mu.Unlock()
	if !started {
		return fs.ErrNotExist
	}
	for {
		err := h.collect(ctx, take)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errNothing):
			return fs.ErrNotExist
		case !h.worthAnother(ctx, err):
			return fmt.Errorf("%s; %s", err.Error(), h.leftThere())
		}
	}
}

// leftThere says how to get what could not be collected.
func (h *Host) leftThere() string {
	if h.cfg.GivenBack {
		return "what it could write is deleted with its machine"
	}
	return fmt.Sprintf("what it could write lies in ~/%s on %s for a week: scp -P %d %s@%s:%s FILE, and `loadctl host --spooled FILE` tells what is in it",
		h.spoolAt(), h.at.Host, h.at.Port, h.at.User, h.at.Host, h.spoolAt())
}

// worthAnother waits before the next attempt, false when there is none.
func (h *Host) worthAnother(ctx context.Context, err error) bool {
	if _, never := errors.AsType[*untrusted](err); never {
		return false
	}
	if _, never := errors.AsType[untaken](err); never {
		return false
	}
	select {
	case <-time.After(time.Second):
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *Host) collect(ctx context.Context, take func(io.Reader) error) error {
	c, err := dial(ctx, h.at, h.cfg.Who, knockWithin)
	if err != nil {
		return err
	}
	defer c.leave()
	if _, err := c.run(ctx, await, h.pid, h.dir); err != nil {
		return fmt.Errorf("waiting for its end: %w", err)
	}
	if err := h.fetch(ctx, c, take); err != nil {
		return err
	}
	_, _ = c.run(ctx, forget, h.dir) // what cannot be removed now is in a week
	return nil
}

// noSuchFile is how the script that reads a spool ends where there is none.
const noSuchFile = 3

func (h *Host) fetch(ctx context.Context, c *conn, take func(io.Reader) error) error {
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	s, err := c.client.NewSession()
	if err != nil {
		return fmt.Errorf("opening a session: %w", err)
	}
	defer closing(s)
	out, err := s.StdoutPipe()
	if err == nil {
		err = s.Start(command(spooled, h.spoolAt()))
	}
	if err != nil {
		return err
	}
	from := &seen{from: out, end: s.Wait}
	in := bufio.NewReader(from)
	_, _ = in.Peek(1) // what failed is noted
	if e, is := errors.AsType[*xssh.ExitError](from.failed); is && e.ExitStatus() == noSuchFile {
		return errNothing
	}
	err = take(in)
	if from.failed != nil {
		return fmt.Errorf("reading ~/%s: %w", h.spoolAt(), errors.Join(from.failed, ctx.Err()))
	} else if err != nil {
		return untaken{err}
	}
	return nil
}

// seen is what a script writes, which is whole only if the script ended well: a broken connection is an end, too.
type seen struct {
	from   io.Reader
	end    func() error
	failed error
}

func (s *seen) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if errors.Is(err, io.EOF) && s.failed == nil && s.end != nil {
		s.failed, s.end = s.end(), nil
	} else if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	if s.failed != nil {
		return n, s.failed
	}
	return n, err
}
