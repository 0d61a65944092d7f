package plan

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPasswordIsNotRepeated: with https, or in what is no URL at all, the error
// quoted the URL with everything in it.
func TestPasswordIsNotRepeated(t *testing.T) {
	for _, text := range []string{
		"http://someone:secret@example.com/", "https://someone:secret@example.com/", "ftp://someone:secret@example.com",
		"http://someone:secret@", "http://someone:secret@example.com:99999", "http://someone:secret@example.com%zz",
		"http://someone:secret@exam ple.com", "//someone:secret@example.com", "someone:secret@example.com", "http://someone:sec%ret@example.com",
	} {
		_, err := TargetOf(text)
		if err == nil || strings.Contains(err.Error(), "sec") || strings.Contains(err.Error(), "someone") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestURLAimsAtNobodyElse: the ways to write a host in front of another. Which of
// the two is meant depends on who reads it, so the answer is one or none.
func TestURLAimsAtNobodyElse(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1@example.com/": "", "http://127.0.0.1:80@example.com/": "", `http://127.0.0.1\@example.com/`: "",
		"http://example.com#@127.0.0.1/": "example.com:80", "http://example.com/@127.0.0.1": "example.com:80",
		"http://example.com?@127.0.0.1": "example.com:80", "http:127.0.0.1": "", "http:/127.0.0.1": "", "http:///127.0.0.1": "",
		"http://127.0.0.1 example.com/": "", "http://127.0.0.1%20example.com/": "", "http://127.0.0.1\r\nHost: example.com/": "",
		"http://127.0.0.1%00.example.com/": "", "http://127.0.0.1%2f.example.com/": "", "//127.0.0.1": "", "": "", "http://.": "",
		"http://127.0.0.1.example.com": "127.0.0.1.example.com:80", "HTTP://127.0.0.1": "127.0.0.1:80",
		"http://[::1": "", "http://::1": "", "http://::1:80": "", "http://[127.0.0.1]x": "",
	} {
		got, err := TargetOf(text)
		if want == "" && err == nil || want != "" && (err != nil || got.String() != want) {
			t.Errorf("%q aims at %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestAddressInAnOldSpellingIsAName: 127.1 and 2130706433 are loopback to some
// resolvers only, so what they resolve to is judged, like that of any name.
func TestAddressInAnOldSpellingIsAName(t *testing.T) {
	for _, host := range []string{"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "010.0.0.1", "127.0.0.1.5", "1.2.3.256"} {
		target, err := TargetOf("http://" + host)
		if err != nil {
			continue
		}
		if _, err := netip.ParseAddr(target.Host); err == nil || target.Host != host {
			t.Errorf("%s is taken for the address %s", host, target.Host)
		}
	}
}

// TestAddressIsFoundHoweverItIsWritten: only the one spelling of the file counted.
func TestAddressIsFoundHoweverItIsWritten(t *testing.T) {
	for url, listed := range map[string]string{
		"http://[2001:db8:0:0::1]":       "2001:db8::1",
		"http://[2001:DB8::1]":           "2001:db8:0:0:0:0:0:1",
		"http://[2001:db8::1]:80":        "[2001:db8::1]:80",
		"http://[::ffff:203.0.113.2]":    "203.0.113.2",
		"http://203.0.113.2":             "::ffff:203.0.113.2",
		"http://203.0.113.2.":            "203.0.113.2",
		"http://EXAMPLE.com.":            "example.COM.",
		"http://example.com:8080/a?b=c#": "example.com:8080",
	} {
		target, err := TargetOf(url)
		if err != nil || !target.listed([]string{listed}) {
			t.Errorf("%s (%s) is not found as %s: %v", url, target, listed, err)
		}
	}
}

// TestAnotherHostIsNotFound: a list names hosts, not patterns, parts or ports of others.
func TestAnotherHostIsNotFound(t *testing.T) {
	target := Target{Host: "www.example.com", Port: 80}
	for _, listed := range []string{
		"", ".", "*", "example.com", "*.example.com", ".example.com", "www.example.com:8080", "www.example.com:", "www.example.co",
		"http://www.example.com", "www.example.com/", "wwwxexample.com", "www.example.com,", "203.0.113.2", "www.example.com:80:80",
	} {
		if target.listed([]string{listed}) {
			t.Errorf("%s is found as %q", target, listed)
		}
	}
}

func TestMappedURLIsJudgedByTheAddressInside(t *testing.T) {
	for url, want := range map[string]Kind{
		"http://[::ffff:127.0.0.1]:8080": Loopback, "http://[::ffff:10.0.0.1]": Private, "http://[::ffff:8.8.8.8]": Public,
		"http://[::ffff:169.254.169.254]": Forbidden, "http://[fe80::1%25eth0]": Forbidden, "http://[::]": Forbidden, "http://0.0.0.0": Forbidden,
	} {
		target, err := TargetOf(url)
		if err != nil {
			t.Fatal(err)
		}
		a, err := netip.ParseAddr(target.Host)
		if err != nil || KindOf(a) != want {
			t.Errorf("%s is %s (%s), %v; want %s", url, a, KindOf(a), err, want)
		}
	}
}

func TestClearedAddressesAreUnmappedAndDifferent(t *testing.T) {
	got, err := Target{Host: "x", Port: 81}.Clear(addrs("127.0.0.1 ::ffff:127.0.0.1 ::1 127.0.0.1"), Permission{})
	want := Clearance{Kind: Loopback, Addresses: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:81"), netip.MustParseAddrPort("[::1]:81")}}
	if err != nil || !slices.Equal(got.Addresses, want.Addresses) || got.Kind != want.Kind || got.NeedsProof {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCarrierGradeNATIsNamedAndProven: 100.64.0.0/10 looks private, and belongs to
// a provider and its customers.
func TestCarrierGradeNATIsNamedAndProven(t *testing.T) {
	target := Target{Host: "cpe.example.net", Port: 80}
	if _, err := target.Clear(addrs("100.64.1.2"), Permission{Authorised: []string{target.Host}}); err == nil {
		t.Error("cleared without being named")
	}
	if c, err := target.Clear(addrs("100.64.1.2"), Permission{AllowHosts: []string{target.Host}}); err != nil || !c.NeedsProof {
		t.Errorf("%+v, %v", c, err)
	}
}

func drawAddrs() *rapid.Generator[[]netip.Addr] {
	return rapid.SliceOfN(rapid.Map(rapid.SampledFrom([]string{
		"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "10.0.0.1", "192.168.3.4", "fd12::1", "::ffff:10.0.0.2",
		"8.8.8.8", "100.64.0.1", "2001:db8::1", "64:ff9b::7f00:1", "::ffff:8.8.4.4",
		"0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd20:ce::254", "255.255.255.255", "2002:a9fe:a9fe::",
	}), netip.MustParseAddr), 0, 4)
}

func drawPermission(t *rapid.T) Permission {
	hosts := rapid.SliceOfN(rapid.SampledFrom([]string{"x.example", "X.example.", "x.example:80", "x.example:81", "y.example"}), 0, 2)
	return Permission{AllowHosts: hosts.Draw(t, "allow_hosts"), Authorised: hosts.Draw(t, "authorised")}
}

// TestNothingIsClearedThatMayNotBeLoaded, whatever a name resolves to, in whatever order.
func TestNothingIsClearedThatMayNotBeLoaded(t *testing.T) {
	target := Target{Host: "x.example", Port: 80}
	rapid.Check(t, func(t *rapid.T) {
		found, p := drawAddrs().Draw(t, "addresses"), drawPermission(t)
		c, err := target.Clear(found, p)
		if want := mayBeLoaded(target, found, p); want != (err == nil) {
			t.Fatalf("%v with %+v: %v, may be loaded: %t", found, p, err, want)
		}
		if err != nil {
			if !cmp.Equal(c, Clearance{}, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })) {
				t.Fatalf("refused, and yet %+v", c)
			}
			return
		}
		if c.NeedsProof != (c.Kind == Public && !target.listed(p.Authorised)) {
			t.Fatalf("%+v with %+v", c, p)
		}
		if err := c.Same(target, found); err != nil {
			t.Fatalf("the same answer again: %v", err)
		}
	})
}

// mayBeLoaded is the rule said another way: all of one kind, none forbidden, and
// what is public is named.
func mayBeLoaded(target Target, found []netip.Addr, p Permission) bool {
	kinds := map[Kind]bool{}
	for _, a := range found {
		kinds[KindOf(a)] = true
	}
	return len(kinds) == 1 && !kinds[Forbidden] && (!kinds[Public] || target.listed(p.AllowHosts))
}

// TestChangedAnswerIsRefused: one new address is enough, whatever its kind.
func TestChangedAnswerIsRefused(t *testing.T) {
	target := Target{Host: "x.example", Port: 80}
	named := Permission{AllowHosts: []string{"x.example"}}
	rapid.Check(t, func(t *rapid.T) {
		c, err := target.Clear(drawAddrs().Draw(t, "first"), named)
		if err != nil {
			t.Skip("not cleared")
		}
		again := drawAddrs().Draw(t, "again")
		isNew := slices.ContainsFunc(again, func(a netip.Addr) bool {
			return !slices.Contains(c.Addresses, netip.AddrPortFrom(a.Unmap(), 80))
		})
		if err := c.Same(target, again); isNew != errors.Is(err, ErrRebound) {
			t.Fatalf("%v, then %v: %v", c.Addresses, again, err)
		}
	})
}

// TestProofIsTheTokenAndNothingElse beside white space at its ends.
func TestProofIsTheTokenAndNothingElse(t *testing.T) {
	target := Target{Host: "x.example", Port: 80}
	for body, want := range map[string]bool{
		"token": true, " token\r\n": true, "": false, "Token": false, "token2": false, "a token": false, "tok": false,
		`"token"`: false, "token\ntoken": false, "<html>token</html>": false,
	} {
		if err := target.Proven(200, body, "token"); (err == nil) != want {
			t.Errorf("%q proves: %v", body, err)
		}
	}
	for _, status := range []int{0, 199, 201, 204, 206, 301, 302, 401, 500} {
		if target.Proven(status, "token", "token") == nil {
			t.Errorf("status %d proves", status)
		}
	}
}
