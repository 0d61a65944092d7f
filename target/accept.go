package target

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type syscaller interface {
	SyscallConn() (syscall.RawConn, error)
}

// A listener accepts at most as many connections as there are places. Those beyond
// wait in the socket's queue: running out of file descriptors would cost the
// service its upstream too.
type listener struct {
	net.Listener
	counter   counter
	places    places
	keepAlive atomic.Int64        // ns that an idle connection is kept; 0 = for ever
	waited    func(time.Duration) // told how long each had been in the queue; nil = nobody wants to know
	alive     func()              // called by whoever accepts, after a poke; nil = nobody wants to know
	poked     chan struct{}
	done      chan struct{}
	once      sync.Once

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// newListener has places for as many connections as there are files for.
func newListener(ln net.Listener, c counter, limit int) *listener {
	l := &listener{Listener: ln, counter: c, poked: make(chan struct{}, 1), done: make(chan struct{}), conns: map[*conn]struct{}{}}
	l.places = places{limit: limit, most: limit, freed: make(chan struct{}, 1)}
	return l
}

// Accept waits for a place, then for a connection.
func (l *listener) Accept() (net.Conn, error) {
	for l.place() {
		c, err := l.Listener.Accept()
		if err == nil {
			return l.admitted(c)
		}
		l.places.give()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		l.deadline(time.Time{})
		l.lives()
	}
	return nil, net.ErrClosed
}

// place waits for one; false means that the listener was closed.
func (l *listener) place() bool {
	for {
		if l.places.take() {
			return true
		}
		select {
		case <-l.places.freed:
		case <-l.poked:
			l.lives()
		case <-l.done:
			return false
		}
	}
}

// admitted keeps a connection waiting that came by a place which was taken away
// meanwhile: whoever accepts takes one in advance.
func (l *listener) admitted(c net.Conn) (net.Conn, error) {
	if l.places.over() {
		l.places.give()
		if !l.place() {
			return nil, errors.Join(net.ErrClosed, c.Close())
		}
	}
	return l.opened(c), nil
}

func (l *listener) opened(nc net.Conn) *conn {
	if tcp, ok := nc.(*net.TCPConn); ok {
		// Go would probe each every 15 s: of 50,000 idle ones that is 3,333 packets a second.
		_ = tcp.SetKeepAlive(false)
	}
	if l.waited != nil {
		if d, known := queuedFor(nc); known {
			l.waited(d)
		}
	}
	l.counter.ConnOpened()
	c := &conn{Conn: nc, from: l, born: time.Now()}
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	return c
}

func (l *listener) gone(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	l.places.give()
}

// held is how many connections are open.
func (l *listener) held() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// sweep closes the connections that are not to be kept.
func (l *listener) sweep(keep func(*conn) bool) {
	var idle []*conn
	l.mu.Lock()
	for c := range l.conns {
		if !keep(c) {
			idle = append(idle, c)
		}
	}
	l.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
}

// poke asks whoever accepts to say that it lives: it does when it could take a
// connection now, and when it waits for a place.
func (l *listener) poke() {
	select {
	case l.poked <- struct{}{}:
	default:
	}
	l.deadline(time.Unix(1, 0))
}

func (l *listener) deadline(t time.Time) {
	if d, ok := l.Listener.(interface{ SetDeadline(time.Time) error }); ok {
		_ = d.SetDeadline(t) // fails when it is closed, and then nobody waits for it
	}
}

func (l *listener) lives() {
	if l.alive != nil {
		l.alive()
	}
}

// finish accepts what waits in the queue, for so long at most, and closes.
func (l *listener) finish(limit time.Duration) {
	for began := time.Now(); readable(l.Listener) && time.Since(began) < limit; {
		time.Sleep(drainTick)
	}
	_ = l.Close()
}

// Close stops accepting.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// places bound how many connections there are. Their number can change: if there are
// more than it allows then, none is accepted until enough have gone.
type places struct {
	mu    sync.Mutex
	used  int
	limit int
	most  int // that the process has files for
	freed chan struct{}
}

func (p *places) take() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used >= p.limit {
		return false
	}
	p.used++
	return true
}

// over says whether there are more than their number allows now.
func (p *places) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used > p.limit
}

func (p *places) give() {
	p.mu.Lock()
	p.used--
	p.mu.Unlock()
	p.free()
}

// resize allows as many places as are wanted, 0 for as many as there are files for, and
// says how many that is.
func (p *places) resize(wanted, most int) int {
	p.mu.Lock()
	p.limit, p.most = most, most
	if wanted > 0 {
		p.limit = min(wanted, most)
	}
	limit := p.limit
	p.mu.Unlock()
	p.free()
	return limit
}

// open allows as many as there are files for.
func (p *places) open() {
	p.mu.Lock()
	p.limit = p.most
	p.mu.Unlock()
	p.free()
}

func (p *places) free() {
	select {
	case p.freed <- struct{}{}:
	default:
	}
}
