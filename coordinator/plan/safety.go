package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A load generator aimed at the wrong host is a weapon. Target is where a run
// aims, before anything was sent.
type Target struct {
	Host string // name or address, without brackets and final dot, in lower case
	Port uint16
}

// TargetOf takes a base URL apart. Errors never repeat a user name or a password:
// they end up in logs.
func TargetOf(baseURL string) (Target, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" {
		return Target{}, fmt.Errorf("target.base_url %q is not a URL such as http://127.0.0.1:8080", withoutUser(baseURL))
	}
	if u.User != nil {
		return Target{}, fmt.Errorf("target.base_url of %s holds a user name; put credentials into headers", u.Hostname())
	}
	port := uint64(80)
	switch u.Scheme {
	case "http":
	case "https":
		port = 443
	default:
		return Target{}, fmt.Errorf("target.base_url %q: scheme %q is not supported, only http and https", baseURL, u.Scheme)
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.ParseUint(p, 10, 16); err != nil || port == 0 {
			return Target{}, fmt.Errorf("target.base_url %q: port %s is none of 1 to 65535", baseURL, p)
		}
	}
	host := canonical(u.Hostname())
	if host == "" {
		return Target{}, fmt.Errorf("target.base_url %q names no host", baseURL)
	}
	return Target{Host: host, Port: uint16(port)}, nil
}

// withoutUser cuts what may be a password off a text that is no URL.
func withoutUser(text string) string {
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return "…" + text[i:]
	}
	return text
}

// String gives host:port.
func (t Target) String() string {
	if strings.Contains(t.Host, ":") {
		return "[" + t.Host + "]:" + strconv.Itoa(int(t.Port))
	}
	return t.Host + ":" + strconv.Itoa(int(t.Port))
}

// canonical is the one way to write a host, so that an address that may be
// written in many ways is found in a list.
func canonical(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return host
}

// Permission is what is said in favour of a target that is not ours by address.
type Permission struct {
	AllowHosts []string // allow_hosts of the file
	Authorised []string // --i-am-authorised HOST
}

// A Clearance is the outcome of Clear: the only addresses anything is sent to.
type Clearance struct {
	Addresses []netip.AddrPort
	Silent    []netip.AddrPort // cleared, but nobody answered there: left out
	Kind      Kind
	// NeedsProof says that the target must answer for itself at
	// /.well-known/loadctl before it is loaded.
	NeedsProof bool
}

// Clear says whether a target at these addresses may be loaded. Every address
// its name has is judged, since any of them may be connected to.
func (t Target) Clear(addrs []netip.Addr, p Permission) (Clearance, error) {
	if len(addrs) == 0 {
		return Clearance{}, fmt.Errorf("target %s has no address", t.Host)
	}
	c := Clearance{Kind: KindOf(addrs[0])}
	for _, a := range addrs {
		kind := KindOf(a)
		if kind == Forbidden {
			return Clearance{}, fmt.Errorf("target %s: %s is never loaded (%s)", t.Host, a, whyForbidden(a))
		}
		if kind != c.Kind {
			return Clearance{}, fmt.Errorf("target %s has addresses of several kinds (%s is %s, %s is %s): this is how a name is bent to reach what it should not; name one address",
				t.Host, addrs[0], c.Kind, a, kind)
		}
		c.add(netip.AddrPortFrom(a.Unmap(), t.Port))
	}
	if c.Kind != Public {
		return c, nil
	}
	return t.clearPublic(c, p)
}

func (c *Clearance) add(a netip.AddrPort) {
	if !slices.Contains(c.Addresses, a) {
		c.Addresses = append(c.Addresses, a)
	}
}

func (t Target) clearPublic(c Clearance, p Permission) (Clearance, error) {
	if !t.listed(p.AllowHosts) {
		return Clearance{}, fmt.Errorf("target %s (%s) is public, and allow_hosts of the scenario does not name it: only load what is yours; add allow_hosts: [%s]",
			t, c.Addresses[0].Addr(), t.Host)
	}
	c.NeedsProof = !t.listed(p.Authorised)
	return c, nil
}

// listed says whether the target is named, alone or with its port.
func (t Target) listed(hosts []string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool {
		h = canonical(strings.TrimSpace(h))
		return h == t.Host || h == t.String()
	})
}

func whyForbidden(a netip.Addr) string {
	switch a = a.Unmap(); {
	case !a.IsValid() || a.IsUnspecified():
		return "unspecified"
	case a.IsMulticast():
		return "multicast"
	case a.IsLinkLocalUnicast():
		return "link-local, where clouds serve their metadata"
	case isMetadata(a):
		return "cloud metadata"
	case a.Is4():
		return "reserved or broadcast"
	}
	if inner, ok := embedded(a); ok {
		return "it carries " + inner.String() + ": " + whyForbidden(inner)
	}
	return "not an ordinary address"
}

// ErrRebound says that a name changed its addresses between check and use.
var ErrRebound = errors.New("the name changed its addresses between check and use")

// Same holds a second answer of the name against what was cleared: whoever
// answers something new right after the check is not to be trusted with load.
// An answer that lacks addresses of the first is no harm.
func (c Clearance) Same(t Target, again []netip.Addr) error {
	for _, a := range again {
		if !slices.Contains(c.Addresses, netip.AddrPortFrom(a.Unmap(), t.Port)) {
			return fmt.Errorf("target %s: %w: %s was not among %v; name the address itself", t.Host, ErrRebound, a, c.Addresses)
		}
	}
	return nil
}

// ProofPath is where a public target says that it may be loaded.
const ProofPath = "/.well-known/loadctl"

// Proven says whether a target's answer is the token of whoever runs the load.
func (t Target) Proven(status int, body, token string) error {
	const hint = "put the token there, or say --i-am-authorised "
	switch {
	case token == "":
		return fmt.Errorf("target %s is public and has to answer for itself at %s, but there is no token to compare with: give one, or say --i-am-authorised %s", t, ProofPath, t.Host)
	case status != 200:
		return fmt.Errorf("target %s is public and does not answer for itself: %s gave status %d; %s%s", t, ProofPath, status, hint, t.Host)
	case strings.TrimSpace(body) != token:
		return fmt.Errorf("target %s is public and does not answer for itself: %s holds another token; %s%s", t, ProofPath, hint, t.Host)
	}
	return nil
}
