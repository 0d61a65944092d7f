package truth

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A bell is waited at by one thread, to the microsecond, and rung by any.
type bell struct{ fd int }

func newBell() (*bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("a bell for the sender: %w", err)
	}
	return &bell{fd}, nil
}

// punctual lets the thread's timers end when they should, not up to 50 µs later.
func punctual() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// ring ends a wait, or the next one.
func (b *bell) ring() { _, _ = unix.Write(b.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// wait waits so long or until the bell rings. It may end early.
func (b *bell) wait(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	n, _ := unix.Ppoll([]unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLIN}}, &ts, nil)
	if n > 0 {
		var rung [8]byte
		_, _ = unix.Read(b.fd, rung[:])
	}
}

func (b *bell) close() { _ = unix.Close(b.fd) }
