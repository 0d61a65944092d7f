package loop

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// steps makes a scenario of 20 arrivals of one request.
func steps(step string) string {
	return fmt.Sprintf(`
version: 1
name: faults
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 200ms, connect_timeout: 300ms}
users:
  u: {tasks: {t: {steps: [%s]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 200ms, arrivals: uniform, max_lag: 15s}
`, step)
}

// TestEndings: each way an answer can end, and the class and words it is given.
func TestEndings(t *testing.T) {
	big := strings.Repeat("x", 300_000)
	tests := []struct {
		name, step string
		serve      func(c *peer)
		class      stats.Class
		kind       string
	}{
		{"kept alive", "{get: /x}", func(c *peer) { c.write(helloReply) }, stats.OK, ""},
		{"chunked, slowly", "{get: /x, check: [{body: {contains: hello}}]}",
			func(c *peer) {
				c.slowly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
			}, stats.OK, ""},
		{"interim", "{get: /x}", func(c *peer) { c.write("HTTP/1.1 100 Continue\r\n\r\n" + helloReply) }, stats.OK, ""},
		{"head", "{head: /x}", func(c *peer) { c.write("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") }, stats.OK, ""},
		{"no content", "{delete: /x}", func(c *peer) { c.write("HTTP/1.1 204 No Content\r\n\r\n") }, stats.OK, ""},
		{"not modified", "{get: /x}", func(c *peer) { c.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n") }, stats.OK, ""},
		{"close", "{get: /x}", func(c *peer) {
			c.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
			c.Close()
		}, stats.OK, ""},
		{"until the end", "{get: /x, check: [{body: {contains: there is}}]}", func(c *peer) {
			c.write("HTTP/1.0 200 OK\r\n\r\nall there is")
			c.Close()
		}, stats.OK, ""},
		{"large", "{get: /x}", func(c *peer) { c.write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + big) }, stats.OK, ""},
		{"server error", "{get: /x}", func(c *peer) { c.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") }, stats.HTTPError, "status 503"},
		{"check", "{get: /x, check: [{body: {contains: goodbye}}]}", func(c *peer) { c.write(helloReply) }, stats.CheckFailed, ""},
		{"header check", "{get: /x, check: [{header: x-kind, contains: good}]}",
			func(c *peer) { c.slowly("HTTP/1.1 200 OK\r\nX-Kind: good\r\nContent-Length: 1\r\n\r\nx") }, stats.OK, ""},
		{"silence", "{get: /x}", func(*peer) {}, stats.Timeout, "timeout"},
		{"half an answer", "{get: /x}", func(c *peer) { c.write(helloReply[:30]) }, stats.Timeout, "timeout"},
		{"closed", "{get: /x}", func(c *peer) { c.Close() }, stats.ConnError, "closed before answer"},
		{"closed within", "{get: /x}", func(c *peer) { c.write(helloReply[:40]); c.Close() }, stats.ConnError, "closed within answer"},
		{"reset", "{get: /x}", func(c *peer) { c.reset() }, stats.ConnError, "connection reset"},
		{"not http", "{get: /x}", func(c *peer) { c.write("SSH-2.0-x\r\n") }, stats.ConnError, "bad http: not an HTTP/1 answer"},
		{"more than asked", "{get: /x}", func(c *peer) { c.write(helloReply + "more") }, stats.OK, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, inTime(steps(test.step), test.class))
			addr := rawServer(t, func(c *peer) {
				for c.request() {
					test.serve(c)
				}
			})
			expect(t, run(t, s, addr), test.class, test.kind)
		})
	}
}

// inTime leaves a busy machine, which is slow to connect and to answer, the time it needs
// where the time-out is not what is tried.
func inTime(text string, class stats.Class) string {
	text = strings.Replace(text, "connect_timeout: 300ms", "connect_timeout: 15s", 1)
	if class == stats.Timeout {
		return text
	}
	return strings.Replace(text, "timeout: 200ms", "timeout: 15s", 1)
}

// late is when a load that has been drained is given up: not before a busy machine has had
// the time to answer.
const late = 20 * time.Second

// run plays one phase that begins at once.
func run(t *testing.T, s *scenarios.Scenario, addr netip.AddrPort) *told {
	t.Helper()
	got := live(t, s, addr, nil, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
	got.checkIdentity(t, s)
	return got
}

func expect(t *testing.T, got *told, class stats.Class, kind string) {
	t.Helper()
	c := &got.total.Cells[0]
	if c.Intended != 20 || c.Classes[class] != 20 {
		t.Errorf("intended %d, classes %v, errors %+v; want 20 %v", c.Intended, c.Classes, got.total.Errors, class)
	}
	if kind != "" && (len(got.total.Errors) == 0 || got.total.Errors[0].Kind != kind) {
		t.Errorf("errors %+v, want %q", got.total.Errors, kind)
	}
}

func TestRefused(t *testing.T) {
	s := parse(t, inTime(steps("{get: /x}"), stats.ConnError))
	expect(t, run(t, s, refusing(t)), stats.ConnError, "refused")
}

// TestConnectTimeout: a listener that never accepts and whose queue is full.
func TestConnectTimeout(t *testing.T) {
	fd, addr := boundSocket(t)
	defer syscall.Close(fd)
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if c, err := net.DialTimeout("tcp4", addr.String(), 50*time.Millisecond); err == nil {
			defer c.Close()
		}
	}
	s := parse(t, strings.Replace(steps("{get: /x}"), "timeout: 200ms", "timeout: 15s", 1))
	expect(t, run(t, s, addr), stats.ConnError, "connect timeout")
}

// TestLargeRequest: a body the socket does not take at once.
func TestLargeRequest(t *testing.T) {
	body := strings.Repeat("y", 4<<20/8)
	s := parse(t, inTime(steps(`{post: /x, body: "`+body+`"}`), stats.OK))
	addr := rawServer(t, func(c *peer) {
		for c.request() {
			time.Sleep(5 * time.Millisecond)
			if _, err := c.read.Discard(len(body)); err != nil {
				return
			}
			c.write(helloReply)
		}
	})
	got := run(t, s, addr)
	expect(t, got, stats.OK, "")
	if out := got.total.Cells[0].BytesOut; out < uint64(20*len(body)) {
		t.Errorf("%d bytes out, want at least %d", out, 20*len(body))
	}
}

// numbersWith is the limit of file numbers below which so many are free, whatever
// other tests have left open above them.
func numbersWith(free int) (limit uint64) {
	var stat syscall.Stat_t
	for ; free > 0; limit++ {
		if syscall.Fstat(int(limit), &stat) != nil {
			free--
		}
	}
	return limit
}

// TestOutOfFiles: having no files left is this machine's fault, and said so.
func TestOutOfFiles(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	s := parse(t, strings.Replace(inTime(steps("{get: /x}"), stats.Timeout), "executor: constant-arrival-rate, user: u, rate: 100/s, duration: 200ms, arrivals: uniform, max_lag: 15s",
		"executor: ramping-vus, user: u, stages: [{target: 50, duration: 300ms}]", 1))
	addr := rawServer(t, func(c *peer) {
		for c.request() {
			time.Sleep(10 * time.Millisecond)
			c.write(helloReply)
		}
	})
	low := old
	low.Cur = numbersWith(20)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) }()
	got := run(t, s, addr)
	c := &got.total.Cells[0]
	if c.Classes[stats.NotSent] == 0 || c.Classes[stats.OK] == 0 || c.Classes[stats.ConnError] != 0 {
		t.Errorf("classes %v, want some ok, some not_sent, no conn_error", c.Classes)
	}
	if len(got.notices) == 0 || got.notices[0].Kind != "generator" || !strings.Contains(got.notices[0].Text, "out of files") {
		t.Errorf("notices %+v", got.notices)
	}
}

// TestSourceAddresses: connections come from the addresses given, in turn.
func TestSourceAddresses(t *testing.T) {
	seen := make(chan string, 100)
	addr := rawServer(t, func(c *peer) {
		seen <- c.RemoteAddr().(*net.TCPAddr).IP.String()
		for c.request() {
			c.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			return
		}
	})
	s := parse(t, inTime(steps("{get: /x}"), stats.OK))
	got := live(t, s, addr, func(c *Config) {
		c.Sources = []netip.Addr{netip.MustParseAddr("127.0.1.1"), netip.MustParseAddr("127.0.1.2")}
	}, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
	expect(t, got, stats.OK, "")
	count := map[string]int{}
	for range len(seen) {
		count[<-seen]++
	}
	if count["127.0.1.1"] != 10 || count["127.0.1.2"] != 10 {
		t.Errorf("sources %v, want ten of each", count)
	}
}

// TestEveryPairOfAddressAndSource: turning both at once used half of the pairs,
// and so half of the ports.
func TestEveryPairOfAddressAndSource(t *testing.T) {
	w := newWorld(target{})
	l := &Loop{poller: w, config: Config{
		Addrs:   []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:80")},
		Sources: []netip.Addr{netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("10.0.1.2")},
	}}
	pairs := map[string]int{}
	w.watch = func(from netip.Addr, to netip.AddrPort) { pairs[from.String()+" "+to.String()]++ }
	for i := range 8 {
		if _, errno := l.connect(uint64(i)); errno != 0 {
			t.Fatal(errno)
		}
	}
	if len(pairs) != 4 {
		t.Errorf("pairs %v, want all four", pairs)
	}
}
