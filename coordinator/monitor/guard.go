package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// A guard opens connections for monitors: to loopback and private addresses, and to
// public hosts that allow_hosts names. Each connection is judged when it is opened, so a
// name that changes its addresses reaches nothing else.
type guard struct {
	permission plan.Permission
	resolve    func(ctx context.Context, host string) ([]netip.Addr, error)
	dial       dialing
}

// A refusal says that something must not be asked.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

// connect is a dialing that keeps the rules.
func (g *guard) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "unix" || strings.HasPrefix(address, "/") {
		return g.dial(ctx, "unix", address)
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := g.cleared(ctx, host, uint16(port))
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, a := range addrs {
		conn, err := g.dial(ctx, "tcp", a.String())
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// cleared resolves a host and says whether a monitor may ask it. A monitor asks little:
// a public host need not prove that it may be loaded.
func (g *guard) cleared(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else if addrs, err = g.resolve(ctx, host); err != nil {
		return nil, err
	}
	target := plan.Target{Host: strings.ToLower(strings.TrimSuffix(host, ".")), Port: port}
	c, err := target.Clear(addrs, g.permission)
	if err != nil {
		return nil, &refusal{fmt.Errorf("a monitor may not ask it: %w", err)}
	}
	return c.Addresses, nil
}

// host is that of a URL with its port.
func hostOf(address string) (host string, port uint16, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", 0, false
	}
	port = map[string]uint16{"https": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379}[u.Scheme]
	if port == 0 {
		port = 80
	}
	if p, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		port = uint16(p)
	}
	return u.Hostname(), port, true
}

// privately is the TLS of a source: that of the target for whatever is on its host, the
// system's for others.
func privately(own *tls.Config, base, address string) *tls.Config {
	host, _, ok := hostOf(address)
	target, _, okTarget := hostOf(base)
	if own == nil || !ok || !okTarget || host != target {
		return nil
	}
	return own.Clone()
}

// overTLS is a dialing with a handshake behind it.
func overTLS(dial dialing, config *tls.Config) dialing {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		private := tls.Client(conn, config)
		if err := private.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return private, nil
	}
}
