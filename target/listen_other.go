//go:build !linux

package target

import (
	"context"
	"net"

	"github.com/loadctl/loadctl/target/workers"
)

// listen opens one socket for all places: elsewhere SO_REUSEPORT does not spread
// connections, and workers that accept from one queue do.
func listen(ctx context.Context, addr, _ string, _ int) (workers.Sockets, net.Addr, error) {
	return listenShared(ctx, addr)
}
