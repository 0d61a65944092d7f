package loop

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// uring is a poller over io_uring, for kernels that have what it needs (6.6). Towards the
// loop it behaves as epoll does. Beneath, requests are sent many to a system call,
// and what comes is received without one: the kernel puts it into buffers while
// the loop waits.
type uring struct {
	monotonic
	ring    *ring
	buffers *ringBuffers
	bell    int
	stamps  bool
	hot     bool // the last wait was short
	room    int  // of receive buffers; 0 = the kernel's choice

	files   []*[filePage]ringFile // by file descriptor
	ready   []int32               // files with news, in order of their coming
	head    int                   // of ready: what was delivered
	starved []uint64              // receives that found no buffer, by name
	rest    map[int32][]byte      // what sockets have still to take: until then they take no more
	later   []int32               // files with a rest to send after the next system call
	out     []byte                // what is sent with the next system call, back to back
	sending []sending
	message unix.Msghdr
}

// filePage is how many files the poller makes room for at a time.
const filePage = 256

func (u *uring) file(fd int32) *ringFile { return &u.files[uint32(fd)/filePage][uint32(fd)%filePage] }

// A ringFile is what the poller knows of a socket: 24 bytes.
type ringFile struct {
	ref         uint64
	gen         uint32 // tells it from others that had the number
	errno       int16
	first, last int16 // buffers received and not yet read
	flags       readiness
	listed      bool // in ready
	open        bool
	listening   bool // a receive is with the kernel
	sent        bool // something goes with the next system call
	ended       bool // the other side has closed
}

// sending is where in out a request is.
type sending struct {
	fd       int32
	from, to int32
}

// What a result is of; with the file's number and generation its name.
const (
	aboutReceive = iota // or of a connect: never both at once
	aboutSend
	aboutRoom
	aboutClose
	aboutBell
)

const (
	aboutShift = 28
	fileMask   = 1<<aboutShift - 1

	// sendAtOnce bounds how much later than its stamp a request leaves: a send takes
	// some 5 µs.
	sendAtOnce = 8
	outRoom    = 64 << 10
	controlLen = 64
	// A received message begins with 16 bytes of lengths and the control message.
	messageHead = 16 + controlLen
	nearlyAll   = ringResults // results that do not come before the time is over
)

// newURing makes a poller, or says why this kernel has none.
func newURing(stamps bool) (*uring, error) {
	clock, err := newMonotonic()
	if err != nil {
		return nil, err
	}
	u := &uring{monotonic: clock, stamps: stamps, bell: -1, rest: map[int32][]byte{}, out: make([]byte, 0, outRoom)}
	if u.ring, err = newRing(); err != nil {
		return nil, err
	}
	if u.buffers, err = newRingBuffers(u.ring); err != nil {
		u.ring.close()
		return nil, err
	}
	if u.bell, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		u.shut()
		return nil, err
	}
	u.message.SetControllen(controlLen)
	return u, nil
}

func (u *uring) prompt() { promptThread() }

func (u *uring) wall() int64 { return wallOf(u.stamps) }

func (u *uring) narrow(bytes int) { u.room = bytes }

func (u *uring) name(fd int32, about uint64) uint64 {
	return uint64(u.file(fd).gen)<<32 | about<<aboutShift | uint64(fd)
}

func (u *uring) connect(ref uint64, from netip.Addr, to netip.AddrPort) (int32, syscall.Errno) {
	u.enable()
	if len(u.sending) > 0 && u.ring.queued() > 0 {
		u.ring.submit() // connecting takes ten times as long as sending
	}
	fd, errno := dialSocket(from, to, u.stamps, u.room)
	if isLimit(errno) && u.ring.queued() > 0 {
		u.ring.submit() // files and ports may be waiting to be closed
		fd, errno = dialSocket(from, to, u.stamps, u.room)
	}
	if errno != 0 {
		return -1, errno
	}
	for int(fd) >= len(u.files)*filePage {
		u.files = append(u.files, new([filePage]ringFile))
	}
	f := u.file(fd)
	*f = ringFile{ref: ref, gen: f.gen + 1, first: noBuffer, last: noBuffer, open: true}
	u.poll(int(fd), unix.POLLOUT, u.name(fd, aboutReceive))
	return fd, 0
}

// poll asks to be told once when a file is ready.
func (u *uring) poll(fd int, events uint32, name uint64) {
	q := u.ring.request()
	q.op, q.fd, q.opFlags, q.data = opPollAdd, int32(fd), events, name
}

// connected also begins to receive.
func (u *uring) connected(fd int32) syscall.Errno {
	errno := socketError(int(fd))
	switch {
	case errno == syscall.EINPROGRESS:
		u.poll(int(fd), unix.POLLOUT, u.name(fd, aboutReceive))
	case errno == 0 && !u.file(fd).listening:
		u.listen(fd)
	}
	return errno
}

// listen has the kernel receive whatever comes from now on.
func (u *uring) listen(fd int32) {
	q := u.ring.request()
	q.op, q.fd, q.flags, q.priority, q.data = opRecv, fd, requestPicksBuffer, multishot, u.name(fd, aboutReceive)
	if u.stamps {
		q.op, q.address, q.length = opRecvmsg, uint64(uintptr(unsafe.Pointer(&u.message))), 1
	}
	u.file(fd).listening = true
}

// send takes a request, and sends it with the next system call. What goes wrong
// then is told by recv. A second one before that must wait for what becomes of the first.
func (u *uring) send(fd int32, b []byte) (int, syscall.Errno) {
	f := u.file(fd)
	if f.errno != 0 {
		return 0, syscall.Errno(f.errno)
	}
	if _, waits := u.rest[fd]; waits {
		return 0, syscall.EAGAIN
	}
	switch {
	case f.sent:
		u.rest[fd] = append([]byte(nil), b...)
		u.later = append(u.later, fd)
		return len(b), 0
	case len(u.out)+len(b) >= cap(u.out):
		return u.sendLong(fd, b)
	}
	f.sent = true
	from := len(u.out)
	u.out = append(u.out, b...)
	u.sending = append(u.sending, sending{fd, int32(from), int32(len(u.out))})
	q := u.ring.request()
	q.op, q.fd, q.flags, q.data = opSend, fd, requestQuietly, u.name(fd, aboutSend)
	q.address, q.length = uint64(uintptr(unsafe.Pointer(&u.out[from]))), uint32(len(b))
	q.opFlags = unix.MSG_NOSIGNAL | unix.MSG_DONTWAIT | unix.MSG_WAITALL
	if u.ring.queued() >= sendAtOnce {
		u.ring.submit()
	}
	return len(b), 0
}

// sendLong sends at once what is too long to be copied.
func (u *uring) sendLong(fd int32, b []byte) (int, syscall.Errno) {
	n, errno := sendNow(fd, b)
	if n < len(b) && (errno == 0 || errno == syscall.EAGAIN) {
		u.rest[fd] = nil
		u.poll(int(fd), unix.POLLOUT, u.name(fd, aboutRoom))
	}
	return n, errno
}

// recv reads what was received, then tells how it ended.
func (u *uring) recv(fd int32, b []byte) (n int, stamp int64, _ syscall.Errno) {
	f := u.file(fd)
	for f.first != noBuffer && n < len(b) {
		id := f.first
		s := &u.buffers.bytes[id]
		took := copy(b[n:], u.buffers.of(id)[s.from:s.to])
		n, stamp = n+took, u.buffers.stamps[id]
		if s.from += uint16(took); s.from == s.to {
			f.first = u.buffers.next[id]
			u.buffers.give(id)
		}
	}
	switch {
	case n > 0:
		return n, stamp, 0
	case f.errno != 0:
		return 0, 0, syscall.Errno(f.errno)
	case f.ended:
		return 0, 0, 0
	}
	return 0, 0, syscall.EAGAIN
}

// close ends what the kernel still has to do for the file, which would keep the
// connection open. To cancel it by name would be to look through thousands like it;
// a connection that is over ends it by itself.
func (u *uring) close(fd int32, abort bool) {
	f := u.file(fd)
	if abort {
		disconnect(fd)
	} else {
		u.lastWords(fd, f)
		_, _, _ = unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_RDWR, 0)
	}
	for f.first != noBuffer {
		u.buffers.give(f.first)
		f.first = u.buffers.next[f.first]
	}
	delete(u.rest, fd)
	f.gen++
	f.open = false
	q := u.ring.request()
	q.op, q.fd, q.flags, q.data = opClose, fd, requestQuietly, uint64(aboutClose)<<aboutShift
}

// lastWords sends what still waits to be sent, such as TLS's farewell.
func (u *uring) lastWords(fd int32, f *ringFile) {
	if f.sent {
		u.ring.submit()
	}
	if rest := u.rest[fd]; len(rest) > 0 {
		_, _ = sendNow(fd, rest)
	}
}

// flush sends what waits for the next system call.
func (u *uring) flush() { u.ring.submit() }

func (u *uring) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(u.bell, one[:])
}

func (u *uring) shut() {
	if u.ring.enabled {
		_ = u.ring.look()
	}
	u.ring.close()
	u.buffers.close()
	if u.bell >= 0 {
		_ = unix.Close(u.bell)
	}
}
