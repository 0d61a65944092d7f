package target

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// controlled is a service and its controls.
func controlled(t *testing.T, cfg ServeConfig) (running, *master) {
	t.Helper()
	controls := make(chan *master, 1)
	cfg.controls = func(m *master) { controls <- m }
	return serving(t, cfg), <-controls
}

// set changes settings, name after value, and waits until they are in force.
func (m *master) set(t *testing.T, values ...string) {
	t.Helper()
	change := map[string]string{}
	for i := 0; i+1 < len(values); i += 2 {
		change[values[i]] = values[i+1]
	}
	to, err := m.Settings().With(change)
	if err == nil {
		err = m.Change(to)
	}
	if err == nil {
		err = m.Applied(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A plainConn is a connection by hand.
type plainConn struct {
	net.Conn
	t    *testing.T
	read *bufio.Reader
}

func dial(t *testing.T, url string) plainConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return plainConn{c, t, bufio.NewReader(c)}
}

const wholeRequest = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n"

func (c plainConn) send(text string) {
	c.t.Helper()
	if _, err := fmt.Fprint(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// answer is nil when none comes in that time.
func (c plainConn) answer(limit time.Duration) *http.Response {
	_ = c.SetReadDeadline(time.Now().Add(limit))
	resp, err := http.ReadResponse(c.read, nil)
	if err != nil {
		return nil
	}
	resp.Body.Close()
	return resp
}

func (c plainConn) answered() *http.Response {
	c.t.Helper()
	resp := c.answer(30 * time.Second)
	if resp == nil || resp.StatusCode != 200 {
		c.t.Fatalf("got %+v", resp)
	}
	return resp
}

func TestLimitsOfAWorkerChangeWhileItRuns(t *testing.T) {
	r, m := controlled(t, ServeConfig{Settings: of(1)})
	kept := dial(t, r.url)
	kept.send(wholeRequest)
	kept.answered()
	m.set(t, "worker_connections", "1")
	waits := dial(t, r.url)
	waits.send(wholeRequest)
	if resp := waits.answer(300 * time.Millisecond); resp != nil {
		t.Error("answered beyond the limit")
	}
	m.set(t, "worker_connections", "2")
	waits.read.Reset(waits)
	waits.answered()

	m.set(t, "keep_alive", "50ms")
	kept.send(wholeRequest)
	kept.answered()
	_ = kept.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := kept.read.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("it was kept: %v", err)
	}
	m.set(t, "keep_alive", "0", "procs", "2", "worker_connections", "0")
	now := dial(t, r.url)
	now.send(wholeRequest)
	now.answered()
	s := r.stats()
	if s.Starts != 1 || s.Process.Retiring != 0 {
		t.Errorf("a worker was replaced: %+v", s.Master)
	}
	if runtime.GOOS == "linux" && s.QueueWait.Sum < 200*time.Millisecond { // the second had waited for more than 300 ms
		t.Errorf("in the queue for %s", s.QueueWait.Sum)
	}
}

func TestTheNumberOfWorkersIsASetting(t *testing.T) {
	r, m := controlled(t, ServeConfig{Settings: of(1)})
	m.set(t, "workers", "3")
	eventually(t, 30*time.Second, "three serve", func() bool { return len(servingNow(r.stats())) == 3 })
	if err := m.Scale(0); err == nil {
		t.Error("no worker at all")
	}
	if got := m.Settings().Workers; got != 3 {
		t.Errorf("%d workers are set", got)
	}
}

// A change that cannot be is refused whole.
func TestAServiceWithoutASimulatorNeedsItsUpstream(t *testing.T) {
	_, m := controlled(t, ServeConfig{Settings: of(1, "upstream", "http://127.0.0.1:1")})
	before := m.board.Version()
	to := m.Settings()
	to.Upstream = ""
	if err := m.Change(to); err == nil || !strings.Contains(err.Error(), "name a URL") {
		t.Error(err)
	}
	if m.board.Version() != before || m.Settings().Upstream == "" {
		t.Error("half of it was taken")
	}
}
