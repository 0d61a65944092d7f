//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// reload has the workers replaced, by the command line, and returns when new ones serve.
func (s service) reload(t *testing.T) {
	t.Helper()
	out, err := exec.Command(binary(t), "target", "reload", "--pid", strconv.Itoa(s.cmd.Process.Pid)).CombinedOutput()
	if err != nil {
		t.Fatalf("target reload: %v\n%s", err, out)
	}
}

// TestStreamsOfTheServiceThroughBalancers: sockets and event streams live on while nothing
// happens to the service. At a reload their clients are told to go, and come again;
// requests beside them are not lost.
func TestStreamsOfTheServiceThroughBalancers(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
		b := balanceWith(t, kind, "--backend", strings.TrimPrefix(target.url, "http://")+",name=a")
		socket, events := openSocket(t, b.url), openEvents(t, b.url)
		for range 3 {
			socket.echoes(t, "before")
			events.tick(t)
		}
		beside, done := crowd{url: b.url + "/items/1", clients: 4}, make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() { beside.ask(100_000, done) })
		target.reload(t)
		if status := websocket.CloseStatus(socket.end()); status != websocket.StatusGoingAway {
			t.Errorf("the socket was closed with %d, want 1001", status)
		}
		events.end(t)
		// A balancer's kept connection may still lead to a worker that leaves, which says so.
		eventually(t, 20*time.Second, "clients that come again are served", func() bool {
			socket, events := openSocket(t, b.url), openEvents(t, b.url)
			return socket.comes(t) && events.ticks() && events.ticks()
		})
		close(done)
		asking.Wait()
		for _, l := range beside.bad {
			t.Errorf("a request beside it was lost: %s", l.why)
		}
		if len(beside.by) == 0 {
			t.Error("nothing was asked beside it")
		}
	})
}

// An echoing is a client of /ws.
type echoing struct {
	*websocket.Conn
	ctx context.Context
}

func openSocket(t *testing.T, url string) echoing {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	c, _, err := websocket.Dial(ctx, url+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return echoing{c, ctx}
}

func (e echoing) echoes(t *testing.T, text string) {
	t.Helper()
	if got, err := e.echo(text); err != nil || got != text {
		t.Fatalf("%q came back as %q: %v", text, got, err)
	}
}

func (e echoing) echo(text string) (string, error) {
	if err := e.Write(e.ctx, websocket.MessageText, []byte(text)); err != nil {
		return "", err
	}
	_, got, err := e.Read(e.ctx)
	return string(got), err
}

// comes says whether the service serves it, or tells it to go; all else is a failure.
func (e echoing) comes(t *testing.T) bool {
	t.Helper()
	got, err := e.echo("after")
	if err != nil && websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Fatal(err)
	}
	return got == "after"
}

// end waits for the end of the connection, and says what it was.
func (e echoing) end() error {
	for {
		if _, _, err := e.Read(e.ctx); err != nil {
			return err
		}
	}
}

// A ticking is a client of /events.
type ticking struct {
	body *bufio.Scanner
}

func openEvents(t *testing.T, url string) ticking {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events?every=50ms", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("%s, %s", resp.Status, kind)
	}
	return ticking{bufio.NewScanner(resp.Body)}
}

// tick waits for one whole event.
func (e ticking) tick(t *testing.T) {
	t.Helper()
	if !e.ticks() {
		t.Fatalf("the stream ended: %v", e.body.Err())
	}
}

func (e ticking) ticks() bool {
	for e.body.Scan() {
		if strings.HasPrefix(e.body.Text(), "data: ") {
			return true
		}
	}
	return false
}

// end waits for the end of the stream, which is to be a clean one.
func (e ticking) end(t *testing.T) {
	t.Helper()
	for e.body.Scan() {
	}
	if err := e.body.Err(); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}
