//go:build e2e

package cloud

import (
	"fmt"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A relay is a slow piece of cable: two TAP devices, and what comes out of one goes into the other later. This kernel
// has no netem.
type relay struct {
	m          *machine
	near, far  *os.File
	bridge     string
	background sync.WaitGroup
}

// inFlight is the most frames that are under way one way; what is more is lost, as in a queue of a switch.
const inFlight = 20000

// relayed puts a relay into a machine's cable.
func relayed(cloud string, m *machine, by time.Duration) (*relay, error) {
	r := &relay{m: m, bridge: "d" + m.port}
	near, far := cloud+"n"+m.port[1:], cloud+"f"+m.port[1:]
	var err error
	if r.near, err = tap(near, m.at); err != nil {
		return nil, err
	}
	if r.far, err = tap(far, m.at); err != nil {
		r.near.Close()
		return nil, err
	}
	err = ip(
		fmt.Sprintf("-n %s link add name %s type bridge", m.at, r.bridge),
		fmt.Sprintf("-n %s link set %s up", m.at, r.bridge),
		fmt.Sprintf("-n %s link set %s master %s up", m.at, far, m.home()),
		fmt.Sprintf("-n %s link set %s master %s up", m.at, near, r.bridge),
		fmt.Sprintf("-n %s link set %s master %s", m.at, m.port, r.bridge),
	)
	r.background.Go(func() { carry(r.near, r.far, by) })
	r.background.Go(func() { carry(r.far, r.near, by) })
	return r, err
}

// close takes the relay out of the cable again.
func (r *relay) close() error {
	r.near.Close()
	r.far.Close()
	r.background.Wait()
	return ip(fmt.Sprintf("-n %s link set %s master %s", r.m.at, r.m.port, r.m.home()), fmt.Sprintf("-n %s link del %s", r.m.at, r.bridge))
}

// home is the bridge that a machine belongs to.
func (m *machine) home() string {
	if m.subnet != 0 {
		return "vpc"
	}
	return "pub"
}

// tap makes a TAP device of this name in a network namespace. It is gone when the file is closed.
func tap(name, space string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	var request struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], name)
	request.flags = unix.IFF_TAP | unix.IFF_NO_PI
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(&request))); no != 0 {
		unix.Close(fd)
		return nil, fmt.Errorf("a TAP device: %w", no)
	}
	if err := ip(fmt.Sprintf("link set %s netns %s", name, space)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

type frame struct {
	due   time.Time
	bytes []byte
}

// carry takes frames from one end to the other until the first is closed.
func carry(from, to *os.File, by time.Duration) {
	queue := make(chan frame, inFlight)
	var writer sync.WaitGroup
	defer writer.Wait()
	defer close(queue)
	writer.Go(func() {
		for f := range queue {
			time.Sleep(time.Until(f.due))
			_, _ = to.Write(f.bytes) // an end that is down takes nothing
		}
	})
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		select {
		case queue <- frame{time.Now().Add(by), append([]byte(nil), buffer[:n]...)}:
		default:
		}
	}
}
