package sides

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// Between two looks whether a side is ready, and how long each may take.
const (
	lookEvery = 50 * time.Millisecond
	lookFor   = 2 * time.Second
)

// patience is how long an address may take to become vacant: that of a side that has just ended.
const patience = 2 * time.Second

// vacant makes sure that nothing answers where a side is to.
func vacant(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if !answers(ctx, url) {
			return nil
		}
		if !rest(ctx) {
			return fmt.Errorf("something answers at %s already, and would be measured in place of the side: end it first", url)
		}
	}
}

// await waits until the side is ready.
func (s *Side) await(ctx context.Context) error {
	r := s.command.Ready
	within, cancel := context.WithTimeout(ctx, r.Within)
	defer cancel()
	look := s.looker()
	var last error
	for {
		err := look(within)
		if gone := s.over(); gone != nil { // what answers then is another's
			return gone
		}
		if err == nil {
			return nil
		}
		if last == nil || within.Err() == nil { // else it says that there was no time to look
			last = err
		}
		if !rest(within) {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return s.late(last)
		}
	}
}

// late says that the side was not ready in its time.
func (s *Side) late(last error) error {
	err := fmt.Errorf("not ready after %s: %w", s.command.Ready.Within, last)
	select {
	case <-s.ended:
		return fmt.Errorf("%w; its start is through, and %s", err, ownSession)
	default:
		return err
	}
}

// ownSession is what whoever writes `start: service &` has to know.
const ownSession = "a daemon that it leaves behind must be in a session of its own (setsid, docker), as its group is ended with it"

// over says that the side has ended, unless it has left a daemon behind.
func (s *Side) over() error {
	select {
	case <-s.ended:
	default:
		return nil
	}
	if s.detached() {
		return nil
	}
	return fmt.Errorf("it ended (%s) before it was ready; a start that leaves a daemon behind needs a stop command, and %s", s.cmd.ProcessState, ownSession)
}

func (s *Side) looker() func(context.Context) error {
	if s.command.Ready.URL == "" {
		return func(ctx context.Context) error {
			if !answers(ctx, s.command.URL) {
				return errors.New(address(s.command.URL) + " takes no connections")
			}
			return nil
		}
	}
	client := &http.Client{
		Timeout: lookFor,
		// Of its own: no proxy of the environment, and no connection is kept. Whose certificate it is
		// does not matter: nothing is told, and nothing is believed but that it answers.
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) error { return healthy(ctx, client, s.command.Ready.URL) }
}

func healthy(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<20)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return nil
}

// answers says whether a URL's address takes connections, whichever of its addresses that is.
func answers(ctx context.Context, url string) bool {
	return slices.ContainsFunc(places(url), func(at string) bool { return takes(ctx, at) })
}

func takes(ctx context.Context, at string) bool {
	d := net.Dialer{Timeout: lookFor}
	conn, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// rest waits for the next look; false = ctx is over.
func rest(ctx context.Context) bool {
	t := time.NewTimer(lookEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
