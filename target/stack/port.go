package stack

import (
	"cmp"
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

// Take gives an address back when nobody listens there, with a free port in place of
// port 0; "" is 127.0.0.1:0. Parts that die must find theirs free when they start again: outgoing connections of this
// machine have ports of a range of their own, which is kept out of.
func (p *Ports) Take(address string) (string, error) {
	host, port, err := net.SplitHostPort(cmp.Or(address, "127.0.0.1:0"))
	if err != nil || port != "0" {
		return address, errors.Join(err, p.free(address))
	}
	const tries = 1000
	var last error
	below := firstOutgoing()
	for range tries {
		address = net.JoinHostPort(host, strconv.Itoa(below/2+rand.IntN(below/2)))
		if last = p.free(address); last == nil {
			return address, nil
		}
	}
	return "", fmt.Errorf("no free port was found on %s: %w", host, last)
}

func (p *Ports) free(address string) error {
	if p.given[address] {
		return fmt.Errorf("%s: two parts cannot listen there", address)
	}
	ln, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: the port is in use: write another, or port 0 for a free one", address)
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
