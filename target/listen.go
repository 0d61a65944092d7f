package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// listenOne listens on a TCP address; the queue is as long as the system allows.
func listenOne(ctx context.Context, lc *net.ListenConfig, addr string) (*net.TCPListener, error) {
	ln, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listening on %s: the port is in use", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return ln.(*net.TCPListener), nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// baseURL is how a client on this machine reaches an address.
func baseURL(at net.Addr) string {
	tcp, ok := at.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + at.String()
}

// room is how many connections a process may hold so that descriptors for
// everything else (reserved ones, and a few for the runtime) remain.
func room(reserved int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 1024
	}
	const few = 64
	return max(16, int(min(files.Cur, 1<<20))-reserved-few)
}
