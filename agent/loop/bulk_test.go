package loop

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// eachPoller runs a test on a thread of its own with every poller of this machine.
func eachPoller(t *testing.T, stamps bool, f func(t *testing.T, p poller)) {
	for _, kind := range machinePollers(t) {
		t.Run(kind, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			p, err := newPoller(kind, stamps)
			if err != nil {
				t.Fatal(err)
			}
			defer p.shut()
			f(t, p)
		})
	}
}

// A client drives a poller by hand.
type client struct {
	testing.TB
	poller
	fds    map[uint64]int32
	events [16]event
	kept   []event // of connections that nobody waited for yet: they are told once
}

func newClient(t testing.TB, p poller) *client {
	return &client{TB: t, poller: p, fds: map[uint64]int32{}}
}

// open connects, and waits until it has.
func (c *client) open(ref uint64, to netip.AddrPort) int32 {
	fd, errno := c.connect(ref, netip.Addr{}, to)
	if errno != 0 {
		c.Fatal(errno)
	}
	c.fds[ref] = fd
	var others []event
	c.until(func(e event) bool {
		if e.ref != ref {
			others = append(others, e)
		}
		return e.ref == ref
	})
	c.kept = others
	if errno := c.connected(fd); errno != 0 {
		c.Fatal(errno)
	}
	return fd
}

// until takes events until one is what is waited for.
func (c *client) until(found func(event) bool) {
	c.Helper()
	there := false
	for _, e := range c.kept {
		there = found(e) || there
	}
	if c.kept = nil; there {
		return
	}
	for end := c.now() + int64(30*time.Second); c.now() < end; {
		for _, e := range c.events[:c.wait(c.now()+int64(10*time.Millisecond), false, c.events[:])] {
			there = found(e) || there
		}
		if there {
			return
		}
	}
	c.Fatal("what was waited for has not come")
}

// read reads a connection until there is no more.
func (c *client) read(fd int32) (all []byte, end error) {
	var b [3000]byte
	for {
		n, _, errno := c.recv(fd, b[:])
		switch {
		case errno != 0:
			return all, errno
		case n == 0:
			return all, io.EOF
		}
		all = append(all, b[:n]...)
	}
}

// TestPollerReceivesMuch: more connections than there are buffers, each with more
// than a buffer holds.
func TestPollerReceivesMuch(t *testing.T) {
	const connections, length = 300, 40_000
	much := bytes.Repeat([]byte("0123456789"), length/10)
	addr := rawServer(t, func(c *peer) { c.write(string(much)); c.request() })
	for _, stamps := range []bool{false, true} {
		eachPoller(t, stamps, func(t *testing.T, p poller) {
			c := newClient(t, p)
			got := map[uint64][]byte{}
			whole := 0
			take := func(e event) bool {
				if c.fds[e.ref] == 0 || len(got[e.ref]) == length {
					return false
				}
				more, end := c.read(c.fds[e.ref])
				if !errors.Is(end, syscall.EAGAIN) {
					t.Fatalf("connection %d: %v", e.ref, end)
				}
				if got[e.ref] = append(got[e.ref], more...); len(got[e.ref]) == length {
					whole++
				}
				return whole == connections
			}
			for ref := range uint64(connections) {
				fd, errno := c.connect(ref, netip.Addr{}, addr)
				if errno != 0 {
					t.Fatal(errno)
				}
				c.until(func(e event) bool { _ = take(e); return e.ref == ref })
				if errno := c.connected(fd); errno != 0 {
					t.Fatal(errno)
				}
				c.fds[ref] = fd
				_ = take(event{ref: ref}) // what has come with the connection is told no more
			}
			if whole < connections {
				c.until(take)
			}
			for ref, b := range got {
				if !bytes.Equal(b, much) {
					t.Fatalf("connection %d got something else", ref)
				}
				c.close(c.fds[ref], true)
			}
		})
	}
}

// TestPollerSendsMuch to a server that reads slowly: what the socket does not take
// is sent later, by the poller or by who uses it.
func TestPollerSendsMuch(t *testing.T) {
	const length = 20 << 20
	for _, piece := range []int{length, 30_000, 1_000} {
		counted := make(chan int, 1)
		addr := rawServer(t, func(c *peer) {
			time.Sleep(50 * time.Millisecond)
			n, _ := io.CopyN(io.Discard, c, length)
			counted <- int(n)
		})
		eachPoller(t, false, func(t *testing.T, p poller) {
			c := newClient(t, p)
			fd := c.open(1, addr)
			left := make([]byte, length)
			send := func(event) bool {
				for len(left) > 0 {
					n, errno := c.send(fd, left[:min(piece, len(left))])
					if errno == syscall.EAGAIN {
						return false
					}
					if errno != 0 {
						t.Fatal(errno)
					}
					left = left[n:]
				}
				return true
			}
			if !send(event{}) {
				c.until(send)
			}
			for len(counted) == 0 {
				c.wait(c.now()+int64(10*time.Millisecond), false, c.events[:])
			}
			c.close(fd, false)
			c.wait(c.now(), false, c.events[:])
			if n := <-counted; n != length {
				t.Errorf("%d bytes were sent, %d came", length, n)
			}
		})
	}
}

// TestPollerCloses: closed, a connection ends at once for the other side, and its
// number may be another's.
func TestPollerCloses(t *testing.T) {
	ends := make(chan error, 1)
	addr := rawServer(t, func(c *peer) {
		_, err := c.read.ReadByte()
		ends <- err
	})
	eachPoller(t, true, func(t *testing.T, p poller) {
		c := newClient(t, p)
		for ref := range uint64(20) {
			fd := c.open(ref, addr)
			c.close(fd, ref%2 == 1)
			for len(ends) == 0 {
				for _, e := range c.events[:c.wait(c.now()+int64(time.Millisecond), false, c.events[:])] {
					t.Errorf("an event of %d, which is closed", e.ref)
				}
			}
			if err := <-ends; errors.Is(err, io.EOF) == (ref%2 == 1) {
				t.Errorf("connection %d ended with %v", ref, err)
			}
		}
	})
}

// TestPollerTellsReset: a connection broken by the other side says so after what
// had come before.
func TestPollerTellsReset(t *testing.T) {
	addr := rawServer(t, func(c *peer) {
		c.request()
		c.reset()
	})
	eachPoller(t, true, func(t *testing.T, p poller) {
		c := newClient(t, p)
		fd := c.open(1, addr)
		if _, errno := c.send(fd, []byte("GET / HTTP/1.1\r\n\r\n")); errno != 0 {
			t.Fatal(errno)
		}
		c.until(func(e event) bool { return e.is&hungUp != 0 })
		if _, end := c.read(fd); !errors.Is(end, syscall.ECONNRESET) {
			t.Errorf("it ended with %v", end)
		}
		if _, errno := c.send(fd, []byte("more")); errno == 0 {
			c.until(func(e event) bool { return e.is&hungUp != 0 })
			if _, end := c.read(fd); errors.Is(end, io.EOF) || errors.Is(end, syscall.EAGAIN) {
				t.Errorf("sending to nobody ended with %v", end)
			}
		}
		c.close(fd, true)
	})
}

// TestPollerLetsTheCollectorIn while it waits.
func TestPollerLetsTheCollectorIn(t *testing.T) {
	eachPoller(t, true, func(t *testing.T, p poller) {
		done := make(chan struct{})
		go func() {
			for range 20 {
				runtime.GC()
			}
			close(done)
			p.wake()
		}()
		var events [4]event
		for end := p.now() + int64(20*time.Second); p.now() < end; {
			p.wait(p.now()+int64(time.Second), false, events[:])
			select {
			case <-done:
				return
			default:
			}
		}
		t.Error("20 collections took 20 s")
	})
}

// TestPollerSaidGoodbyeToNobody: what is sent just before a connection is closed
// arrives, as TLS's farewell must.
func TestPollerSaidGoodbyeToNobody(t *testing.T) {
	heard := make(chan string, 1)
	addr := rawServer(t, func(c *peer) {
		all, _ := io.ReadAll(c)
		heard <- string(all)
	})
	eachPoller(t, false, func(t *testing.T, p poller) {
		c := newClient(t, p)
		for ref := range uint64(9) { // whatever else waits to be sent
			fd := c.open(ref, addr)
			for _, word := range []string{"good", "bye"} {
				if n, errno := c.send(fd, []byte(word)); n != len(word) || errno != 0 {
					t.Fatal(n, errno)
				}
			}
			c.close(fd, false)
			for len(heard) == 0 {
				c.wait(c.now()+int64(time.Millisecond), false, c.events[:])
			}
			if all := <-heard; all != "goodbye" {
				t.Errorf("connection %d heard %q", ref, all)
			}
		}
	})
}
