package machine

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
)

// Addresses are those of this machine that something can be connected from: loopback
// and link-local ones are left out.
func Addresses() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("reading the addresses of this machine: %w", err)
	}
	return global(all), nil
}

func global(all []net.Addr) (own []netip.Addr) {
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		if ip := p.Addr().Unmap(); ip.IsGlobalUnicast() && !ip.IsLoopback() && !slices.Contains(own, ip) {
			own = append(own, ip)
		}
	}
	return own
}

// Owns says whether an address is one of this machine. On Linux all of 127.0.0.0/8 is.
func Owns(a netip.Addr) bool {
	if a = a.Unmap(); a.IsLoopback() && a.Is4() && runtime.GOOS == "linux" {
		return true
	}
	all, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(all, func(own net.Addr) bool {
		p, err := netip.ParsePrefix(own.String())
		return err == nil && p.Addr().Unmap() == a
	})
}
