package service

import (
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
)

// A pool calls the upstream over a bounded number of kept connections. A call that
// finds them all in use waits; its wait is part of its time-out, as in any real pool.
type pool struct {
	limits  poolLimits
	client  http.Client
	retired atomic.Bool   // no new call comes
	places  chan struct{} // one for each connection that may be in use
	counts  *counts.Pool
}

// poolLimits bound a pool.
type poolLimits struct {
	most   int           // connections in use at once
	idle   int           // of these, kept while idle
	expiry time.Duration // of an idle one; 0 = it is closed at once
	wait   time.Duration // for a connection; 0 = as long as the call may take
}

// maxBody bounds what one upstream answer may hold.
const maxBody = 1 << 20

func newPool(limits poolLimits, count *counts.Pool) *pool {
	p := &pool{limits: limits, places: make(chan struct{}, limits.most), counts: count}
	dialer := &net.Dialer{KeepAlive: 30 * time.Second}
	p.client = http.Client{
		// A redirect is an answer like any other: the service asks nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return p.dial(ctx, dialer, network, addr)
			},
			MaxConnsPerHost:     limits.most,
			MaxIdleConns:        limits.idle,
			MaxIdleConnsPerHost: limits.idle,
			IdleConnTimeout:     limits.expiry,
			DisableKeepAlives:   limits.expiry == 0,
			DisableCompression:  true,
		},
	}
	return p
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

// take waits for a place in the pool.
func (p *pool) take(ctx context.Context) error {
	select {
	case p.places <- struct{}{}:
		p.counts.InUse.Add(1)
		return nil
	default:
	}
	if p.limits.wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.limits.wait)
		defer cancel()
	}
	p.counts.Waiting.Add(1)
	defer p.counts.Waiting.Add(-1)
	began := time.Now()
	defer func() { p.counts.Waited(time.Since(began)) }()
	select {
	case p.places <- struct{}{}:
		p.counts.InUse.Add(1)
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			p.counts.Timeouts.Add(1)
		}
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

// retire lets calls under way, and those that wait, end, and keeps no connection.
func (p *pool) retire() {
	p.retired.Store(true)
	p.client.CloseIdleConnections()
}

// A statusError is an answer of the upstream that is not 2xx.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("upstream answered %d", int(e)) }

// An answerError is a 2xx answer that cannot be used.
type answerError string

func (e answerError) Error() string { return "upstream answered " + string(e) }

// get fetches one body. Every error but statusError and answerError means that no
// whole answer came.
func (p *pool) get(ctx context.Context, url string) ([]byte, error) {
	p.counts.Calls.Add(1)
	if err := p.take(ctx); err != nil {
		return nil, fmt.Errorf("waiting for an upstream connection: %w", err)
	}
	defer p.give()
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
