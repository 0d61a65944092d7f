// Package machine reads what this machine can hold and what a process of ours
// uses of it: cores, files, ports, memory, and the clock every process on it
// shares. It only looks; what follows from the figures is for others to say.
package machine

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// Limits are what one machine can hold.
type Limits struct {
	Cores             int    // that this process may use
	MaxFiles          uint64 // that one process may have open
	Memory            uint64 // bytes; 0 = not known
	PortLow, PortHigh int    // of the ports the kernel gives out, both included
	Kernel            string
	OS, Arch          string
	Reserved          string      // of them the kernel gives out none: net.ipv4.ip_local_reserved_ports
	TwReuse           plan.Figure // net.ipv4.tcp_tw_reuse
}

// Read reads the limits. What cannot be read has the value most kernels start with.
func Read() Limits {
	low, high, _ := portRange()
	return Limits{
		// The runtime knows of CPU sets, and by its default of a container's quota.
		Cores:    min(runtime.NumCPU(), runtime.GOMAXPROCS(0)),
		MaxFiles: maxFiles(),
		Memory:   memory(),
		PortLow:  low, PortHigh: high,
		Kernel: kernel(),
		OS:     runtime.GOOS, Arch: runtime.GOARCH,
		Reserved: reserved(), TwReuse: twReuse(),
	}
}

const usualFiles = 1024

func maxFiles() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return usualFiles
	}
	return uint64(limit.Max)
}

// RaiseFiles lets this process open as many files as it may ever.
func RaiseFiles() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit of open files: %w", err)
	}
	if limit.Cur == limit.Max {
		return nil
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raising the limit of open files: %w", err)
	}
	return nil
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// CPU is the time this process has run so far, user and system.
func CPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
