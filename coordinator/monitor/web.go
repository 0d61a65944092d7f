package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// maxAnswer bounds an answer, unpacked. Large services tell some megabytes.
const maxAnswer = 8 << 20

// A web asks one source by HTTP over one kept connection. It follows no redirects, and
// uses no proxy: what is asked is what was cleared.
type web struct {
	client  *http.Client
	headers []scenarios.MonitorHeader
	asked   func(net.Addr) // of each answer, by whom; the target counts its own as probes
}

func newWeb(dial dialing, private *tls.Config, headers []scenarios.MonitorHeader, asked func(net.Addr)) *web {
	t := &http.Transport{
		DialContext: dial, TLSClientConfig: private, MaxIdleConnsPerHost: 1, IdleConnTimeout: 2 * time.Minute,
		ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &web{client: &http.Client{Transport: t, CheckRedirect: stay}, headers: headers, asked: asked}
}

type dialing func(ctx context.Context, network, address string) (net.Conn, error)

func (w *web) close() { w.client.CloseIdleConnections() }

// get gives the body of an answer of at most so many bytes.
func (w *web) get(ctx context.Context, address, accept string, most int64) ([]byte, error) {
	resp, err := w.ask(ctx, address, accept)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, plainly(ctx, err)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("the answer has more than %d MiB: is it the right address?", most>>20)
	}
	return body, nil
}

// ask sends a question that a target of ours counts as a probe, and no load.
func (w *web) ask(ctx context.Context, address, accept string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("its URL cannot be asked")
	}
	r.Header.Set("User-Agent", "loadctl")
	r.Header.Set("Loadctl-Probe", "1")
	r.Header.Set("Accept", accept)
	for _, h := range w.headers {
		r.Header.Set(h.Name, h.Value)
	}
	var by net.Addr
	got := &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { by = c.Conn.RemoteAddr() },
		// Counted when it is sent: the target counts a question whose answer comes too late.
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				w.asked(by)
			}
		},
	}
	resp, err := w.client.Do(r.WithContext(httptrace.WithClientTrace(ctx, got)))
	if err != nil {
		return nil, plainly(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	begin, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	return nil, fmt.Errorf("status %d%s", resp.StatusCode, statusHint(resp.StatusCode, string(begin)))
}

func statusHint(status int, body string) string {
	switch {
	case status/100 == 3:
		return ": it sends us elsewhere, and redirects are not followed; name the place itself"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ": it wants to know who asks; give bearer or headers"
	case body == "":
		return ""
	}
	return ": " + shortened(body)
}

// plainly takes the URL off an error, which may hold what is secret, and says what a
// deadline means.
func plainly(ctx context.Context, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("no whole answer in time")
	}
	return err
}
