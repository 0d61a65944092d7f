package loop

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dialSocket opens a socket and begins to connect it. It makes the system calls by
// hand: the usual way allocates for each, and tens of thousands are opened at once.
// room is that of its receive buffer; 0 = the kernel's choice.
func dialSocket(from netip.Addr, to netip.AddrPort, stamps bool, room int) (int32, syscall.Errno) {
	family := uintptr(unix.AF_INET)
	if to.Addr().Unmap().Is6() {
		family = unix.AF_INET6
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_SOCKET, family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errno != 0 {
		return -1, errno
	}
	if errno := prepareSocket(int32(fd), from, to, stamps, room); errno != 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
		return -1, errno
	}
	return int32(fd), 0
}

// prepareSocket does without options that an old kernel lacks.
func prepareSocket(fd int32, from netip.Addr, to netip.AddrPort, stamps bool, room int) syscall.Errno {
	set(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
	if stamps {
		set(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS)
	}
	if room > 0 { // before connecting: a window that was offered cannot be taken back
		setTo(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, int32(room))
	}
	if from.IsValid() {
		// Without this the kernel picks a port at bind, when it does not yet know the
		// other end, and one source address has ports for 28,000 connections in all.
		set(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT)
		if errno := address(unix.SYS_BIND, fd, netip.AddrPortFrom(from, 0)); errno != 0 {
			return errno
		}
	}
	if errno := address(unix.SYS_CONNECT, fd, to); errno != 0 && errno != unix.EINPROGRESS {
		return errno
	}
	return 0
}

// set switches an option of a socket on.
func set(fd int32, level, option uintptr) { setTo(fd, level, option, 1) }

func setTo(fd int32, level, option uintptr, value int32) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), level, option, uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
}

// address calls bind or connect with an address.
func address(call uintptr, fd int32, a netip.AddrPort) (errno syscall.Errno) {
	if ip := a.Addr().Unmap(); ip.Is4() {
		raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: bigEndian(a.Port()), Addr: ip.As4()}
		_, _, errno = unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&raw)), unsafe.Sizeof(raw))
	} else {
		raw := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: bigEndian(a.Port()), Addr: ip.As16()}
		_, _, errno = unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&raw)), unsafe.Sizeof(raw))
	}
	return errno
}

// disconnect resets a connection at once.
func disconnect(fd int32) {
	nobody := unix.RawSockaddrInet4{Family: unix.AF_UNSPEC}
	_, _, _ = unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&nobody)), unsafe.Sizeof(nobody))
}

func bigEndian(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// socketError is how connecting ended: EINPROGRESS if it has not.
func socketError(fd int) syscall.Errno {
	var failed, length uint32 = 0, 4
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR,
		uintptr(unsafe.Pointer(&failed)), uintptr(unsafe.Pointer(&length)), 0)
	switch {
	case errno != 0:
		return errno
	case failed != 0:
		return syscall.Errno(failed)
	}
	var peer unix.RawSockaddrAny
	length = unix.SizeofSockaddrAny
	_, _, errno = unix.RawSyscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(unsafe.Pointer(&peer)), uintptr(unsafe.Pointer(&length)))
	if errno != 0 {
		return syscall.EINPROGRESS
	}
	return 0
}
