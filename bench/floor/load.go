package main

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

func (f *floor) closed(took time.Duration) {
	end := time.Now().Add(took)
	for _, fd := range f.conns {
		f.ask(fd)
	}
	for time.Now().Before(end) {
		for i := range f.wait(100 * time.Millisecond) {
			fd := int(f.events[i].Fd)
			f.read(fd)
			f.ask(fd)
		}
	}
}

// paced sends what Poisson arrivals make due, over the connections that are idle.
func (f *floor) paced(rate float64, tick, took time.Duration) {
	gaps := arrival.NewRand(1)
	gap := func() time.Duration { return time.Duration(gaps.Exp() / rate * float64(time.Second)) }
	start := time.Now()
	f.idle = append(f.idle, f.conns...)
	due := gap()
	for now := time.Duration(0); now < took; now = time.Since(start) {
		for ; due <= now && len(f.idle) > 0; due += gap() {
			fd := f.idle[len(f.idle)-1]
			f.idle = f.idle[:len(f.idle)-1]
			f.ask(fd)
		}
		for _, e := range f.events[:f.sleep(start, tick, due)] {
			f.read(int(e.Fd))
			f.idle = append(f.idle, int(e.Fd))
		}
	}
}

// held asks on one connection after another, so that each asks once in every.
func (f *floor) held(every, tick, took time.Duration) {
	gap := every / time.Duration(len(f.conns))
	start := time.Now()
	due, next := gap, 0
	for now := time.Duration(0); now < took; now = time.Since(start) {
		for ; due <= now; due += gap {
			f.ask(f.conns[next])
			next = (next + 1) % len(f.conns)
		}
		for _, e := range f.events[:f.sleep(start, tick, due)] {
			f.read(int(e.Fd))
		}
	}
}

// sleep gives the answers that have come by the next tick; without ticks, those that
// come first or none when the next request is due.
func (f *floor) sleep(start time.Time, tick, due time.Duration) int {
	if tick == 0 {
		return f.wait(max(due-time.Since(start), 0))
	}
	ts := unix.NsecToTimespec(int64(tick - time.Since(start)%tick))
	_, _, _ = unix.Syscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	return f.wait(0)
}

func (f *floor) wait(limit time.Duration) int {
	ts := unix.NsecToTimespec(int64(limit))
	call := unix.Syscall6
	if limit == 0 {
		call = unix.RawSyscall6 // it cannot block
	}
	n, _, errno := call(unix.SYS_EPOLL_PWAIT2, uintptr(f.ep), uintptr(unsafe.Pointer(&f.events[0])),
		uintptr(len(f.events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}
