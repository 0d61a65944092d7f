package stack

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
)

// Answers has an HTTP service well once a path of it answers 200.
func Answers(path string) func(context.Context, Ready) error {
	return func(ctx context.Context, at Ready) error {
		// A new connection each time, to whoever listens now; its certificate is the file's
		// own, and nothing is said over it.
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // as said above
		ask, err := http.NewRequestWithContext(ctx, http.MethodGet, at.URL+path, nil)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(ask)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		const most = 1 << 10
		said, _ := io.ReadAll(io.LimitReader(resp.Body, most))
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s: %s", path, resp.Status, said)
		}
		return nil
	}
}
