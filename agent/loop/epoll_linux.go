package loop

import (
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epoll is Linux's poller. Calls that cannot block go around the scheduler
// (RawSyscall): they take half of what they would with it. A wait that blocks does
// so only for up to rawWait, because the garbage collector cannot stop the world
// while a thread is in such a call. Where Go sends signals (agents have none: agent/host)
// one ends the wait, and Gosched then is where it finds the thread. Longer waits are
// told to the scheduler.
type epoll struct {
	monotonic
	fd, bell int
	stamps   bool
	hot      bool // the last wait was short
	room     int  // of receive buffers; 0 = the kernel's choice
	events   [eventBatch]unix.EpollEvent
	message  unix.Msghdr
	vector   unix.Iovec
	control  [64]byte
}

const (
	rawWait  = int64(time.Millisecond)
	bellRef  = ^uint64(0)
	interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | (1 << 31) // EPOLLET
)

// newEpoll opens an epoll set, and a bell to wake it.
func newEpoll(stamps bool) (*epoll, error) {
	clock, err := newMonotonic()
	if err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("open an epoll set: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("open an eventfd: %w", err)
	}
	p := &epoll{monotonic: clock, fd: fd, bell: bell, stamps: stamps}
	p.vector.Base = nil
	p.message.Iov, p.message.Iovlen = &p.vector, 1
	ev := pack(unix.EPOLLIN|1<<31, bellRef)
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, bell, &ev); err != nil {
		p.shut()
		return nil, fmt.Errorf("watch the eventfd: %w", err)
	}
	return p, nil
}

func (p *epoll) prompt() { promptThread() }

func (p *epoll) wall() int64 { return wallOf(p.stamps) }

func (p *epoll) narrow(bytes int) { p.room = bytes }

func pack(events uint32, ref uint64) unix.EpollEvent {
	return unix.EpollEvent{Events: events, Fd: int32(uint32(ref)), Pad: int32(uint32(ref >> 32))}
}

func unpack(e *unix.EpollEvent) event {
	var is readiness
	if e.Events&unix.EPOLLIN != 0 {
		is |= readable
	}
	if e.Events&unix.EPOLLOUT != 0 {
		is |= writable
	}
	if e.Events&(unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLRDHUP) != 0 {
		is |= hungUp
	}
	return event{ref: uint64(uint32(e.Pad))<<32 | uint64(uint32(e.Fd)), is: is}
}

func (p *epoll) connect(ref uint64, from netip.Addr, to netip.AddrPort) (int32, syscall.Errno) {
	fd, errno := dialSocket(from, to, p.stamps, p.room)
	if errno != 0 {
		return -1, errno
	}
	ev := pack(interest, ref)
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, int(fd), &ev); err != nil {
		unix.Close(int(fd))
		return -1, errnoOf(err)
	}
	return fd, 0
}

func (p *epoll) connected(fd int32) syscall.Errno { return socketError(int(fd)) }

func (p *epoll) flush() {}

func (p *epoll) send(fd int32, b []byte) (int, syscall.Errno) { return sendNow(fd, b) }

func (p *epoll) recv(fd int32, b []byte) (int, int64, syscall.Errno) {
	if p.stamps {
		return p.recvStamped(fd, b)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, 0, again(errno)
	}
	return int(n), 0, 0
}

// recvStamped also takes the moment the kernel received the last of the bytes.
func (p *epoll) recvStamped(fd int32, b []byte) (int, int64, syscall.Errno) {
	p.vector.Base = unsafe.SliceData(b)
	p.vector.SetLen(len(b))
	p.message.Control = &p.control[0]
	p.message.SetControllen(len(p.control))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.message)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, 0, again(errno)
	}
	return int(n), p.stamp(), 0
}

// stamp reads the control message of the last receive: 0 when there is none.
func (p *epoll) stamp() int64 {
	return stampOf(p.control[:p.message.Controllen])
}

func (p *epoll) close(fd int32, abort bool) {
	if abort {
		unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
}

func (p *epoll) wait(until int64, asleep bool, events []event) int {
	now := p.now()
	if asleep {
		p.sleep(until - now)
		now = until
	}
	n := 0
	switch left := until - now; {
	case left <= 0:
		n = p.poll(len(events), 0)
	case p.hot:
		if n = p.poll(len(events), min(left, rawWait)); n == 0 && left > rawWait {
			p.hot = false
		}
	default:
		n = p.block(len(events), left)
		p.hot = p.now()-now < rawWait
	}
	return p.deliver(n, events)
}

// deliver hands over what the last wait found, the bell apart.
func (p *epoll) deliver(n int, events []event) int {
	filled := 0
	for i := range n {
		e := unpack(&p.events[i])
		if e.ref == bellRef {
			var count [8]byte
			unix.Read(p.bell, count[:])
			continue
		}
		events[filled] = e
		filled++
	}
	return filled
}

// poll waits for a short time without telling the scheduler.
func (p *epoll) poll(room int, nanos int64) int {
	ts := unix.NsecToTimespec(nanos)
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(min(room, len(p.events))), uintptr(unsafe.Pointer(&ts)), 0, 0)
	return p.found(n, errno, nanos)
}

// block waits for as long as it takes.
func (p *epoll) block(room int, nanos int64) int {
	ts := unix.NsecToTimespec(nanos)
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(min(room, len(p.events))), uintptr(unsafe.Pointer(&ts)), 0, 0)
	return p.found(n, errno, nanos)
}

func (p *epoll) found(n uintptr, errno syscall.Errno, nanos int64) int {
	switch errno {
	case 0:
		return int(n)
	case unix.EINTR:
		runtime.Gosched() // the collector may want this thread
	case unix.ENOSYS: // before Linux 5.11: whole milliseconds
		n, _ := unix.EpollWait(p.fd, p.events[:], int((nanos+int64(time.Millisecond)-1)/int64(time.Millisecond)))
		return max(n, 0)
	}
	return 0
}

// sleep does nothing for a while. A tick is short enough not to tell the scheduler.
func (p *epoll) sleep(nanos int64) {
	if nanos <= 0 {
		return
	}
	ts := unix.NsecToTimespec(nanos)
	if nanos > rawWait {
		unix.Syscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
		return
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0); errno != 0 {
		runtime.Gosched()
	}
}

func (p *epoll) wake() {
	one := [8]byte{1}
	unix.Write(p.bell, one[:])
}

func (p *epoll) shut() {
	unix.Close(p.bell)
	unix.Close(p.fd)
}
