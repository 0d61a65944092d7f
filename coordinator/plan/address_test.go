package plan

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMetadataIsForbiddenWhereverACloudServesIt: only fd00:ec2::254 was known. The
// others over IPv6 look private, so they were loaded without a question.
func TestMetadataIsForbiddenWhereverACloudServesIt(t *testing.T) {
	for _, text := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "fe80::a9fe:a9fe",
		"fd00:ec2::254", "fd00:ec2::23", "fd00:ec2::253", // AWS: data, pod identities, names
		"fd20:ce::254", "fd00:a9fe:a9fe::1", "fd00:42::42", "fd00:c1::a9fe:a9fe", "fd00:100::100:200",
		"100.100.100.200", "168.63.129.16", "192.0.0.192",
		"::ffff:100.100.100.200", "::ffff:168.63.129.16", "64:ff9b::168.63.129.16",
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != Forbidden {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestForbiddenAddressInDisguiseIsForbidden: NAT64 of one's own network and
// translated addresses were taken for ordinary public ones.
func TestForbiddenAddressInDisguiseIsForbidden(t *testing.T) {
	for _, text := range []string{
		"::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
		"::ffff:0:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::169.254.169.254",
		"2002:a9fe:a9fe::", "::169.254.169.254", "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1",
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != Forbidden {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestZoneIsForbidden: which machine it means depends on who connects.
func TestZoneIsForbidden(t *testing.T) {
	for _, text := range []string{"fe80::1%eth0", "fd12::1%eth0", "2001:db8::1%1", "::1%lo"} {
		if got := KindOf(netip.MustParseAddr(text)); got != Forbidden {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestRangesEndWhereTheyEnd looks at both sides of every border.
func TestRangesEndWhereTheyEnd(t *testing.T) {
	for _, c := range []struct {
		first, last string
		kind        Kind // within; outside it is another
	}{
		{"0.0.0.0", "0.255.255.255", Forbidden},
		{"10.0.0.0", "10.255.255.255", Private},
		{"127.0.0.0", "127.255.255.255", Loopback},
		{"169.254.0.0", "169.254.255.255", Forbidden},
		{"172.16.0.0", "172.31.255.255", Private},
		{"192.168.0.0", "192.168.255.255", Private},
		{"224.0.0.0", "255.255.255.255", Forbidden},
		{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private},
		{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Forbidden},
		{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Forbidden},
		{"fd00:ec2::", "fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff", Forbidden},
	} {
		first, last := netip.MustParseAddr(c.first), netip.MustParseAddr(c.last)
		if KindOf(first) != c.kind || KindOf(last) != c.kind {
			t.Errorf("%s to %s are %s and %s, want %s", first, last, KindOf(first), KindOf(last), c.kind)
		}
		for _, out := range []netip.Addr{first.Prev(), last.Next()} {
			if out.IsValid() && KindOf(out) == c.kind {
				t.Errorf("%s is %s too", out, c.kind)
			}
		}
	}
}

// TestSharedAndTestingRangesArePublic: carriers, laboratories and documents use
// them, and somebody owns them. So they are named and proven, or refused.
func TestSharedAndTestingRangesArePublic(t *testing.T) {
	for _, text := range []string{
		"100.64.0.0", "100.127.255.255", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
		"2001:db8::1", "fec0::1", "100::1", "2001::1",
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != Public {
			t.Errorf("%s is %s", text, got)
		}
	}
}

func drawIPv4(t *rapid.T) netip.Addr {
	b := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")
	if rapid.Bool().Draw(t, "special") {
		b[0] = rapid.SampledFrom([]byte{0, 10, 100, 127, 169, 172, 192, 224, 240, 255}).Draw(t, "net")
		b[1] = rapid.SampledFrom([]byte{0, 16, 64, 168, 254}).Draw(t, "subnet")
	}
	return netip.AddrFrom4([4]byte(b))
}

func TestMappedAddressIsTheAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawIPv4(t)
		if mapped := netip.AddrFrom16(a.As16()); !mapped.Is4In6() || KindOf(mapped) != KindOf(a) {
			t.Fatalf("%s is %s, %s is %s", a, KindOf(a), mapped, KindOf(mapped))
		}
	})
}

// TestNothingEmbeddedIsTakenForOurs: what a translator makes of an address is its
// business, so no IPv6 address is loopback or private for what it carries.
func TestNothingEmbeddedIsTakenForOurs(t *testing.T) {
	prefixes := []string{"64:ff9b::", "64:ff9b:1::", "64:ff9b:1:2:3::", "::ffff:0:0:0"}
	rapid.Check(t, func(t *rapid.T) {
		inner := drawIPv4(t)
		b, four := netip.MustParseAddr(rapid.SampledFrom(prefixes).Draw(t, "prefix")).As16(), inner.As4()
		copy(b[12:], four[:])
		want := Public
		if KindOf(inner) == Forbidden {
			want = Forbidden
		}
		if outer := netip.AddrFrom16(b); KindOf(outer) != want {
			t.Fatalf("%s is %s, want %s", outer, KindOf(outer), want)
		}
	})
}

func TestRefusalSaysWhyAnAddressIsForbidden(t *testing.T) {
	for text, want := range map[string]string{
		"0.0.0.0": "unspecified", "::": "unspecified", "224.0.0.1": "multicast", "ff02::1": "multicast",
		"169.254.169.254": "link-local", "::ffff:169.254.169.254": "link-local", "fe80::1": "link-local",
		"fd20:ce::254": "cloud metadata", "168.63.129.16": "cloud metadata",
		"255.255.255.255": "reserved or broadcast", "0.1.2.3": "reserved or broadcast",
		"64:ff9b::a9fe:a9fe": "it carries 169.254.169.254: link-local", "fd12::1%eth0": "not an ordinary address",
	} {
		_, err := Target{Host: "x", Port: 80}.Clear([]netip.Addr{netip.MustParseAddr(text)}, Permission{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := (Target{Host: "x", Port: 80}).Clear([]netip.Addr{{}}, Permission{}); err == nil {
		t.Error("no address at all was cleared")
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k, want := range map[Kind]string{Public: "public", Loopback: "loopback", Private: "private", Forbidden: "forbidden", 9: "unknown"} {
		if k.String() != want {
			t.Errorf("kind %d is called %s", k, k)
		}
	}
}
