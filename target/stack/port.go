package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Ports hands out addresses at which nobody listens, each once.
type Ports struct{ given map[string]bool }

// Take gives an address back when it is free, and a free one of 127.0.0.1 for "". Parts
// that die must find theirs free when they start again: outgoing connections of this
// machine have ports of a range of their own, which is kept out of.
func (p *Ports) Take(address string) (string, error) {
	if address != "" {
		return address, p.free(address)
	}
	const tries = 1000
	below := firstOutgoing()
	for range tries {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(below/2+rand.IntN(below/2)))
		if p.free(address) == nil {
			return address, nil
		}
	}
	return "", errors.New("no free port was found on 127.0.0.1")
}

func (p *Ports) free(address string) error {
	if p.given[address] {
		return fmt.Errorf("%s: two parts cannot listen there", address)
	}
	ln, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: the port is in use", address)
	case err != nil:
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	if p.given == nil {
		p.given = map[string]bool{}
	}
	p.given[address] = true
	return ln.Close()
}

// firstOutgoing is the first port that a connection of this machine may have.
func firstOutgoing() int {
	const usual = 32768
	text, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range") // only Linux tells
	fields := strings.Fields(string(text))
	if len(fields) != 2 {
		return usual
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 4096 {
		return usual
	}
	return n
}
