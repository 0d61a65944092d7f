// Floor is the smallest client we know how to write in Go: connections, send,
// receive, a clock and nothing else. No answer is parsed and nothing is recorded.
// What a real client spends beyond it is the price of doing its work.
//
// Closed: each connection asks again as soon as it is answered. With -rate: by
// ticks, the connections in turn.
package main

import (
	"flag"
	"log"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var request = []byte("GET / HTTP/1.1\r\nHost: floor\r\n\r\n")

const edgeTriggered = 1 << 31

type floor struct {
	ep     int
	conns  []int
	idle   []int // last in, first out
	buf    [64 << 10]byte
	events [256]unix.EpollEvent
}

func main() {
	log.SetFlags(0)
	addr := flag.String("addr", "", "address of the target")
	conns := flag.Int("conns", 64, "connections")
	took := flag.Duration("for", 5*time.Second, "how long")
	rate := flag.Float64("rate", 0, "requests a second; 0 = as fast as answers come")
	tick := flag.Duration("tick", time.Millisecond, "with -rate: how often the client wakes")
	flag.Parse()
	target, err := netip.ParseAddrPort(*addr)
	if err != nil {
		log.Fatalf("floor: -addr: %v", err)
	}
	runtime.LockOSThread()
	f := &floor{}
	if err := f.open(target, *conns); err != nil {
		log.Fatalf("floor: %v", err)
	}
	if *rate > 0 {
		f.paced(*rate, *tick, *took)
		return
	}
	f.closed(*took)
}

func (f *floor) open(target netip.AddrPort, n int) (err error) {
	if f.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(target.Port()), Addr: target.Addr().As4()}); err != nil {
			return err
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		ev := unix.EpollEvent{Events: unix.EPOLLIN | edgeTriggered, Fd: int32(fd)}
		if err := unix.EpollCtl(f.ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return err
		}
		f.conns = append(f.conns, fd)
	}
	return nil
}

func (f *floor) closed(took time.Duration) {
	end := time.Now().Add(took)
	for _, fd := range f.conns {
		f.ask(fd)
	}
	for time.Now().Before(end) {
		for i := range f.wait(100) {
			fd := int(f.events[i].Fd)
			f.read(fd)
			f.ask(fd)
		}
	}
}

// paced sends what a uniform schedule says is due by each tick.
func (f *floor) paced(rate float64, tick, took time.Duration) {
	start := time.Now()
	f.idle = append(f.idle, f.conns...)
	sent := 0
	for now := time.Duration(0); now < took; now = time.Since(start) {
		for due := int(rate * now.Seconds()); sent < due && len(f.idle) > 0; sent++ {
			fd := f.idle[len(f.idle)-1]
			f.idle = f.idle[:len(f.idle)-1]
			f.ask(fd)
		}
		for i := range f.wait(0) {
			fd := int(f.events[i].Fd)
			f.read(fd)
			f.idle = append(f.idle, fd)
		}
		ts := unix.NsecToTimespec(int64(tick - time.Since(start)%tick))
		_, _, _ = unix.Syscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	}
}

func (f *floor) wait(ms int) int {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(f.ep), uintptr(unsafe.Pointer(&f.events[0])),
		uintptr(len(f.events)), uintptr(ms), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (f *floor) ask(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&request[0])),
		uintptr(len(request)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
}

func (f *floor) read(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&f.buf[0])),
		uintptr(len(f.buf)), unix.MSG_DONTWAIT, 0, 0)
}
