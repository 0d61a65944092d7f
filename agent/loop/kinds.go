package loop

import "syscall"

// The kinds of errors a loop tells apart, in the words of reports. With those of
// package http1, the status of an unexpected answer, the names of checks, and what
// package stats calls requests never sent or never ended, these are all there are:
// a target cannot make up another. docs/measurement.md lists them, and a test holds
// the list against them.
const (
	kindRefused        = "refused"
	kindReset          = "connection reset"
	kindTimedOut       = "connection timed out" // by the kernel: its packets are not confirmed
	kindUnreachable    = "unreachable"
	kindConnectTimeout = "connect timeout"
	kindTimeout        = "timeout"
	kindBroken         = "connection error" // any other; the number is in the example
	kindLost           = "connection lost"  // of heartbeats that waited for one
	kindRace           = "closed before the answer, on a connection used before"

	// What this machine could not give. They are no errors of the target.
	kindFiles   = "out of files"
	kindPorts   = "out of ports"
	kindBuffers = "out of buffers"
	kindWatches = "out of epoll watches"
	kindMemory  = "out of memory"
	kindBlocked = "blocked by this machine"
)

// connError names what went wrong with a connection.
func connError(errno syscall.Errno) string {
	switch errno {
	case syscall.ECONNREFUSED:
		return kindRefused
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return kindReset
	case syscall.ETIMEDOUT:
		return kindTimedOut
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN:
		return kindUnreachable
	}
	return kindBroken
}

// isLimit says whether an error is this machine's and not the target's.
func isLimit(errno syscall.Errno) bool { return limitText(errno) != "" }

func limitText(errno syscall.Errno) string {
	switch errno {
	case syscall.EMFILE, syscall.ENFILE:
		return kindFiles
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return kindPorts
	case syscall.ENOBUFS, syscall.ENOMEM:
		return kindBuffers
	case syscall.ENOSPC: // of epoll_ctl
		return kindWatches
	case syscall.EPERM, syscall.EACCES: // a firewall, or a security module
		return kindBlocked
	}
	return ""
}
