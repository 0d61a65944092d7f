package machine

import (
	"net"
	"net/netip"
	"testing"
)

func network(t *testing.T, text string) net.Addr {
	t.Helper()
	ip, n, err := net.ParseCIDR(text)
	if err != nil {
		t.Fatal(err)
	}
	n.IP = ip
	return n
}

func TestGlobalAddresses(t *testing.T) {
	got := global([]net.Addr{
		network(t, "127.0.0.1/8"), network(t, "10.0.0.5/24"), network(t, "169.254.1.1/16"), network(t, "fe80::1/64"),
		network(t, "::1/128"), network(t, "fd12::5/64"), network(t, "10.0.0.5/32"), &net.UnixAddr{Name: "x"},
	})
	if len(got) != 2 || got[0] != netip.MustParseAddr("10.0.0.5") || got[1] != netip.MustParseAddr("fd12::5") {
		t.Errorf("%v", got)
	}
}

func TestOwns(t *testing.T) {
	if !Owns(netip.MustParseAddr("127.0.0.1")) || Owns(netip.MustParseAddr("192.0.2.77")) {
		t.Error("127.0.0.1 is ours, and an address of documentation is not")
	}
	own, err := Addresses()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range own {
		if !Owns(a) {
			t.Errorf("%s is listed and not owned", a)
		}
	}
}
