package target

import (
	"context"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// listen opens n listening sockets on one address, among which the kernel spreads
// connections evenly, and says which address that is.
func listen(ctx context.Context, addr string, n int) ([]*os.File, net.Addr, error) {
	// An ordinary socket first: a second group on the same port would be let in by
	// SO_REUSEPORT, and quietly take its share of the connections.
	bound, err := listenOne(ctx, &net.ListenConfig{}, addr)
	if err != nil {
		return nil, nil, err
	}
	addr = bound.Addr().String()
	_ = bound.Close()
	shared := &net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	return listenFiles(ctx, shared, addr, n)
}

func listenFiles(ctx context.Context, lc *net.ListenConfig, addr string, n int) (files []*os.File, at net.Addr, err error) {
	for range n {
		ln, err := listenOne(ctx, lc, addr)
		if err != nil {
			closeFiles(files)
			return nil, nil, err
		}
		at = ln.Addr()
		f, err := ln.File()
		_ = ln.Close()
		if err != nil {
			closeFiles(files)
			return nil, nil, err
		}
		files = append(files, f)
	}
	return files, at, nil
}
