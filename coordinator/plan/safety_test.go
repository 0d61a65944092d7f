package plan

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestKindOf(t *testing.T) {
	for text, want := range map[string]Kind{
		"127.0.0.1": Loopback, "127.9.9.9": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback,
		"10.1.2.3": Private, "172.16.0.1": Private, "172.31.255.255": Private, "192.168.1.1": Private, "fd12::1": Private, "::ffff:10.0.0.1": Private,
		"172.32.0.1": Public, "8.8.8.8": Public, "203.0.113.2": Public, "100.64.0.1": Public, "2001:db8::1": Public,
		"169.254.169.254": Forbidden, "fe80::1": Forbidden, "0.0.0.0": Forbidden, "0.1.2.3": Forbidden, "::": Forbidden,
		"224.0.0.1": Forbidden, "ff02::1": Forbidden, "255.255.255.255": Forbidden, "240.0.0.1": Forbidden,
		"::ffff:169.254.169.254": Forbidden, "fd00:ec2::254": Forbidden,
		"64:ff9b::a9fe:a9fe": Forbidden, "2002:a9fe:a9fe::1": Forbidden, "::a9fe:a9fe": Forbidden, // the metadata address in disguise
		"64:ff9b::7f00:1": Public, "2002:7f00:1::": Public, // somebody else's loopback
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if got := KindOf(netip.Addr{}); got != Forbidden {
		t.Errorf("no address is %s", got)
	}
}

func TestTargetOf(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080":    "127.0.0.1:8080",
		"http://Example.COM.":      "example.com:80",
		"http://[::1]:9/":          "[::1]:9",
		"https://example.com":      "example.com:443",
		"https://example.com:8443": "example.com:8443",
		"ftp://example.com":        `error: scheme "ftp"`,
		"example.com:80":           "error: ",
		"http://":                  "error: is not a URL",
		"http://user:pw@host/":     "error: put credentials into headers",
		"http://host:0":            "error: port 0",
		"http://host:99999":        "error: port 99999",
		"http://:80":               "error: names no host",
		"http://127.0.0.1:8080%zz": "error: is not a URL",
	} {
		got, err := TargetOf(url)
		want, fails := strings.CutPrefix(want, "error: ")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", url, err, want)
		case !fails && (err != nil || got.String() != want):
			t.Errorf("%s: %s, %v, want %s", url, got, err, want)
		case err != nil && strings.Contains(err.Error(), "pw@"):
			t.Errorf("%s: the error tells the password: %v", url, err)
		}
	}
}

func addrs(text string) (all []netip.Addr) {
	for _, a := range strings.Fields(text) {
		all = append(all, netip.MustParseAddr(a))
	}
	return all
}

func TestClear(t *testing.T) {
	named := Permission{AllowHosts: []string{" Example.com "}}
	vouched := Permission{AllowHosts: []string{"example.com:80"}, Authorised: []string{"example.com"}}
	for _, c := range []struct {
		name, addrs string
		p           Permission
		proof       bool
		err         string
	}{
		{"loopback", "127.0.0.1", Permission{}, false, ""},
		{"private", "10.0.0.1 10.0.0.2", Permission{}, false, ""},
		{"none", "", named, false, "no address"},
		{"public, not named", "8.8.8.8", Permission{}, false, "allow_hosts: [example.com]"},
		{"public, vouched for but not named", "8.8.8.8", Permission{Authorised: []string{"example.com"}}, false, "allow_hosts"},
		{"public, named", "8.8.8.8", named, true, ""},
		{"public, named and vouched for", "8.8.8.8", vouched, false, ""},
		{"another host vouched for", "8.8.8.8", Permission{AllowHosts: []string{"example.com"}, Authorised: []string{"example.org"}}, true, ""},
		{"a subdomain of what is named", "8.8.8.8", Permission{AllowHosts: []string{"com", "an.example.com", "*.com"}}, false, "allow_hosts"},
		{"metadata, whatever is said", "169.254.169.254", vouched, false, "never loaded"},
		{"a name bent to loopback", "8.8.8.8 127.0.0.1", vouched, false, "several kinds"},
		{"a name bent to what is private", "10.0.0.1 8.8.8.8", Permission{}, false, "several kinds"},
		{"one bad address among good ones", "8.8.8.8 0.0.0.0", vouched, false, "never loaded"},
	} {
		got, err := Target{Host: "example.com", Port: 80}.Clear(addrs(c.addrs), c.p)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) || len(got.Addresses) != 0 {
				t.Errorf("%s: %+v, %v, want %q", c.name, got, err, c.err)
			}
		case err != nil || got.NeedsProof != c.proof || len(got.Addresses) != len(addrs(c.addrs)):
			t.Errorf("%s: %+v, %v, want proof %t", c.name, got, err, c.proof)
		}
	}
}

func TestRebinding(t *testing.T) {
	target := Target{Host: "example.com", Port: 80}
	c, err := target.Clear(addrs("10.0.0.1 10.0.0.2"), Permission{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Same(target, addrs("10.0.0.2 ::ffff:10.0.0.1")); err != nil {
		t.Errorf("the same addresses in another order: %v", err)
	}
	if err := c.Same(target, addrs("10.0.0.1 10.0.0.3")); !errors.Is(err, ErrRebound) {
		t.Errorf("a new address: %v", err)
	}
}

func TestProven(t *testing.T) {
	target := Target{Host: "example.com", Port: 80}
	for _, c := range []struct {
		status             int
		body, token, wants string
	}{
		{200, "we-agree\n", "we-agree", ""},
		{200, "we-agree", "", "no token to compare with"},
		{200, "", "", "no token to compare with"},
		{404, "we-agree", "we-agree", "status 404"},
		{200, "something else", "we-agree", "another token"},
	} {
		err := target.Proven(c.status, c.body, c.token)
		if c.wants == "" && err != nil || c.wants != "" && (err == nil || !strings.Contains(err.Error(), c.wants)) {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil && strings.Contains(err.Error(), "we-agree") {
			t.Errorf("%+v: the error tells the token: %v", c, err)
		}
	}
}
