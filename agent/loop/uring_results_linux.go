package loop

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// take takes up one result.
func (u *uring) take(c *ringResult) {
	about, fd := c.data>>aboutShift&15, int32(c.data&fileMask)
	switch about {
	case aboutBell:
		u.rung()
		return
	case aboutClose:
		return
	}
	f := u.file(fd)
	if f.gen != uint32(c.data>>32) {
		u.returned(c)
		return
	}
	switch about {
	case aboutReceive:
		u.received(fd, f, c)
	case aboutSend:
		u.unsent(fd, f, c)
	case aboutRoom:
		u.goOn(fd, f)
	}
}

// rung answers the bell.
func (u *uring) rung() {
	var count [8]byte
	_, _ = unix.Read(u.bell, count[:])
	u.poll(u.bell, unix.POLLIN, uint64(aboutBell)<<aboutShift)
}

// returned gives back the buffer of a result nobody waits for.
func (u *uring) returned(c *ringResult) {
	if c.flags&resultHasBuffer != 0 {
		u.buffers.give(int16(c.flags >> 16))
	}
}

// received is news of a connection: it is open, bytes have come, or it has ended.
func (u *uring) received(fd int32, f *ringFile, c *ringResult) {
	if !f.listening {
		is := writable
		if c.res < 0 || c.res&(unix.POLLERR|unix.POLLHUP) != 0 {
			is |= hungUp
		}
		u.tell(fd, f, is)
		return
	}
	f.listening = c.flags&resultHasMore != 0
	switch {
	case c.res == -int32(unix.ENOBUFS):
	case c.res < 0:
		u.failed(fd, f, syscall.Errno(-c.res))
		return
	case c.flags&resultHasBuffer != 0 && u.keep(f, int16(c.flags>>16), int(c.res)):
		u.tell(fd, f, readable)
	default:
		u.returned(c)
		f.ended = true
		u.tell(fd, f, readable|hungUp)
		return
	}
	if !f.listening {
		u.starved = append(u.starved, c.data)
	}
}

// keep puts a buffer behind those its connection has; false when it is empty.
func (u *uring) keep(f *ringFile, id int16, n int) bool {
	b := u.buffers
	s := span{0, uint16(n)}
	b.stamps[id] = 0
	if u.stamps {
		s.from = messageHead
		b.stamps[id] = u.stamp(b.of(id))
	}
	if s.from >= s.to {
		return false
	}
	b.bytes[id], b.next[id] = s, noBuffer
	if f.first == noBuffer {
		f.first = id
	} else {
		b.next[f.last] = id
	}
	f.last = id
	return true
}

// stamp reads when the kernel received a message: 0 when it does not say. The
// lengths before it are of the name, the control message, the payload, and flags.
func (u *uring) stamp(b []byte) int64 {
	if binary.NativeEndian.Uint32(b[4:]) < uint32(unix.CmsgLen(16)) {
		return 0
	}
	return stampOf(b[16:messageHead])
}

// unsent is a request the socket did not take, or not whole.
func (u *uring) unsent(fd int32, f *ringFile, c *ringResult) {
	if c.res < 0 && c.res != -int32(unix.EAGAIN) {
		u.failed(fd, f, syscall.Errno(-c.res))
		return
	}
	for _, s := range u.sending {
		if s.fd == fd {
			u.rest[fd] = append(append([]byte(nil), u.out[s.from+max(c.res, 0):s.to]...), u.rest[fd]...)
		}
	}
	u.later = append(u.later, fd)
}

// goOn sends what is left of a request.
func (u *uring) goOn(fd int32, f *ringFile) {
	if len(u.rest[fd]) == 0 {
		delete(u.rest, fd)
		u.tell(fd, f, writable)
		return
	}
	n, errno := sendNow(fd, u.rest[fd])
	if errno != 0 && errno != syscall.EAGAIN {
		delete(u.rest, fd)
		u.failed(fd, f, errno)
		return
	}
	if u.rest[fd] = u.rest[fd][n:]; len(u.rest[fd]) > 0 {
		u.poll(int(fd), unix.POLLOUT, u.name(fd, aboutRoom))
		return
	}
	u.goOn(fd, f)
}

func (u *uring) failed(fd int32, f *ringFile, errno syscall.Errno) {
	f.errno = int16(errno)
	u.tell(fd, f, readable|hungUp)
}

func (u *uring) tell(fd int32, f *ringFile, is readiness) {
	f.flags |= is
	if !f.listed {
		f.listed = true
		u.ready = append(u.ready, fd)
	}
}
