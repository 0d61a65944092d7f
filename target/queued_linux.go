package target

import (
	"time"

	"golang.org/x/sys/unix"
)

// queuedFor is how long a connection that was just accepted had waited: since its latest
// bytes came, or since its handshake when none did. The kernel tells it in its own ticks,
// of 1 to 10 ms.
func queuedFor(c any) (time.Duration, bool) {
	info, ok := tcpInfo(c)
	if !ok {
		return 0, false
	}
	return time.Duration(info.Last_data_recv) * time.Millisecond, true
}

func tcpInfo(of any) (info *unix.TCPInfo, ok bool) {
	sys, ok := of.(syscaller)
	if !ok {
		return nil, false
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return nil, false
	}
	err = raw.Control(func(fd uintptr) {
		info, ok = nil, false
		if told, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			info, ok = told, true
		}
	})
	return info, ok && err == nil
}
