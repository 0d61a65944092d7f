package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/loadctl/loadctl/target/counts"
)

// A Client asks the API of one target.
type Client struct {
	URL, Token string
	HTTP       *http.Client // nil = http.DefaultClient
}

// Settings are those in force.
func (c Client) Settings(ctx context.Context) (s Settings, err error) {
	return s, c.ask(ctx, http.MethodGet, "/-/settings", nil, &s)
}

// Change changes settings, all or none.
func (c Client) Change(ctx context.Context, values map[string]string) (done Change, err error) {
	return done, c.ask(ctx, http.MethodPost, "/-/settings", values, &done)
}

// Reload replaces the workers.
func (c Client) Reload(ctx context.Context) error {
	var done map[string]string
	return c.ask(ctx, http.MethodPost, "/-/reload", map[string]string{}, &done)
}

// Stats are the counts.
func (c Client) Stats(ctx context.Context) (s counts.Stats, err error) {
	return s, c.ask(ctx, http.MethodGet, "/-/stats", nil, &s)
}

// mostAnswered bounds an answer.
const mostAnswered = 16 << 20

func (c Client) ask(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+path, sent)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.Token)
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("asking the target at %s: %w", c.URL, err)
	}
	defer resp.Body.Close()
	return read(resp, into)
}

func read(resp *http.Response, into any) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswered))
	if err != nil {
		return fmt.Errorf("reading the answer of the target: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return json.Unmarshal(text, into)
	}
	var p problem
	if json.Unmarshal(text, &p) != nil || p.Detail == "" {
		p.Detail = "the target answered " + resp.Status
	}
	if resp.StatusCode == http.StatusUnprocessableEntity {
		return fmt.Errorf("%w: %s", ErrWrong, strings.TrimPrefix(p.Detail, ErrWrong.Error()+": "))
	}
	return errors.New(p.Detail)
}
