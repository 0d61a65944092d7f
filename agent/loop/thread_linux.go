package loop

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newPoller opens the poller of that name. By itself it takes io_uring where the
// kernel has what it needs and lets us: containers often forbid it.
func newPoller(kind string, stamps bool) (poller, error) {
	if kind != PollerEpoll {
		u, err := newURing(stamps)
		if err == nil {
			return u, nil
		}
		if kind == PollerURing {
			return nil, fmt.Errorf("io_uring: %w (it needs Linux 6.6, and leave to use it)", err)
		}
	}
	return newEpoll(stamps)
}

// slice is the time slice asked for: the shortest there is.
const slice = 100 * time.Microsecond

// promptThread asks for a short time slice, which needs no privilege. The scheduler lets
// a thread that wakes go before one whose slice ends later (from Linux 6.12 on;
// before, it does nothing): with three busy processes on two cores the 99th
// percentile of a 1 ms sleep's lateness falls from 3.9 ms to 0.2 ms. What is late
// by less is no error of the target's.
// Its timers are no longer rounded by the usual 50 µs either.
func promptThread() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy != unix.SCHED_NORMAL {
		return
	}
	attr.Runtime = uint64(slice)
	_ = unix.SchedSetAttr(0, attr, 0)
}

// naps counts them as voluntary context switches.
func (m *monotonic) naps() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return untold
	}
	return int64(u.Nvcsw)
}

// sendNow gives a socket what it takes.
func sendNow(fd int32, b []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, again(errno)
	}
	return int(n), 0
}

// wallOf is the time of day for those who are given stamps of it.
func wallOf(stamps bool) int64 {
	if !stamps {
		return 0
	}
	return time.Now().UnixNano()
}

// stampOf reads the kernel's receive stamp from a control message, on the wall
// clock: 0 when there is none.
func stampOf(control []byte) int64 {
	if len(control) < unix.CmsgLen(16) {
		return 0
	}
	header := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	if header.Level != unix.SOL_SOCKET || header.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	ts := (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
	return ts.Nano()
}
