package truth

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// A conn is one connection; a goroutine of its own reads its requests.
type conn struct {
	server *Server
	tcp    *net.TCPConn
	raw    syscall.RawConn
	read   time.Duration // offset at which what was read last had arrived
	stamps stamps
	sent   chan struct{} // holds one when the answer waited for has left
}

func newConn(s *Server, tcp *net.TCPConn) (*conn, error) {
	raw, err := tcp.SyscallConn()
	return &conn{server: s, tcp: tcp, raw: raw, sent: make(chan struct{}, 1)}, err
}

// Read reads what has come and notes when that was.
func (c *conn) Read(p []byte) (int, error) {
	n, at, err := c.stamps.read(c, p)
	c.read = at
	return n, err
}

// serve answers one request after the other until the connection ends.
func (c *conn) serve() {
	defer c.end()
	for in := bufio.NewReaderSize(c, 4096); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
			c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
		}
		if !c.request(r) {
			return
		}
	}
}

// request answers one, and says whether another may come.
func (c *conn) request(r *http.Request) bool {
	if isProbe(r) {
		return c.probe(r)
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return false
	}
	a := answer{to: c, last: r.Close, plain: r.Method == http.MethodHead}
	if !c.server.arrive(a, c.read) {
		return true // its client may wait as long as it likes
	}
	<-c.sent
	return !a.last
}

// release tells the reader that its answer has left, or never will.
func (c *conn) release() {
	select {
	case c.sent <- struct{}{}:
	default:
	}
}

// write sends a whole answer at once. A client that does not take it, because it
// reads no answers, must not hold up those of others.
func (c *conn) write(text []byte) bool {
	whole := false
	err := c.raw.Write(func(fd uintptr) bool {
		n, err := syscall.Write(int(fd), text)
		whole = err == nil && n == len(text)
		return true
	})
	return err == nil && whole
}

// end closes the connection and forgets it.
func (c *conn) end() {
	_ = c.tcp.Close()
	c.server.mu.Lock()
	delete(c.server.conns, c)
	c.server.mu.Unlock()
}
