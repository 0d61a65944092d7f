package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// mostAnswered bounds what is read of an answer.
const mostAnswered = 64 << 10

// send sends a request with values put in, and gives the answer where it is as wanted.
func (a *Applier) send(ctx context.Context, r *tuning.Request, v values) (string, error) {
	body, form := r.Body.Fill(v, nil), url.Values{}
	for _, f := range r.Form {
		form.Set(f.Name, f.Value.Fill(v, nil))
	}
	if len(form) > 0 {
		body = form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL.Fill(v, escaped), strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if len(form) > 0 {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range r.Headers {
		value := h.Value.Fill(v, nil)
		if req.Header.Set(h.Name, value); strings.EqualFold(h.Name, "Host") {
			req.Host = value
		}
	}
	resp, err := a.cfg.HTTP.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswered))
	if !wanted(resp.StatusCode, r.Expect) {
		return string(text), fmt.Errorf("it answered %s", resp.Status)
	}
	return string(text), err
}

// escaped is a value as a part of a path or a query.
func escaped(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }

func wanted(status int, expect []int) bool {
	if len(expect) == 0 {
		return status >= 200 && status < 300
	}
	return slices.Contains(expect, status)
}

// healthy waits until a URL answers, or a port accepts a connection. It ends with its
// context, and says what was seen last.
func (a *Applier) healthy(ctx context.Context, where string) error {
	for last := error(nil); ; {
		err := a.look(ctx, where)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil { // what its own end did to it says nothing
			last = err
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("not healthy: %w", last)
		case <-time.After(a.cfg.Every):
		}
	}
}

// oneLook bounds one try, so that a connection that hangs is tried anew.
const oneLook = 3 * time.Second

func (a *Applier) look(ctx context.Context, where string) error {
	ctx, cancel := context.WithTimeout(ctx, oneLook)
	defer cancel()
	if address, ok := strings.CutPrefix(where, "tcp://"); ok {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			c.Close()
		}
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return err
	}
	req.Close = true // a service that is started anew is asked anew
	resp, err := a.cfg.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, mostAnswered))
	if !wanted(resp.StatusCode, nil) {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
