package loop

import (
	"net/netip"
	"syscall"
)

// A poller is the world of a loop: its clock and its sockets. It is used by the
// loop's goroutine alone, which has a thread to itself, but for wake. Errors are
// bare numbers, so that the hot path allocates nothing; EAGAIN means not now.
//
// Readiness is told once for each change (edge-triggered), for reading and
// writing alike, from connect on; a connection must be read until EAGAIN or a
// short read.
type poller interface {
	// prompt asks for the thread, which is the loop's for good, to run soon after it
	// wakes, even when others want the core.
	prompt()
	// now is the monotonic clock in nanoseconds.
	now() int64
	// wall is the clock of the stamps that recv gives, in nanoseconds: the time of day,
	// which may be set. 0 where recv gives none.
	wall() int64
	// spent is the processor time the calling thread has used, in nanoseconds.
	spent() int64
	// naps is how often the calling thread has given its core up by itself; untold where
	// that is not known.
	naps() int64
	// narrow gives sockets that are opened from now on a receive buffer of so many
	// bytes; 0 leaves it to the kernel.
	narrow(bytes int)
	// connect opens a socket and begins to connect it. Events carry ref.
	// EINPROGRESS is no error; the first event says that connecting has ended, and
	// connected how.
	connect(ref uint64, from netip.Addr, to netip.AddrPort) (fd int32, err syscall.Errno)
	connected(fd int32) syscall.Errno
	// send may only take up what is to be sent: it goes with the next wait at the latest.
	send(fd int32, b []byte) (n int, err syscall.Errno)
	// flush sends what send has only taken up: before anything that takes long, so that
	// stamps stay true.
	flush()
	// recv gives the moment the kernel received the bytes, by the wall clock, where it
	// knows it, else 0.
	// No bytes without an error is the end of the stream.
	recv(fd int32, b []byte) (n int, stamp int64, err syscall.Errno)
	// close ends a connection; abort without the usual farewell.
	close(fd int32, abort bool)
	// wait fills events, and returns at until at the latest. Asleep it does not look
	// at sockets before until.
	wait(until int64, asleep bool, events []event) int
	// wake ends a wait from any goroutine.
	wake()
	// shut frees what the poller itself holds.
	shut()
}

// An event says that a connection may have become ready.
type event struct {
	ref uint64
	is  readiness
}

type readiness uint8

const (
	readable readiness = 1 << iota
	writable
	hungUp // the other side has closed, or the connection broke
)
