// Floor is the smallest client we know how to write in Go: connections, send,
// receive, a clock and nothing else. No answer is parsed and nothing is recorded.
// What a real client spends beyond it is the price of doing its work.
//
// Closed: each connection asks again as soon as it is answered. With -rate: Poisson
// arrivals, sent by ticks or, with a tick of 0, each at its moment. With -hold: every
// connection asks once in so long, by ticks. It says when all connections are open.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/netip"
	"runtime"
	"strings"
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
	log.SetPrefix("floor: ")
	addr := flag.String("addr", "", "address of the target")
	conns := flag.Int("conns", 64, "connections")
	sources := flag.String("sources", "", "addresses to connect from, in turn, separated by commas")
	took := flag.Duration("for", 5*time.Second, "how long")
	rate := flag.Float64("rate", 0, "requests a second; 0 = as fast as answers come")
	hold := flag.Duration("hold", 0, "hold the connections, each asks once in so long")
	tick := flag.Duration("tick", time.Millisecond, "how often the client wakes; 0 = for each arrival and answer")
	flag.Parse()
	target, err := netip.ParseAddrPort(*addr)
	if err != nil {
		log.Fatalf("-addr: %v", err)
	}
	from, err := parse(*sources)
	if err != nil {
		log.Fatalf("-sources: %v", err)
	}
	runtime.LockOSThread()
	f := &floor{}
	began := time.Now()
	if err := f.open(target, from, *conns); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d connections opened in %v\n", *conns, time.Since(began))
	switch {
	case *hold > 0:
		f.held(*hold, *tick, *took)
	case *rate > 0:
		f.paced(*rate, *tick, *took)
	default:
		f.closed(*took)
	}
}

func parse(list string) (all []netip.Addr, err error) {
	for word := range strings.SplitSeq(list, ",") {
		if word == "" {
			continue
		}
		a, err := netip.ParseAddr(word)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (f *floor) open(target netip.AddrPort, from []netip.Addr, n int) (err error) {
	if f.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	to := &unix.SockaddrInet4{Port: int(target.Port()), Addr: target.Addr().As4()}
	for i := range n {
		var source netip.Addr
		if len(from) > 0 {
			source = from[i%len(from)]
		}
		fd, err := connect(source, to)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		ev := unix.EpollEvent{Events: unix.EPOLLIN | edgeTriggered, Fd: int32(fd)}
		if err := unix.EpollCtl(f.ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return err
		}
		f.conns = append(f.conns, fd)
	}
	return nil
}

func connect(from netip.Addr, to *unix.SockaddrInet4) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if from.IsValid() {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: from.As4()}); err != nil {
			return 0, fmt.Errorf("bind %v: %w", from, err)
		}
	}
	return fd, unix.Connect(fd, to)
}

func (f *floor) ask(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&request[0])),
		uintptr(len(request)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
}

func (f *floor) read(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&f.buf[0])),
		uintptr(len(f.buf)), unix.MSG_DONTWAIT, 0, 0)
}
