package main

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// late holds answers back, each for its own known time after the kernel received the
// request, and counts how long it really was. A time may be none: then only the kernel's
// stamps are wanted.
type late struct {
	delay, jitter time.Duration
	delays        *[waited]atomic.Uint64
	arrivals      *arrivals // nil: they are not counted
	byKernel      bool      // the stamp of what was read last
	waiting       []held    // by due
	message       unix.Msghdr
	vector        unix.Iovec
	control       [64]byte
}

// held is an answer held back. Moments are those of the wall clock, as the kernel's
// stamps are.
type held struct {
	due, stamp int64
	fd         int32
}

func newLate(o options, m *memory, listener int) *late {
	// Connections inherit it from the listener.
	_ = unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	l := &late{delay: o.delay, jitter: min(o.jitter, o.delay), delays: m.delays}
	if o.arrivals {
		l.arrivals = m.arrivals
	}
	l.message.Iov, l.message.Iovlen = &l.vector, 1
	return l
}

// punctual lets the thread's timers end when they should, not up to 50 µs later.
func (l *late) punctual() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

func (l *late) receive(fd int, b []byte) (n int, stamp int64, errno syscall.Errno) {
	l.vector.Base = &b[0]
	l.vector.SetLen(len(b))
	l.message.Control = &l.control[0]
	l.message.SetControllen(len(l.control))
	got, _, e := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&l.message)), unix.MSG_DONTWAIT)
	if e != 0 {
		return 0, 0, e
	}
	return int(got), l.stamped(), 0
}

// stamped is when the kernel received what was read, or now.
func (l *late) stamped() int64 {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&l.control[0]))
	l.byKernel = l.message.Controllen >= unix.SizeofCmsghdr && h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS
	if l.byKernel {
		return (*unix.Timespec)(unsafe.Pointer(&l.control[unix.CmsgLen(0)])).Nano()
	}
	return time.Now().UnixNano()
}

// add counts a request, and holds its answer back.
func (l *late) add(fd int, stamp int64) {
	if l.arrivals != nil {
		l.arrivals.add(stamp, l.byKernel)
	}
	due := stamp + int64(l.delay)
	if l.jitter > 0 {
		due += rand.Int64N(2*int64(l.jitter)) - int64(l.jitter)
	}
	i := len(l.waiting)
	for i > 0 && l.waiting[i-1].due > due {
		i--
	}
	l.waiting = slices.Insert(l.waiting, i, held{due, stamp, int32(fd)})
}

// answer sends what is due.
func (l *late) answer(s *server) {
	for len(l.waiting) > 0 {
		now := time.Now().UnixNano()
		h := l.waiting[0]
		if h.due > now {
			return
		}
		l.waiting = slices.Delete(l.waiting, 0, 1)
		us := min(max(now-h.stamp, 0)/int64(time.Microsecond), waited-1)
		l.delays[us].Add(1)
		if !write(int(h.fd), answer) {
			s.close(int(h.fd))
		}
	}
}

// forget drops the answers to a connection that is gone: its file may be another's soon.
func (l *late) forget(fd int) {
	l.waiting = slices.DeleteFunc(l.waiting, func(h held) bool { return int(h.fd) == fd })
}

// wait waits for events until the next answer is due.
func (l *late) wait(s *server) int {
	var limit *unix.Timespec
	if len(l.waiting) > 0 {
		ts := unix.NsecToTimespec(max(l.waiting[0].due-time.Now().UnixNano(), 0))
		limit = &ts
	}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(s.ep), uintptr(unsafe.Pointer(&s.events[0])),
		uintptr(len(s.events)), uintptr(unsafe.Pointer(limit)), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}
