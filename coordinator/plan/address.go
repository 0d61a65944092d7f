package plan

import (
	"net/netip"
	"slices"
)

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
// translated, NAT64, 6to4) is forbidden if that is; mapped ones are just another way to write
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
	if isMetadata(a) || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast() {
		return true
	}
	if a.Is4() {
		b := a.As4()
		return b[0] == 0 || b[0] >= 240 // "this network"; reserved and broadcast
	}
	return false
}

// metadata is where clouds serve credentials and the like to their machines,
// as far as that is not link-local. Most of it looks private, some public.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("fd00:ec2::/32"),         // AWS: instance data, pod identities, names, time
	netip.MustParsePrefix("fd20:ce::254/128"),      // Google Cloud
	netip.MustParsePrefix("fd00:a9fe:a9fe::1/128"), // Akamai (Linode)
	netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"),
	netip.MustParsePrefix("fd00:42::42/128"),       // Scaleway
	netip.MustParsePrefix("fd00:100::100:200/128"), // Alibaba Cloud
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("168.63.129.16/32"), // Azure
	netip.MustParsePrefix("192.0.0.192/32"),   // Oracle Cloud, as fd00:c1::a9fe:a9fe
}

func isMetadata(a netip.Addr) bool {
	return slices.ContainsFunc(metadata, func(p netip.Prefix) bool { return p.Contains(a) })
}

// embedded is the IPv4 address inside an address of NAT64, 6to4 or their like.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	switch {
	case [12]byte(b[:12]) == [12]byte{1: 0x64, 2: 0xff, 3: 0x9b}:
		return netip.AddrFrom4([4]byte(b[12:])), true
	case [6]byte(b[:6]) == [6]byte{1: 0x64, 2: 0xff, 3: 0x9b, 5: 1}: // NAT64 of one's own network
		return netip.AddrFrom4([4]byte(b[12:])), true
	case [12]byte(b[:12]) == [12]byte{8: 0xff, 9: 0xff}: // translated by SIIT
		return netip.AddrFrom4([4]byte(b[12:])), true
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case [12]byte(b[:12]) == [12]byte{}: // IPv4-compatible, long deprecated
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return netip.Addr{}, false
}
