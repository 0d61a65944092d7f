package loop

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// errnoOf is the number behind an error of package unix.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EINVAL
}

// again makes one of the numbers that say not now.
func again(errno syscall.Errno) syscall.Errno {
	if errno == unix.EINTR {
		return unix.EAGAIN
	}
	return errno
}
