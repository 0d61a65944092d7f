//go:build !linux

package truth

import (
	"net"
	"time"
)

// stampArrivals does nothing: requests are stamped when they are read.
func stampArrivals(*net.TCPListener) {}

type stamps struct{}

// read reads what has come, and the offset at which it was read.
func (s *stamps) read(c *conn, p []byte) (n int, at time.Duration, err error) {
	n, err = c.tcp.Read(p)
	return n, c.server.now(), err
}
