package target

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// beating is a listener that counts the heartbeats of whoever accepts.
func beating(t *testing.T, places int) (l *listener, beats *atomic.Int64) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	beats = new(atomic.Int64)
	l = newListener(ln, noCounter{}, places)
	l.alive = func() { beats.Add(1) }
	t.Cleanup(func() { _ = l.Close() })
	return l, beats
}

func poked(t *testing.T, l *listener, beats *atomic.Int64) {
	t.Helper()
	before := beats.Load()
	eventually(t, 30*time.Second, "it says that it lives", func() bool {
		l.poke()
		return beats.Load() > before
	})
}

// Whoever accepts beats when it waits for a connection, and when it waits for a place; a
// process where nobody accepts does not.
func TestTheHeartbeatIsOfWhoeverAccepts(t *testing.T) {
	l, beats := beating(t, 1)
	for range 10 {
		l.poke()
	}
	if beats.Load() > 0 {
		t.Fatal("nobody accepts, and it says that it lives")
	}
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	poked(t, l, beats)
	dial(t, l.Addr().String())
	first := <-accepted
	poked(t, l, beats)
	dial(t, l.Addr().String()) // beyond the limit
	poked(t, l, beats)
	first.Close()
	(<-accepted).Close()
	_ = l.Close()
	if _, more := <-accepted; more {
		t.Error("accepted after the end")
	}
}

// A place is taken before a connection comes: when there are fewer meanwhile, the one that
// comes waits.
func TestNoConnectionComesByAPlaceThatWasTakenAway(t *testing.T) {
	l, beats := beating(t, 2)
	accepted := make(chan net.Conn, 2)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	dial(t, l.Addr().String())
	<-accepted
	eventually(t, 30*time.Second, "it waits in a second place", func() bool {
		l.places.mu.Lock()
		defer l.places.mu.Unlock()
		return l.places.used == 2
	})
	l.places.resize(1, 100)
	dial(t, l.Addr().String())
	poked(t, l, beats)
	poked(t, l, beats)
	if len(accepted) > 0 {
		t.Error("two connections in one place")
	}
	l.places.resize(2, 100)
	<-accepted
}
