package target

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/target/workers"
)

// listen opens what workers listen on, n places at first, and says at which address.
func listen(ctx context.Context, addr, how string, n int) (workers.Sockets, net.Addr, error) {
	if how == Shared {
		return listenShared(ctx, addr)
	}
	// An ordinary socket first: a second group on the same port would be let in by
	// SO_REUSEPORT, and quietly take its share of the connections.
	bound, err := listenOne(ctx, &net.ListenConfig{}, addr)
	if err != nil {
		return nil, nil, err
	}
	at := bound.Addr()
	_ = bound.Close()
	s := &spread{ctx: context.WithoutCancel(ctx), addr: at.String()}
	for range n {
		if err := s.grow(); err != nil {
			s.Close()
			return nil, nil, err
		}
	}
	return s, at, nil
}

// spread is a socket for each place on one address, among which the kernel spreads
// connections evenly. Their order in the kernel is that of the places, as only the last
// is ever closed.
type spread struct {
	ctx     context.Context // of listening, which asks for one and does not wait
	addr    string
	files   []*os.File
	steered bool // the kernel chooses by our program
}

func (s *spread) grow() error {
	f, _, err := listenFile(s.ctx, &net.ListenConfig{Control: reusePort}, s.addr)
	if err == nil {
		s.files = append(s.files, f)
	}
	return err
}

func reusePort(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// Socket opens sockets up to that of a place. The kernel chooses a new one when it is
// told to: what it sent there before would wait for a worker that is about to start.
func (s *spread) Socket(i int) (*os.File, error) {
	for len(s.files) <= i {
		if !s.steered {
			if err := s.Choose(len(s.files)); err != nil {
				return nil, err
			}
		}
		if err := s.grow(); err != nil {
			return nil, err
		}
	}
	return s.files[i], nil
}

// Choose gives new connections to the first n sockets, each as likely as any other.
func (s *spread) Choose(n int) error {
	const random = 0xfffff000 + 56 // SKF_AD_OFF + SKF_AD_RANDOM: not of the packet, but of the kernel
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: random},
		{Code: unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K, K: uint32(n)},
		{Code: unix.BPF_RET | unix.BPF_A},
	}
	err := unix.SetsockoptSockFprog(int(s.files[0].Fd()), unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err != nil {
		return fmt.Errorf("choosing among the sockets of the workers: %w", err)
	}
	s.steered = true
	return nil
}

// Waiting is the length of a socket's queue, of connections whose handshake is done.
func (s *spread) Waiting(i int) int {
	if i >= len(s.files) {
		return 0
	}
	return backlog(int(s.files[i].Fd()))
}

func (s *spread) Vacate(i int) {
	if i == len(s.files)-1 {
		s.files[i].Close()
		s.files = s.files[:i]
	}
}

func (s *spread) Close() {
	for _, f := range s.files {
		f.Close()
	}
	s.files = nil
}
