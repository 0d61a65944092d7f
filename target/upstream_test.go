package target

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/upstream"
)

// simulating is Upstream in this process.
func simulating(t *testing.T, cfg UpstreamConfig) running {
	t.Helper()
	line := make(lineWriter, 1)
	cfg.Out = line
	return begin(t, line, func(ctx context.Context) error { return Upstream(ctx, cfg) })
}

func read[T any](t *testing.T, url, token string) (told T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := fresh().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return told
}

// TestAResetIsOneOnTheWire, and its connection is counted out and does not hold up the end.
func TestAResetIsOneOnTheWire(t *testing.T) {
	r := simulating(t, UpstreamConfig{ResetRate: 1})
	for range 3 {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(30 * time.Second))
		io.WriteString(c, "GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n")
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%d bytes, %v", n, err)
		}
		c.Close()
	}
	eventually(t, 30*time.Second, "the connections are gone", func() bool {
		s := read[upstream.Stats](t, r.url+"/-/stats", "")
		return s.Resets == 3 && s.Connections == 0 && s.InFlight == 0
	})
}

// TestTheSimulatorOfServeIsWhatItWasTold: every flag reaches the child, and its address is told.
func TestTheSimulatorOfServeIsWhatItWasTold(t *testing.T) {
	sim := UpstreamConfig{Delay: "0", Seed: 4, ErrorRate: 0.1, ResetRate: 0.2, RateLimit: 30, RateBurst: 40,
		SlowBytes: 5000, BodyBytes: 600, FreezeFor: time.Millisecond, AdminToken: "sesame"}
	r := serving(t, ServeConfig{Settings: of(1), Simulator: sim})
	at := r.stats().UpstreamURL
	if got, want := read[upstream.Told](t, at+"/-/upstream", "sesame"), (upstream.Told{Delay: "fixed:0s", Seed: 4, ErrorRate: 0.1, ResetRate: 0.2,
		RateLimit: 30, RateBurst: 40, SlowBytes: 5000, BodyBytes: 600}); got != want {
		t.Errorf("%+v", got)
	}
	if resp, err := fresh().Get(at + "/-/upstream"); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the token: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
}
