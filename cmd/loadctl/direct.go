package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
)

// directTo is the address of --direct; the zero value where it is not given, and hosts are led here by SSH.
func (o *runOptions) directTo(machines []ssh.Address) (netip.AddrPort, error) {
	if o.direct == "" {
		return netip.AddrPort{}, nil
	}
	own, err := machine.Addresses()
	if err != nil {
		return netip.AddrPort{}, cannot(fmt.Errorf("--direct: %w", err), "")
	}
	at, err := directAt(o.direct, machines, own)
	if err != nil {
		return at, usage(fmt.Errorf("--direct: %w", err), "docs/hosts.md says when machines can dial this one; without --direct they need not")
	}
	return at, nil
}

// directAt is the address of this machine, one of own, that machines elsewhere are to dial; port 0 is any.
func directAt(text string, machines []ssh.Address, own []netip.Addr) (at netip.AddrPort, err error) {
	if at, err = netip.ParseAddrPort(text); err != nil {
		var a netip.Addr
		a, err = netip.ParseAddr(text)
		at = netip.AddrPortFrom(a, 0)
	}
	a := at.Addr().Unmap()
	switch {
	case err != nil:
		return at, fmt.Errorf("%q: want an address of this machine, such as 10.0.0.1 or 10.0.0.1:7070", text)
	case len(machines) == 0:
		return at, errors.New("it is where the machines of --hosts dial, and none are named")
	case a.IsLoopback() && farAway(machines):
		return at, fmt.Errorf("%s is on loopback, where no other machine reaches this one", a)
	case !a.IsLoopback() && !a.IsGlobalUnicast():
		return at, fmt.Errorf("%s is no address that a machine elsewhere can dial: want one of %s", a, addressList(own))
	case !a.IsLoopback() && !slices.Contains(own, a):
		return at, fmt.Errorf("%s is no address of this machine: want one of %s", a, addressList(own))
	}
	return netip.AddrPortFrom(a, at.Port()), nil
}

func addressList(all []netip.Addr) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.String()
	}
	return cmp.Or(strings.Join(words, ", "), "its own, of which it has none but loopback")
}

// world is where hosts dial.
func (j *job) world() (w coordinator.World) {
	if at := j.dialled; at.IsValid() {
		w.Listen = func() (net.Listener, error) { return net.Listen("tcp", at.String()) }
	}
	return w
}
