package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// stopWithin is how long what Serve started may go on after its standard input has ended, before its session is closed.
const stopWithin = 5 * time.Second

// Serve starts a script as Run does, waits for the first line that it writes, and leaves it running until stop, or until the
// login ends. What it runs must end with its standard input, as that is all it is told then. ctx bounds the wait, and ends
// the login when it is over first. stop waits for the end, and may be called again.
func (m *Machine) Serve(ctx context.Context, script string, args ...string) (said string, stop func(), err error) {
	cut := context.AfterFunc(ctx, m.conn.hangUp)
	defer cut()
	s, err := m.conn.client.NewSession()
	if err != nil {
		return "", nil, fmt.Errorf("opening a session: %w", errors.Join(err, ctx.Err()))
	}
	errs := &tail{}
	s.Stderr = errs
	input, lines, err := startOf(s, command(script, args...))
	if err != nil {
		closing(s)
		return "", nil, errors.Join(err, ctx.Err())
	}
	if !lines.Scan() {
		defer closing(s)
		return "", nil, neverSaid(ctx, s, errs)
	}
	said = lines.Text()
	ended := make(chan struct{})
	m.conn.background.Go(func() {
		defer close(ended)
		for lines.Scan() { // nobody reads what else it says
		}
		_ = s.Wait()
		closing(s)
	})
	return said, func() { endInput(s, input, ended) }, nil
}

// startOf starts a command, and gives both its ends.
func startOf(s *xssh.Session, command string) (io.Closer, *bufio.Scanner, error) {
	input, err := s.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return input, bufio.NewScanner(out), s.Start(command)
}

// neverSaid is why a script ended before its first line.
func neverSaid(ctx context.Context, s *xssh.Session, errs *tail) error {
	err := errors.Join(s.Wait(), ctx.Err())
	switch said := errs.String(); {
	case said != "":
		return errors.New(said)
	case err != nil:
		return err
	}
	return errors.New("it ended without a word")
}

func endInput(s *xssh.Session, input io.Closer, ended <-chan struct{}) {
	closing(input)
	late := time.AfterFunc(stopWithin, func() { closing(s) })
	<-ended
	late.Stop()
}
