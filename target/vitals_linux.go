package target

import (
	"math"
	"syscall"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/target/counts"
)

// seen notes what the system knows of this process.
func seen(p *counts.Process) {
	self, err := procfs.Self()
	if err != nil {
		return
	}
	if stat, err := self.Stat(); err == nil {
		p.RSS.Store(int64(stat.ResidentMemory()))
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		p.MostFiles.Store(int64(min(files.Cur, math.MaxInt64)))
	}
	if n, err := self.FileDescriptorsLen(); err == nil {
		p.Files.Store(int64(n))
	}
	if io, err := self.IO(); err == nil {
		p.DiskRead.Store(int64(io.ReadBytes))
		p.DiskWrite.Store(int64(io.WriteBytes))
	}
}

// queued is the length of a listening socket's queue, of connections whose handshake is done.
func queued(ln any) (n int) {
	sys, ok := ln.(syscaller)
	if !ok {
		return 0
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n = backlog(int(fd)) }) // fails when it is closed: nothing waits then
	return n
}

func backlog(fd int) int {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return int(info.Unacked) // of a listening socket: its queue
}

// overflows is how many connections of this machine found the queue of their socket full.
func overflows() (n uint64, known bool) {
	self, err := procfs.Self()
	if err != nil {
		return 0, false
	}
	net, err := self.Netstat()
	if err != nil || net.ListenOverflows == nil {
		return 0, false
	}
	return uint64(*net.ListenOverflows), true
}
