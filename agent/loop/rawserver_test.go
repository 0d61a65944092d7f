package loop

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A peer is one connection of a server that can do anything wrong.
type peer struct {
	net.Conn
	read *bufio.Reader
	path string // of the last request
}

// rawServer handles each connection with f and then closes it.
func rawServer(t testing.TB, f func(c *peer)) netip.AddrPort {
	t.Helper()
	return rawServerOn(t, loopback, f)
}

// rawServerOn is rawServer on an address of this machine.
func rawServerOn(t testing.TB, ip netip.Addr, f func(c *peer)) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp4", netip.AddrPortFrom(ip, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, syscall.EMFILE) { // it shares this process's limit with the loop
				time.Sleep(5 * time.Millisecond)
				continue
			}
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				f(&peer{Conn: c, read: bufio.NewReaderSize(c, 1024)})
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// request reads one request without a body; false at the end.
func (c *peer) request() bool {
	line, err := c.read.ReadString('\n')
	if err != nil {
		return false
	}
	c.path = strings.Fields(line)[1]
	for line != "\r\n" {
		if line, err = c.read.ReadString('\n'); err != nil {
			return false
		}
	}
	return true
}

func (c *peer) write(s string) { _, _ = io.WriteString(c, s) }

// slowly writes byte by byte.
func (c *peer) slowly(s string) {
	for i := range len(s) {
		c.write(s[i : i+1])
		time.Sleep(200 * time.Microsecond)
	}
}

// reset breaks the connection.
func (c *peer) reset() {
	_ = c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// refusing is an address where nobody listens, nor can: its port is taken.
func refusing(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, addr := boundSocket(t)
	t.Cleanup(func() { syscall.Close(fd) })
	return addr
}

// boundSocket is a socket that has a port and does not listen.
func boundSocket(t testing.TB) (fd int, addr netip.AddrPort) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: loopback.As4()}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, netip.AddrPortFrom(loopback, uint16(name.(*syscall.SockaddrInet4).Port))
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// ownAddress is a loopback address that no other test's connections, of this minute or
// the last, lead to or come from: ports of 127.0.0.1 come back while they still wait,
// and may be another process's. Only Linux has more than one.
func ownAddress() netip.Addr {
	if runtime.GOOS != "linux" {
		return loopback
	}
	n := rand.Uint32()
	return netip.AddrFrom4([4]byte{127, byte(64 + n%128), byte(n >> 8), byte(1 + n>>16%250)})
}
