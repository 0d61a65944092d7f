package target

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A counter is told of connections and says which requests are probes. Both the
// service's slot and the upstream simulator are counters.
type counter interface {
	ConnOpened()
	ConnProbes(yes bool)
	ConnClosed(probe bool)
}

// A conn is an accepted connection that is counted until it closes.
type conn struct {
	net.Conn
	from  *listener
	born  time.Time
	state atomic.Int32 // http.ConnState
	begun atomic.Bool  // something of a request came since it had none

	mu     sync.Mutex
	probes bool // its latest request was a probe
	closed bool
}

// Read notes that a request has begun.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.begun.Load() {
		c.begun.Store(true)
	}
	return n, err
}

// idleMark is the idle time-out that http.Server is given, to be known by in
// SetReadDeadline: its own cannot be changed while it serves.
const idleMark = 1000 * time.Hour

// SetReadDeadline puts the keep-alive time in force in the place of idleMark.
func (c *conn) SetReadDeadline(t time.Time) error {
	if !t.IsZero() && time.Until(t) > idleMark/2 {
		t = time.Time{}
		if keep := time.Duration(c.from.keepAlive.Load()); keep > 0 {
			t = time.Now().Add(keep)
		}
	}
	return c.Conn.SetReadDeadline(t)
}

// Close closes and counts the connection out.
func (c *conn) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.from.counter.ConnClosed(c.probes)
		c.from.gone(c)
	}
	c.mu.Unlock()
	return c.Conn.Close()
}

// asked notes whether the latest request was a probe.
func (c *conn) asked(probe bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probes != probe && !c.closed {
		c.probes = probe
		c.from.counter.ConnProbes(probe)
	}
}

// CloseWrite lets net/http end its side first when it has more to tell the client.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SetLinger lets the simulator reset a connection.
func (c *conn) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}

// asking says whether anything of a request has come, or waits in the kernel.
func (c *conn) asking() bool {
	switch http.ConnState(c.state.Load()) {
	case http.StateNew, http.StateIdle:
		return c.begun.Load() || readable(c.Conn)
	}
	return true
}

// readable says whether a read of a socket, or an accept, would not wait.
func readable(of any) (yes bool) {
	sys, ok := of.(syscaller)
	if !ok {
		return false
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) { // fails when it is closed: nothing to read then
		look := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(look, 0)
		yes = err == nil && n == 1
	})
	return yes
}

// phases counts connections by what they are doing.
type phases struct {
	fresh  *atomic.Int64 // accepted, no request read yet
	active *atomic.Int64 // from the head of a request to the last byte of its answer
}

// moved is the server's ConnState hook.
func (p *phases) moved(nc net.Conn, to http.ConnState) {
	c := nc.(*conn)
	if to == http.StateIdle {
		c.begun.Store(false)
	}
	from := http.ConnState(c.state.Swap(int32(to)))
	if to == http.StateNew {
		p.fresh.Add(1)
		return
	}
	p.count(to, +1)
	p.count(from, -1)
}

func (p *phases) count(s http.ConnState, by int64) {
	switch s {
	case http.StateNew:
		p.fresh.Add(by)
	case http.StateActive:
		p.active.Add(by)
	}
}
