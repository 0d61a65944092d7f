package loop

import (
	"errors"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// sockaddr is an address in the form system calls take.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: ip.As16()}
}

// errnoOf is the number behind an error of package unix.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EINVAL
}

// socketError is how connecting ended: EINPROGRESS if it has not.
func socketError(fd int) syscall.Errno {
	v, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errnoOf(err)
	}
	if v != 0 {
		return syscall.Errno(v)
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return syscall.EINPROGRESS
	}
	return 0
}

// again makes one of the numbers that say not now.
func again(errno syscall.Errno) syscall.Errno {
	if errno == unix.EINTR {
		return unix.EAGAIN
	}
	return errno
}
