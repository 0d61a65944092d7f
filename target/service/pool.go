package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A pool calls the upstream over a bounded number of kept connections. A call that
// finds them all in use waits; its wait is part of its time-out, as in any real pool.
type pool struct {
	client  http.Client
	places  chan struct{} // one for each connection that may be in use
	timeout time.Duration // of waiting for one; 0 = as long as the call may take
	retired atomic.Bool   // no new call comes
	counts  *counts.Pool
}

// maxBody bounds what one upstream answer may hold.
const maxBody = 1 << 20

// errPoolTimeout: the pool's own time-out came before the call's.
var errPoolTimeout = errors.New("no upstream connection became free in time")

func newPool(s knobs.Settings, count *counts.Pool) *pool {
	// It calls one host, which has the lower of both limits. What is left of another one
	// ends with its pool.
	most := cmp.Or(s.UpstreamMaxPerHost, s.UpstreamMaxConnections)
	p := &pool{places: make(chan struct{}, most), timeout: s.UpstreamPoolTimeout, counts: count}
	dialer := &net.Dialer{KeepAlive: 30 * time.Second}
	idle := min(most, cmp.Or(s.UpstreamMaxIdle, most))
	p.client = http.Client{
		// A redirect is an answer like any other: the service asks nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return p.dial(ctx, dialer, network, addr)
			},
			MaxConnsPerHost:     most,
			MaxIdleConns:        idle,
			MaxIdleConnsPerHost: idle,
			IdleConnTimeout:     s.UpstreamKeepaliveExpiry,
			DisableKeepAlives:   s.UpstreamKeepaliveExpiry == 0,
			DisableCompression:  true,
		},
	}
	return p
}

// poolChanged says whether settings ask for another pool.
func poolChanged(a, b knobs.Settings) bool {
	return a.Upstream != b.Upstream || a.UpstreamMaxConnections != b.UpstreamMaxConnections || a.UpstreamMaxPerHost != b.UpstreamMaxPerHost ||
		a.UpstreamMaxIdle != b.UpstreamMaxIdle || a.UpstreamKeepaliveExpiry != b.UpstreamKeepaliveExpiry || a.UpstreamPoolTimeout != b.UpstreamPoolTimeout
}

// retire lets calls under way, and those that wait, end, and keeps no connection.
func (p *pool) retire() {
	p.retired.Store(true)
	p.client.CloseIdleConnections()
}

// dial opens a connection that is counted until it closes.
func (p *pool) dial(ctx context.Context, d *net.Dialer, network, addr string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	p.counts.Dials.Add(1)
	p.counts.Open.Add(1)
	return &pooledConn{Conn: c, closed: sync.OnceFunc(func() { p.counts.Open.Add(-1) })}, nil
}

type pooledConn struct {
	net.Conn
	closed func()
}

func (c *pooledConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// take waits for a place in the pool, and says how long it did.
func (p *pool) take(ctx context.Context) (waited time.Duration, err error) {
	select {
	case p.places <- struct{}{}:
		p.counts.InUse.Add(1)
		return 0, nil
	default:
	}
	p.counts.Waiting.Add(1)
	began := time.Now()
	err = p.queue(ctx)
	waited = time.Since(began)
	p.counts.Waiting.Add(-1)
	p.counts.Waited(waited)
	if err != nil {
		if !errors.Is(err, context.Canceled) { // its client had gone
			p.counts.Timeouts.Add(1)
		}
		return waited, err
	}
	p.counts.InUse.Add(1)
	return waited, nil
}

func (p *pool) queue(ctx context.Context) error {
	var late <-chan time.Time
	if p.timeout > 0 {
		t := time.NewTimer(p.timeout)
		defer t.Stop()
		late = t.C
	}
	select {
	case p.places <- struct{}{}:
		return nil
	case <-late:
		return errPoolTimeout
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) give() {
	p.counts.InUse.Add(-1)
	<-p.places
	if p.retired.Load() && len(p.places) == 0 {
		p.client.CloseIdleConnections()
	}
}

// A statusError is an answer of the upstream that is not 2xx.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("upstream answered %d", int(e)) }

// An answerError is a 2xx answer that cannot be used.
type answerError string

func (e answerError) Error() string { return "upstream answered " + string(e) }

// A fetched is what came of a call: a body or none, how long it waited for a
// connection, and how long it took from there.
type fetched struct {
	body       []byte
	wait, took time.Duration
}

// get fetches one body. Every error but statusError and answerError means that no
// whole answer came.
func (p *pool) get(ctx context.Context, url string) (fetched, error) {
	p.counts.Calls.Add(1)
	waited, err := p.take(ctx)
	if err != nil {
		return fetched{wait: waited}, fmt.Errorf("waiting for an upstream connection: %w", err)
	}
	defer p.give()
	began := time.Now()
	body, err := p.fetch(ctx, url)
	took := time.Since(began)
	p.counts.Took.Add(took)
	return fetched{body, waited, took}, err
}

func (p *pool) fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, answerError("nothing: " + err.Error())
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := readBody(resp)
	switch {
	case resp.StatusCode/100 != 2:
		return nil, statusError(resp.StatusCode)
	case err != nil:
		return nil, err
	case len(body) > maxBody:
		return nil, answerError("too much")
	}
	return body, nil
}

// readBody reads a body whole, so that its connection can be used again.
func readBody(resp *http.Response) ([]byte, error) {
	if n := resp.ContentLength; n >= 0 && n <= maxBody {
		body := make([]byte, n)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
}
