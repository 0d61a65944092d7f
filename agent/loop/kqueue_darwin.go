package loop

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kqueue is the poller of macOS. It is plain: a Mac is where runs are tried out.
type kqueue struct {
	monotonic
	fd     int
	refs   []uint64 // by file: kevent carries pointers only
	events [eventBatch]unix.Kevent_t
	room   int // of receive buffers; 0 = the kernel's choice
}

const bellIdent = 1

// newPoller opens a kqueue: there is nothing else here.
func newPoller(kind string, _ bool) (poller, error) {
	if kind == PollerEpoll || kind == PollerURing {
		return nil, fmt.Errorf("%s is Linux's", kind)
	}
	clock, err := newMonotonic()
	if err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	fd, err := unix.Kqueue()
	if err != nil {
		return nil, fmt.Errorf("open a kqueue: %w", err)
	}
	unix.CloseOnExec(fd)
	p := &kqueue{monotonic: clock, fd: fd}
	bell := unix.Kevent_t{Ident: bellIdent, Filter: unix.EVFILT_USER, Flags: unix.EV_ADD | unix.EV_CLEAR}
	if _, err := unix.Kevent(fd, []unix.Kevent_t{bell}, nil, nil); err != nil {
		p.shut()
		return nil, fmt.Errorf("add a user event: %w", err)
	}
	return p, nil
}

func (p *kqueue) connect(ref uint64, from netip.Addr, to netip.AddrPort) (int32, syscall.Errno) {
	family := unix.AF_INET
	if to.Addr().Unmap().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, errnoOf(err)
	}
	unix.CloseOnExec(fd)
	if errno := p.prepare(fd, ref, from, to); errno != 0 {
		unix.Close(fd)
		return -1, errno
	}
	return int32(fd), 0
}

func (p *kqueue) prepare(fd int, ref uint64, from netip.Addr, to netip.AddrPort) syscall.Errno {
	if err := unix.SetNonblock(fd, true); err != nil {
		return errnoOf(err)
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	if p.room > 0 {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, p.room)
	}
	if from.IsValid() {
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0))); err != nil {
			return errnoOf(err)
		}
	}
	if err := unix.Connect(fd, sockaddr(to)); err != nil && err != unix.EINPROGRESS {
		return errnoOf(err)
	}
	for len(p.refs) <= fd {
		p.refs = append(p.refs, 0)
	}
	p.refs[fd] = ref
	changes := []unix.Kevent_t{
		{Ident: uint64(fd), Filter: unix.EVFILT_READ, Flags: unix.EV_ADD | unix.EV_CLEAR},
		{Ident: uint64(fd), Filter: unix.EVFILT_WRITE, Flags: unix.EV_ADD | unix.EV_CLEAR},
	}
	if _, err := unix.Kevent(p.fd, changes, nil, nil); err != nil {
		return errnoOf(err)
	}
	return 0
}

func (p *kqueue) connected(fd int32) syscall.Errno { return socketError(int(fd)) }

func (p *kqueue) flush() {}

func (p *kqueue) send(fd int32, b []byte) (int, syscall.Errno) {
	n, err := unix.Write(int(fd), b)
	if err != nil {
		return 0, again(errnoOf(err))
	}
	return n, 0
}

func (p *kqueue) recv(fd int32, b []byte) (int, int64, syscall.Errno) {
	n, err := unix.Read(int(fd), b)
	if err != nil {
		return 0, 0, again(errnoOf(err))
	}
	return n, 0, 0
}

func (p *kqueue) close(fd int32, abort bool) {
	if abort {
		unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	unix.Close(int(fd))
}

func (p *kqueue) wait(until int64, asleep bool, events []event) int {
	left := max(until-p.now(), 0)
	if asleep {
		time.Sleep(time.Duration(left))
		left = 0
	}
	ts := unix.NsecToTimespec(min(left, int64(time.Hour)))
	n, err := unix.Kevent(p.fd, nil, p.events[:min(len(events), len(p.events))], &ts)
	if err != nil {
		return 0
	}
	filled := 0
	for i := range n {
		if e, ok := p.translate(&p.events[i]); ok {
			events[filled] = e
			filled++
		}
	}
	return filled
}

func (p *kqueue) translate(k *unix.Kevent_t) (event, bool) {
	if k.Filter == unix.EVFILT_USER {
		return event{}, false
	}
	e := event{ref: p.refs[k.Ident], is: writable}
	if k.Filter == unix.EVFILT_READ {
		e.is = readable
	}
	if k.Flags&unix.EV_EOF != 0 {
		e.is |= hungUp
	}
	return e, true
}

func (p *kqueue) prompt() {}

func (p *kqueue) wall() int64 { return 0 }

func (p *kqueue) naps() int64 { return untold }

func (p *kqueue) narrow(bytes int) { p.room = bytes }

func (p *kqueue) wake() {
	ring := unix.Kevent_t{Ident: bellIdent, Filter: unix.EVFILT_USER, Fflags: unix.NOTE_TRIGGER}
	_, _ = unix.Kevent(p.fd, []unix.Kevent_t{ring}, nil, nil)
}

func (p *kqueue) shut() { unix.Close(p.fd) }

// sockaddr is an address in the form system calls take.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: ip.As16()}
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
