package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// How workers share a port.
const (
	ReusePort = "reuseport" // a socket, and a queue, for each worker; the kernel spreads connections (Linux)
	Shared    = "shared"    // one socket for all: whoever comes first accepts
)

// listenOne listens on a TCP address; the queue is as long as the system allows.
func listenOne(ctx context.Context, lc *net.ListenConfig, addr string) (*net.TCPListener, error) {
	ln, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listening on %s: the port is in use", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return ln.(*net.TCPListener), nil
}

// listenFile is a listening socket for other processes to inherit, and its address. It is
// of plain TCP: Go would open one of Multipath TCP, which takes no program to choose among
// sockets, and does not say how long its queue is.
func listenFile(ctx context.Context, lc *net.ListenConfig, addr string) (*os.File, net.Addr, error) {
	lc.SetMultipathTCP(false)
	ln, err := listenOne(ctx, lc, addr)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = ln.Close() }() // the copy listens on
	f, err := inheritable(ln)
	if err != nil {
		return nil, nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return f, ln.Addr(), nil
}

// inheritable is a copy of a socket that stays non-blocking when it is handed on. That of
// net's File would become blocking, and with it the one that other workers accept from.
func inheritable(ln *net.TCPListener) (*os.File, error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, failed := -1, error(nil)
	if err := raw.Control(func(from uintptr) { fd, failed = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// one is a socket that all places share.
type one struct{ file *os.File }

func listenShared(ctx context.Context, addr string) (one, net.Addr, error) {
	f, at, err := listenFile(ctx, &net.ListenConfig{}, addr)
	return one{f}, at, err
}

func (s one) Socket(int) (*os.File, error) { return s.file, nil }
func (s one) Choose(int) error             { return nil }
func (s one) Waiting(int) int              { return 0 } // the others accept what waits
func (s one) Vacate(int)                   {}
func (s one) Close()                       { s.file.Close() }

// baseURL is how a client on this machine reaches an address.
func baseURL(at net.Addr) string {
	tcp, ok := at.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + at.String()
}

// room is how many connections a process may hold so that descriptors for
// everything else (reserved ones, and a few for the runtime) remain.
func room(reserved int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 1024
	}
	const few = 64
	return max(16, int(min(files.Cur, 1<<20))-reserved-few)
}
