package plan

import "net/netip"

// A Kind is what sort of address a target has.
type Kind uint8

// The kinds of addresses.
const (
	Public    Kind = iota // anybody's: named and proven, or refused
	Loopback              // this machine
	Private               // RFC 1918, or fc00::/7
	Forbidden             // never a target: link-local, metadata, multicast, broadcast, unspecified, reserved
)

var kindNames = [...]string{"public", "loopback", "private", "forbidden"}

// String gives the kind's name, such as "private".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// KindOf sorts an address. One that carries an IPv4 address inside (mapped,
// NAT64, 6to4) is forbidden if that is; mapped ones are just another way to write
// it, of the others somebody else decides what they reach: they are public.
func KindOf(a netip.Addr) Kind {
	a = a.Unmap()
	switch {
	case !a.IsValid() || a.Zone() != "" || forbidden(a):
		return Forbidden
	case a.IsLoopback():
		return Loopback
	case a.IsPrivate():
		return Private
	}
	if inner, ok := embedded(a); ok && KindOf(inner) == Forbidden {
		return Forbidden
	}
	return Public
}

func forbidden(a netip.Addr) bool {
	if a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast() {
		return true
	}
	if a.Is4() {
		b := a.As4()
		return b[0] == 0 || b[0] >= 240 // "this network"; reserved and broadcast
	}
	return isMetadata6(a)
}

// isMetadata6 knows where clouds serve metadata over IPv6. It looks private.
func isMetadata6(a netip.Addr) bool {
	return a == netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x0e, 3: 0xc2, 14: 0x02, 15: 0x54}) // fd00:ec2::254
}

// embedded is the IPv4 address inside an address of NAT64 or 6to4.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	switch {
	case [12]byte(b[:12]) == [12]byte{1: 0x64, 2: 0xff, 3: 0x9b}:
		return netip.AddrFrom4([4]byte(b[12:])), true
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case [12]byte(b[:12]) == [12]byte{}: // IPv4-compatible, long deprecated
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return netip.Addr{}, false
}
