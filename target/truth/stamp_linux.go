package truth

import (
	"io"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampArrivals has the kernel stamp what it receives. Connections inherit it from
// their listener; without it they are stamped when they are read.
func stampArrivals(ln *net.TCPListener) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// stamps is where the kernel leaves its stamp, aligned as its structures are.
type stamps struct {
	_       [0]uint64
	control [64]byte
}

// read reads what has come, and the offset at which the kernel received it.
func (s *stamps) read(c *conn, p []byte) (n int, at time.Duration, err error) {
	control := 0
	waited := c.raw.Read(func(fd uintptr) bool {
		n, control, _, _, err = unix.Recvmsg(int(fd), p, s.control[:], 0)
		return err != unix.EAGAIN && err != unix.EINTR
	})
	switch {
	case waited != nil:
		return 0, 0, waited
	case err != nil:
		return 0, 0, err
	case n == 0:
		return 0, 0, io.EOF
	}
	return n, s.offset(c.server, control), nil
}

func (s *stamps) offset(server *Server, control int) time.Duration {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	if control < unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{}))) || h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return server.now()
	}
	ts := (*unix.Timespec)(unsafe.Pointer(&s.control[unix.CmsgLen(0)]))
	return server.offset(time.Unix(ts.Unix()))
}
