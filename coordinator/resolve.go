package coordinator

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// resolveWithin is how long a name may take to be found.
const resolveWithin = 10 * time.Second

// Lookup gives the addresses of a target, by the system's resolver. It sends nothing
// to them, and does not judge them.
func Lookup(ctx context.Context, target plan.Target) ([]netip.Addr, error) {
	return lookup(ctx, target, systemResolver)
}

func systemResolver(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func lookup(ctx context.Context, target plan.Target, resolve func(context.Context, string) ([]netip.Addr, error)) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(target.Host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	addrs, err := resolve(ctx, target.Host)
	if err != nil {
		return nil, fmt.Errorf("target %s cannot be found: %w; check the name (getent hosts %s), or give an address by --target", target.Host, err, target.Host)
	}
	return addrs, nil
}

// resolve asks for the target's addresses, judges them, and asks once more: a
// name that changes between check and use is refused.
func (c *Coordinator) resolve(ctx context.Context, target plan.Target) (plan.Clearance, error) {
	addrs, err := c.lookup(ctx, target)
	if err != nil {
		return plan.Clearance{}, err
	}
	aim, err := target.Clear(addrs, c.permission())
	if err != nil {
		return plan.Clearance{}, &UsageError{err}
	}
	again, err := c.lookup(ctx, target)
	if err != nil {
		return plan.Clearance{}, err
	}
	if err := aim.Same(target, again); err != nil {
		return plan.Clearance{}, &UsageError{err}
	}
	return aim, nil
}

func (c *Coordinator) permission() plan.Permission {
	return plan.Permission{AllowHosts: c.cfg.Scenario.AllowHosts, Authorised: c.cfg.Authorised}
}

func (c *Coordinator) lookup(ctx context.Context, target plan.Target) ([]netip.Addr, error) {
	if len(c.cfg.Addresses) > 0 {
		return given(c.cfg.Addresses, target)
	}
	return lookup(ctx, target, c.cfg.World.Resolve)
}

func given(addresses []netip.AddrPort, target plan.Target) (addrs []netip.Addr, err error) {
	for _, a := range addresses {
		if a.Port() != target.Port {
			return nil, &UsageError{fmt.Errorf("address %s has another port than target %s", a, target)}
		}
		addrs = append(addrs, a.Addr())
	}
	return addrs, nil
}
