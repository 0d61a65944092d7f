package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// How long things may take.
const (
	dialWithin   = 10 * time.Second // to be connected and logged in
	askWithin    = 20 * time.Second // a script that only looks
	askEvery     = time.Second      // whether the connection holds
	slowPatience = 30 * time.Second // for an answer, while a program is pushed by a slow line
	runPatience  = 3 * time.Second  // for an answer while a host runs: it waits 12 s for us, and the coordinator 8 s for it
)

// A conn is one connection to a machine. It closes itself when nothing answers at the other end, so that nothing that waits
// for an answer waits for ever.
type conn struct {
	client   *xssh.Client
	gone     chan struct{} // closed when it is
	patience atomic.Int64
	session  string // process of sshd that serves it
	uname    string
	gzip     bool // it has that
	manager  manager

	background sync.WaitGroup
}

// dial connects to a machine, within so long, makes sure that it is the one which is known, logs in, and looks around.
func dial(ctx context.Context, a Address, w Who, within time.Duration) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	k, err := knownOf(a, w)
	if err != nil {
		return nil, err
	}
	keys, err := ringOf(a, w)
	if err != nil {
		return nil, err
	}
	defer keys.Close()
	wire, err := (&net.Dialer{Timeout: within}).DialContext(ctx, "tcp", a.hostPort())
	if err != nil {
		return nil, fmt.Errorf("%w: is its sshd there, and does a firewall let us through?", err)
	}
	c, err := logIn(ctx, wire, a, k, keys)
	if err != nil {
		return nil, err
	}
	if err := c.lookAround(ctx); err != nil {
		c.hangUp()
		return nil, err
	}
	return c, nil
}

func logIn(ctx context.Context, wire net.Conn, a Address, k *known, keys *ring) (*conn, error) {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	defer stop()
	transport, channels, requests, err := xssh.NewClientConn(wire, a.hostPort(), &xssh.ClientConfig{
		User: a.User, Auth: []xssh.AuthMethod{xssh.PublicKeys(keys.keys...)},
		HostKeyCallback: k.verify, HostKeyAlgorithms: k.algorithms, ClientVersion: "SSH-2.0-loadctl",
	})
	switch {
	case err == nil:
		return newConn(xssh.NewClient(transport, channels, requests)), nil
	case k.refused != nil:
		return nil, k.refused
	case ctx.Err() != nil:
		return nil, fmt.Errorf("it did not let us in in time: %w", ctx.Err())
	case strings.Contains(err.Error(), "unable to authenticate"):
		return nil, keys.refused(a)
	}
	if e, ok := errors.AsType[*xssh.AlgorithmNegotiationError](err); ok && len(k.algorithms) > 0 && strings.Contains(e.What, "host key") {
		return nil, &untrusted{fmt.Sprintf("%s has no key of a kind that is known of it (%s): it was set up anew, or somebody is in between; nothing was sent to it",
			a.hostPort(), strings.Join(k.algorithms, ", "))}
	}
	return nil, err
}

func newConn(client *xssh.Client) *conn {
	c := &conn{client: client, gone: make(chan struct{})}
	c.expect(slowPatience)
	c.background.Go(func() {
		_ = client.Wait()
		close(c.gone)
	})
	c.background.Go(c.keepAlive)
	return c
}

// expect says how long an answer may take from now on.
func (c *conn) expect(d time.Duration) { c.patience.Store(int64(d)) }

// hangUp closes the connection, and what runs by it with it. It does not wait.
func (c *conn) hangUp() { c.client.Close() } //nolint:errcheck // it is closed, however that went

// leave hangs up, and waits for what the connection has started.
func (c *conn) leave() {
	c.hangUp()
	c.background.Wait()
}

// keepAlive hangs up when nobody answers.
func (c *conn) keepAlive() {
	for {
		late := time.AfterFunc(time.Duration(c.patience.Load()), c.hangUp)
		_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			c.hangUp()
			return
		}
		select {
		case <-time.After(askEvery):
		case <-c.gone:
			return
		}
	}
}

// lookAround asks what machine it is, and which process there serves us.
func (c *conn) lookAround(ctx context.Context) error {
	out, err := c.run(ctx, look)
	if err != nil {
		return err
	}
	session, has := told(out, "session")
	_, c.gzip = told(out, "gzip")
	c.manager = managerOf(out)
	if c.uname, c.session = uname(out), session; c.uname == "" || !has {
		return fmt.Errorf("its shell does not do what it is asked; it says %q", cut(out))
	}
	return nil
}

func uname(out string) string {
	text, _ := told(out, "uname")
	return text
}

// run runs a script that only looks to its end, and gives what it wrote. When ctx ends first the connection does, too.
func (c *conn) run(ctx context.Context, script string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return c.do(ctx, &tail{}, nil, script, args...)
}

// do runs a script with an input, however long it takes, and gives what out has kept of what it wrote. When ctx ends first
// the connection does, too.
func (c *conn) do(ctx context.Context, out *tail, input io.Reader, script string, args ...string) (string, error) {
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	s, err := c.client.NewSession()
	if err != nil {
		return "", fmt.Errorf("opening a session: %w", errors.Join(err, ctx.Err()))
	}
	defer closing(s)
	errs := &tail{}
	s.Stdin, s.Stdout, s.Stderr = input, out, errs
	if err := s.Run(command(script, args...)); err != nil {
		if said := errs.String(); said != "" {
			return "", fmt.Errorf("%s (%w)", said, err)
		}
		return "", errors.Join(err, ctx.Err())
	}
	return out.String(), nil
}

// closing closes what has done all it was for: how that goes is no matter any more.
func closing(c io.Closer) { _ = c.Close() }

// A talk is a script under way: the lines it writes, until it or the connection ends.
type talk struct {
	input io.WriteCloser
	lines <-chan string
	errs  *tail // what it writes beside
}

// talkTo starts a script. Its input ends when that is closed, or with the script.
func (c *conn) talkTo(script string, args ...string) (*talk, error) {
	s, err := c.client.NewSession()
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	t := &talk{errs: &tail{}}
	s.Stderr = t.errs
	out, err := s.StdoutPipe()
	if err == nil {
		t.input, err = s.StdinPipe()
	}
	if err == nil {
		err = s.Start(command(script, args...))
	}
	if err != nil {
		closing(s)
		return nil, err
	}
	lines := make(chan string)
	t.lines = lines
	c.background.Go(func() {
		defer close(lines)
		defer closing(s)
		for in := bufio.NewScanner(out); in.Scan(); {
			select {
			case lines <- in.Text():
			case <-c.gone:
				return
			}
		}
	})
	return t, nil
}
