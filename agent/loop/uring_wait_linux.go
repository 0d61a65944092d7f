package loop

import (
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func (u *uring) wait(until int64, asleep bool, events []event) int {
	u.enable()
	if asleep || u.head == len(u.ready) {
		u.look(until, asleep)
	} else {
		u.ring.submit() // what is sent does not wait for the rest of the news
	}
	return u.deliver(events)
}

// enable makes the calling thread the ring's.
func (u *uring) enable() {
	if !u.ring.enabled && u.ring.enable() == 0 {
		u.poll(u.bell, unix.POLLIN, uint64(aboutBell)<<aboutShift)
	}
}

// look lets the kernel work for as long as there is time, and takes up what came.
func (u *uring) look(until int64, asleep bool) {
	if len(u.starved) > 0 {
		u.buffers.grow(2 * u.buffers.count)
	}
	u.buffers.publish()
	for _, name := range u.starved {
		fd := int32(name & fileMask)
		if f := u.file(fd); f.open && f.gen == uint32(name>>32) && !f.listening && !f.ended {
			u.listen(fd)
		}
	}
	u.starved = u.starved[:0]
	if len(u.later) > 0 { // does not wait for the end of the wait
		_ = u.ring.look()
		u.reap()
	}
	if errno := u.spend(until, asleep); errno == unix.EINTR {
		runtime.Gosched() // the collector may want this thread
	}
	u.reap()
}

// reap takes up the results there are.
func (u *uring) reap() {
	sent := u.ring.queued() == 0
	u.ring.each(u.take)
	if sent {
		u.allSent()
	}
}

// allSent is where the results of all that was to be sent are known.
func (u *uring) allSent() {
	for _, s := range u.sending {
		u.file(s.fd).sent = false
	}
	u.out, u.sending = u.out[:0], u.sending[:0]
	for _, fd := range u.later {
		if _, waits := u.rest[fd]; waits {
			u.goOn(fd, u.file(fd))
		}
	}
	u.later = u.later[:0]
}

// spend waits as epoll does: briefly without telling the scheduler, for longer with it.
func (u *uring) spend(until int64, asleep bool) syscall.Errno {
	now := u.now()
	left := min(until-now, int64(time.Hour)) // the kernel adds it to the time
	switch {
	case left <= 0 || !asleep && u.head < len(u.ready):
		return u.ring.look()
	case asleep:
		return u.ring.await(nearlyAll, left, left > rawWait)
	case u.hot:
		errno := u.ring.await(1, min(left, rawWait), false)
		u.hot = errno != unix.ETIME || left <= rawWait
		return errno
	}
	errno := u.ring.await(1, left, true)
	u.hot = u.now()-now < rawWait
	return errno
}

// deliver hands over news.
func (u *uring) deliver(events []event) int {
	n := 0
	for ; n < len(events) && u.head < len(u.ready); u.head++ {
		f := u.file(u.ready[u.head])
		f.listed = false
		if f.open && f.flags != 0 {
			events[n] = event{ref: f.ref, is: f.flags}
			n++
		}
		f.flags = 0
	}
	if u.head == len(u.ready) {
		u.ready, u.head = u.ready[:0], 0
	}
	return n
}
