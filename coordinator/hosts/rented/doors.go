package rented

import (
	"context"
	"net/netip"
	"sync"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// doors are who may log in.
type doors struct {
	setting sync.Mutex

	mu     sync.Mutex
	opened bool       // firewalls of an earlier life were seen to
	ours   netip.Addr // where we are seen to come from; zero = not known yet
}

// from is who may log in now.
func (d *driver) from() []netip.Prefix {
	if len(d.blueprint.From) > 0 {
		return d.blueprint.From
	}
	d.doors.mu.Lock()
	defer d.doors.mu.Unlock()
	if ours := d.doors.ours; ours.IsValid() {
		return []netip.Prefix{netip.PrefixFrom(ours, ours.BitLen())}
	}
	return everybody()
}

// openDoors gives firewalls of an earlier life the rules of this one: it may have known us by another address.
func (d *driver) openDoors(ctx context.Context) {
	d.doors.mu.Lock()
	opened := d.doors.opened
	d.doors.opened = true
	d.doors.mu.Unlock()
	if !opened && (d.adopted || d.opening.Load()) {
		d.setRules(ctx)
	}
}

// closeDoors leaves only us in, once it is known who we are. It returns when that is so: nothing that comes later is to find
// them open.
func (d *driver) closeDoors(ctx context.Context, ours netip.Addr) {
	if len(d.blueprint.From) > 0 || !ours.IsValid() {
		return
	}
	d.doors.mu.Lock()
	known := d.doors.ours.IsValid()
	if !known {
		d.doors.ours = ours
	}
	d.doors.mu.Unlock()
	if known {
		return
	}
	d.say("port 22 is open to " + ours.String() + " only from now on, as the machines see us come from there")
	d.setRules(ctx)
}

// setRules gives all firewalls the rules of now.
func (d *driver) setRules(ctx context.Context) {
	d.doors.setting.Lock() // so that the last rules are the newest
	defer d.doors.setting.Unlock()
	v, _ := d.look()
	for _, r := range v.resources {
		if r.Kind != rental.Firewall || !r.Ready {
			continue
		}
		in, out := d.blueprint.in(r.Name.Role, d.from()), d.blueprint.out(r.Name.Role)
		_ = d.insist("the rules of firewall "+r.Label+" are not as they should be", func(context.Context) error {
			return d.cfg.Cloud.SetRules(ctx, r.ID, in, out)
		})
	}
}
