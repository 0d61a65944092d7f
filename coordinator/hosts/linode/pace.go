package linode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// mostWriting requests that change something are under way at once: many at once are answered 408.
	mostWriting = 5
	// mostAnswer bounds what is read of an answer, in bytes. A page of 500 instances is about 600 KB.
	mostAnswer = 32 << 20
)

// errHeld is of a request that was not sent, as Linode has said to wait.
var errHeld = errors.New("Linode has said to wait")

// A pacer carries requests no faster than Linode takes them. It waits for the turn of a request, never for a limit
// that is used up: that wait may be long, and is handed back. What passes is noted in the exchange of the request.
type pacer struct {
	base          http.RoundTripper
	every, within time.Duration
	writing       chan struct{} // holds one for each request that changes something

	mu   sync.Mutex
	next time.Time            // when an instance may be asked for
	shut map[string]time.Time // by operation: not before
}

func newPacer(base http.RoundTripper, every, within time.Duration) *pacer {
	return &pacer{base: base, every: every, within: within, writing: make(chan struct{}, mostWriting), shut: map[string]time.Time{}}
}

// RoundTrip reads the whole answer before it returns, so that an answer that breaks off is none.
func (p *pacer) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	x.begins(req.Method)
	op := operation(req)
	leave, err := p.enter(req.Context(), req.Method, op)
	if err == nil {
		defer leave()
		x.held, err = p.hold(op)
	}
	if err != nil {
		closeBody(req)
		x.err = err
		return nil, err
	}
	resp, body, err := p.carry(req)
	if err != nil {
		x.err = err
		return nil, err
	}
	now := time.Now()
	p.learn(op, resp, now)
	x.answered(resp, body, now)
	return resp, nil
}

// closeBody keeps the contract of a RoundTripper that does not send.
func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// carry sends a request, within its time.
func (p *pacer) carry(req *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(req.Context(), p.within)
	defer cancel()
	resp, err := p.base.RoundTrip(req.WithContext(ctx))
	var body []byte
	if err == nil {
		body, err = whole(resp)
	}
	if err != nil && ctx.Err() != nil && req.Context().Err() == nil {
		return nil, nil, fmt.Errorf("no answer within %s", p.within) // of us, and not of the caller
	}
	return resp, body, err
}

// whole reads an answer, and puts what it has read back.
func whole(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case len(body) > mostAnswer:
		return nil, fmt.Errorf("the answer has more than %d MB", mostAnswer>>20)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// makeInstance is the operation that Linode counts most strictly.
const makeInstance = http.MethodPost + " /linode/instances"

// operation is what Linode counts requests by: the method and the path, without version and ids.
func operation(req *http.Request) string {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	for i, s := range parts {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			parts[i] = "{id}"
		}
	}
	return req.Method + " /" + strings.Join(parts[min(1, len(parts)):], "/")
}

// enter waits for the turn of a request, and gives what ends it.
func (p *pacer) enter(ctx context.Context, method, op string) (leave func(), err error) {
	if method == http.MethodGet {
		return func() {}, ctx.Err()
	}
	if op == makeInstance {
		if err := p.turn(ctx); err != nil {
			return nil, err
		}
	}
	select {
	case p.writing <- struct{}{}:
		return func() { <-p.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turn takes the next moment at which an instance may be asked for, and waits for it.
func (p *pacer) turn(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	wait := time.NewTimer(at.Sub(now))
	defer wait.Stop()
	select {
	case <-wait.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hold says how long an operation is shut, and errHeld where it is.
func (p *pacer) hold(op string) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := time.Until(p.shut[op]); d > 0 {
		return d, errHeld
	}
	delete(p.shut, op)
	return 0, nil
}

// learn shuts an operation that was refused for a while, or would be the next time.
func (p *pacer) learn(op string, resp *http.Response, now time.Time) {
	var d time.Duration
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		d = pause(resp.Header, now)
	case usedUp(resp.Header):
		d = untilReset(resp.Header, now)
	}
	if d <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := now.Add(d); until.After(p.shut[op]) {
		p.shut[op] = until
	}
}
