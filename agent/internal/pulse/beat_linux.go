package pulse

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/agent/loop"
	"github.com/loadctl/loadctl/agent/machine"
)

// forever is longer than any wait.
const forever = time.Hour

// beat waits for one beat after the other on a thread of its own, which asks the kernel
// for the same as a loop's does. Where there is no timer to be had nothing is known.
func (p *Pulse) beat() {
	runtime.LockOSThread() // for good: the thread ends with the goroutine
	loop.PromptThread()
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(timer) }()
	now := newClock()
	went, cpu := now.read(), cpuTime()
	due := went
	for !p.ended.Load() {
		due = nextBeat(due, went)
		p.lateness.await(due, cpu)
		if !setTimer(timer, due) {
			return
		}
		b := beat{due: due}
		b.woke, b.went = sleep(timer, now)
		used := cpuTime()
		b.cpu, cpu, went = used-cpu, used, b.went
		p.lateness.note(b)
	}
}

// A clock is the monotonic one, read without a system call.
type clock struct {
	base int64
	at   time.Time
}

// newClock reads both several times and keeps the closest pair: a thread that loses its core
// in between would be as much behind for good.
func newClock() (closest clock) {
	least := int64(1 << 62)
	for range 9 {
		at := time.Now()
		base := machine.Monotonic()
		if took := int64(time.Since(at)); took < least {
			least, closest = took, clock{base, at}
		}
	}
	return closest
}

func (c clock) read() int64 { return c.base + int64(time.Since(c.at)) }

// nextBeat is the first of the grid after the last beat came. It may be overdue by now, if
// the thread lost its core in between.
func nextBeat(due, went int64) int64 {
	return due + (max(went-due, 0)/int64(period)+1)*int64(period)
}

func setTimer(timer int, due int64) bool {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(due)}
	_, _, errno := unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(timer), unix.TFD_TIMER_ABSTIME, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
	return errno == 0
}

// sleep waits for the timer. That the kernel gave this thread a core again is told by
// what it says was left of the time-out; that Go let it go on, by the clock. Between the two
// lies the wait for one of Go's processors.
func sleep(timer int, now clock) (woke, went int64) {
	files := [1]unix.PollFd{{Fd: int32(timer), Events: unix.POLLIN}}
	for {
		left := unix.NsecToTimespec(int64(forever))
		began := now.read()
		_, err := unix.Ppoll(files[:], &left, nil)
		went = now.read()
		if err != unix.EINTR {
			return began + int64(forever) - left.Nano(), went
		}
	}
}

// cpuTime is what this process has used, on every thread.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
