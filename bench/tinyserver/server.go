package main

import (
	"bytes"
	"fmt"
	"log"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const body = `{"id":12345,"name":"an item of the tiny server","price":1999,"stock":42,"tags":["tiny","fast","x"]}`

// Clients of HTTP/1.0, such as ab, must be told that the connection stays.
var (
	answer    = answerWith("")
	answerOld = answerWith("Connection: keep-alive\r\n")
)

func answerWith(header string) []byte {
	return []byte("HTTP/1.1 200 OK\r\nServer: tiny\r\nContent-Type: application/json\r\n" + header +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// answerTo is the answer to requests that begin so.
func answerTo(b []byte) []byte {
	if i := bytes.IndexByte(b, '\r'); i > 0 && b[i-1] == '0' {
		return answerOld
	}
	return answer
}

const (
	edgeTriggered = 1 << 31
	gone          = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
)

// A server is one loop: its listener, its connections, its counts.
type server struct {
	ep, listener int
	counts       *slot
	memory       *memory
	matched      []uint8 // by file: how much of a request's end the last bytes were
	late         *late   // nil: answers go at once
	buf          [64 << 10]byte
	events       [256]unix.EpollEvent
}

func newServer(o options, m *memory, slot int) (s *server, err error) {
	s = &server{counts: &m.slots[slot], memory: m}
	if s.listener, _, err = bind(o.port); err != nil {
		return nil, err
	}
	if o.delay > 0 || o.arrivals {
		s.late = newLate(o, m, s.listener)
	}
	if err := unix.Listen(s.listener, 4096); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if s.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return s, s.watch(s.listener, unix.EPOLLIN)
}

// bind takes a port of 127.0.0.1 that others may take as well.
func bind(port int) (fd, bound int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("socket: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, 0, fmt.Errorf("share the port: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, fmt.Errorf("bind port %d: %w", port, err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, 0, fmt.Errorf("getsockname: %w", err)
	}
	return fd, name.(*unix.SockaddrInet4).Port, nil
}

func (s *server) watch(fd int, events uint32) error {
	return unix.EpollCtl(s.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (s *server) run() {
	runtime.LockOSThread()
	if s.late != nil {
		s.late.punctual()
	}
	for {
		s.turn()
	}
}

func (s *server) turn() {
	for _, e := range s.events[:s.wait()] {
		fd := int(e.Fd)
		if fd == s.listener {
			s.accept()
			continue
		}
		// An end may have come along with the last request, and is told only once.
		if s.serve(fd) && e.Events&gone != 0 {
			s.close(fd)
		}
	}
	if s.late != nil {
		s.late.answer(s)
	}
}

func (s *server) wait() int {
	if s.late != nil {
		return s.late.wait(s)
	}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(s.ep), uintptr(unsafe.Pointer(&s.events[0])),
		uintptr(len(s.events)), ^uintptr(0), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (s *server) accept() {
	for {
		fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(s.listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		if errno == unix.EMFILE || errno == unix.ENFILE {
			log.Fatalf("no file for another connection: %v; start more -processes", errno)
		}
		if errno != 0 {
			return
		}
		s.welcome(int(fd))
	}
}

func (s *server) welcome(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	for len(s.matched) <= fd {
		s.matched = append(s.matched, make([]uint8, 1024)...)
	}
	s.matched[fd] = 0
	s.counts.last.Store(time.Now().UnixNano())
	s.counts.accepts.Add(1)
	if err := s.watch(fd, unix.EPOLLIN|unix.EPOLLRDHUP|edgeTriggered); err != nil {
		log.Fatalf("watch a connection: %v", err)
	}
}

func (s *server) close(fd int) {
	if s.late != nil {
		s.late.forget(fd)
	}
	unix.Close(fd)
	s.counts.closes.Add(1)
}

// serve answers all that has come on a connection, requests without bodies, and says
// whether the connection is still there.
func (s *server) serve(fd int) bool {
	for {
		n, stamp, errno := s.receive(fd)
		switch {
		case errno == unix.EAGAIN || errno == unix.EINTR:
			return true
		case errno != 0 || n == 0:
			s.close(fd)
			return false
		}
		if !s.take(fd, s.buf[:n], stamp) {
			s.close(fd)
			return false
		}
		if n < len(s.buf) {
			return true
		}
	}
}

func (s *server) receive(fd int) (n int, stamp int64, errno syscall.Errno) {
	if s.late != nil {
		return s.late.receive(fd, s.buf[:])
	}
	got, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&s.buf[0])),
		uintptr(len(s.buf)), unix.MSG_DONTWAIT, 0, 0)
	return int(got), 0, e
}

// take answers the requests that end in b; false closes the connection.
func (s *server) take(fd int, b []byte, stamp int64) bool {
	if bytes.HasPrefix(b, []byte("GET /-/")) {
		s.tell(fd, b)
		return false
	}
	requests, rest := ends(s.matched[fd], b)
	s.matched[fd] = rest
	s.counts.requests.Add(uint64(requests))
	reply := answerTo(b)
	for range requests {
		if s.late != nil {
			s.late.add(fd, stamp)
		} else if !write(fd, reply) {
			return false
		}
	}
	return true
}

// tell answers a question about the server itself, which is not counted. It has a count of
// its own alone: loadctl's, which asks at /-/stats, it does not know.
func (s *server) tell(fd int, b []byte) {
	s.counts.accepts.Add(^uint64(0))
	s.counts.closes.Add(^uint64(0)) // it is about to be closed
	status, text := "404 Not Found", ""
	if bytes.HasPrefix(b, []byte("GET /-/count ")) {
		status, text = "200 OK", strconv.FormatUint(s.memory.tally().Requests, 10)
	}
	write(fd, []byte("HTTP/1.1 "+status+"\r\nConnection: close\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n"+text))
}

const end = "\r\n\r\n"

// ends counts the requests that end in b, where matched bytes of an end had come
// before it, and gives how many of the next one it closes with.
func ends(matched uint8, b []byte) (n int, rest uint8) {
	if matched == 0 && bytes.HasSuffix(b, []byte(end)) {
		return bytes.Count(b, []byte(end)), 0
	}
	for _, c := range b {
		switch c {
		case end[matched]:
			matched++
		case '\r':
			matched = 1
		default:
			matched = 0
		}
		if matched == uint8(len(end)) {
			n, matched = n+1, 0
		}
	}
	return n, matched
}

// write says whether all of b went out: who does not read answers is closed.
func write(fd int, b []byte) bool {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return errno == 0 && int(n) == len(b)
}
