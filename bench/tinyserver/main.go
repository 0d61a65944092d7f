// Tinyserver answers every request with the same hundred bytes, as cheaply as Go
// can: it must never be slower than the client measured with it. It counts the
// requests itself, so no tool's own count is trusted: GET /-/count tells the count,
// and does not add to it. Each loop has a listener of its own on the port.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const body = `{"id":12345,"name":"an item of the tiny server","price":1999,"stock":42,"tags":["tiny","fast","x"]}`

var answer = []byte("HTTP/1.1 200 OK\r\nServer: tiny\r\nContent-Type: application/json\r\nContent-Length: " +
	strconv.Itoa(len(body)) + "\r\n\r\n" + body)

type server struct {
	ep, listener int
	count        *atomic.Uint64 // of all loops
	buf          []byte
	events       [256]unix.EpollEvent
}

func main() {
	log.SetFlags(0)
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 = any free one")
	loops := flag.Int("loops", 1, "threads, each with its own listener")
	flag.Parse()
	var count atomic.Uint64
	ready := make(chan int)
	for i := range *loops {
		go run(*port, &count, ready)
		*port = <-ready
		if i == 0 {
			fmt.Printf("127.0.0.1:%d\n", *port)
		}
	}
	// End with whoever started us: when it is gone, so is the other end of stdin.
	var b [1]byte
	for {
		if n, err := os.Stdin.Read(b[:]); n == 0 || err != nil {
			return
		}
	}
}

func run(port int, count *atomic.Uint64, ready chan<- int) {
	runtime.LockOSThread()
	s := &server{count: count, buf: make([]byte, 64<<10)}
	port, err := s.listen(port)
	if err != nil {
		log.Fatalf("tinyserver: %v", err)
	}
	ready <- port
	for {
		s.turn()
	}
}

func (s *server) listen(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	s.listener = fd
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, fmt.Errorf("bind port %d: %w", port, err)
	}
	if err := unix.Listen(fd, 4096); err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	if s.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return 0, fmt.Errorf("epoll: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, fmt.Errorf("getsockname: %w", err)
	}
	return name.(*unix.SockaddrInet4).Port, s.watch(fd, unix.EPOLLIN)
}

func (s *server) watch(fd int, events uint32) error {
	return unix.EpollCtl(s.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (s *server) turn() {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(s.ep), uintptr(unsafe.Pointer(&s.events[0])),
		uintptr(len(s.events)), ^uintptr(0), 0, 0)
	if errno != 0 {
		return
	}
	for i := range int(n) {
		if fd := int(s.events[i].Fd); fd == s.listener {
			s.accept()
		} else {
			s.serve(fd)
		}
	}
}

func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if s.watch(fd, unix.EPOLLIN|1<<31) != nil {
			unix.Close(fd)
		}
	}
}

// serve answers what has come on a connection: requests without bodies, whole.
func (s *server) serve(fd int) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&s.buf[0])),
		uintptr(len(s.buf)), unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN {
		return
	}
	if errno != 0 || n == 0 {
		unix.Close(fd)
		return
	}
	requests := bytes.Count(s.buf[:n], []byte("\r\n\r\n"))
	if bytes.HasPrefix(s.buf[:n], []byte("GET /-/count ")) {
		text := strconv.FormatUint(s.count.Load(), 10)
		write(fd, []byte("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n"+text))
		unix.Close(fd)
		return
	}
	s.count.Add(uint64(requests))
	for range requests {
		write(fd, answer)
	}
}

func write(fd int, b []byte) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
}
