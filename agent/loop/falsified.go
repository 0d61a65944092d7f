package loop

import (
	"syscall"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A falsified poller has a wall clock that is wrong on purpose, to test what then
// happens. The kernel's stamps are wrong by what that clock was wrong by when they were
// made, as they would be on a machine whose clock was set.
type falsified struct {
	poller
	epoch func() int64
	shift func(stats.Offset) time.Duration
}

func (f *falsified) wall() int64 {
	wall := f.poller.wall()
	if wall != 0 {
		wall += int64(f.shift(stats.Offset(f.now() - f.epoch())))
	}
	return wall
}

func (f *falsified) recv(fd int32, b []byte) (int, int64, syscall.Errno) {
	n, stamp, errno := f.poller.recv(fd, b)
	if stamp != 0 {
		age := f.poller.wall() - stamp
		stamp += int64(f.shift(stats.Offset(f.now() - age - f.epoch())))
	}
	return n, stamp, errno
}
