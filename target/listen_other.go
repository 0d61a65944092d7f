//go:build !linux

package target

import (
	"context"
	"net"
	"os"
)

// listen opens one listening socket n times over: elsewhere SO_REUSEPORT does not
// spread connections, and workers that accept from one queue do.
func listen(ctx context.Context, addr string, n int) (files []*os.File, at net.Addr, err error) {
	ln, err := listenOne(ctx, &net.ListenConfig{}, addr)
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	for range n {
		f, err := ln.File()
		if err != nil {
			closeFiles(files)
			return nil, nil, err
		}
		files = append(files, f)
	}
	return files, ln.Addr(), nil
}
