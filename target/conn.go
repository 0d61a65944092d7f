package target

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
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
	state atomic.Int32 // http.ConnState

	mu     sync.Mutex
	probes bool // its latest request was a probe
	closed bool
}

// Close closes and counts the connection out.
func (c *conn) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.from.counter.ConnClosed(c.probes)
		<-c.from.places
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

// A listener accepts at most as many connections as there are places. Those beyond
// wait in the socket's queue: running out of file descriptors would cost the
// service its upstream too.
type listener struct {
	net.Listener
	counter counter
	places  chan struct{}
	done    chan struct{}
	once    sync.Once
}

func newListener(ln net.Listener, c counter, limit int) *listener {
	return &listener{Listener: ln, counter: c, places: make(chan struct{}, limit), done: make(chan struct{})}
}

// Accept waits for a place, then for a connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		// Go would probe each every 15 s: of 50,000 idle ones that is 3,333 packets a second.
		_ = tcp.SetKeepAlive(false)
	}
	l.counter.ConnOpened()
	return &conn{Conn: c, from: l}, nil
}

// Close stops accepting.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// phases counts connections by what they are doing.
type phases struct {
	fresh  atomic.Int64 // accepted, no request yet
	active atomic.Int64 // from the first byte of a request to the last of its answer
}

// moved is the server's ConnState hook.
func (p *phases) moved(nc net.Conn, to http.ConnState) {
	c := nc.(*conn)
	from := http.ConnState(c.state.Swap(int32(to)))
	if to == http.StateNew {
		p.fresh.Add(1)
		return
	}
	p.count(from, -1)
	p.count(to, +1)
}

func (p *phases) count(s http.ConnState, by int64) {
	switch s {
	case http.StateNew:
		p.fresh.Add(by)
	case http.StateActive:
		p.active.Add(by)
	}
}
