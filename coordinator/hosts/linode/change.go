package linode

import (
	"context"
	"fmt"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// Delete gives a resource back. Whether it is ours is for the caller to know: nothing but the id is looked at. A failure
// of class Missing says that it is gone already, InUse that something has to go before it. A firewall is deleted even
// while it guards instances, which are open then.
func (c *Client) Delete(ctx context.Context, kind rental.Kind, id int) error {
	return c.do(ctx, fmt.Sprintf("delete %s %d", kind, id), func(ctx context.Context) error {
		switch kind {
		case rental.Network:
			return c.api.DeleteVPC(ctx, id)
		case rental.Firewall:
			return c.api.DeleteFirewall(ctx, id)
		case rental.Placement:
			return c.api.DeletePlacementGroup(ctx, id)
		case rental.Instance:
			return c.api.DeleteInstance(ctx, id)
		case rental.Balancer:
			return c.api.DeleteNodeBalancer(ctx, id)
		}
		return unknownKind(kind)
	})
}

// Reboot starts an instance anew. It returns before that has happened.
func (c *Client) Reboot(ctx context.Context, instance int) error {
	return c.do(ctx, fmt.Sprintf("reboot %s %d", rental.Instance, instance), func(ctx context.Context) error {
		return c.api.RebootInstance(ctx, instance, 0)
	})
}

// Unwatch turns off the watchdog of an instance, which would boot it again after it has turned itself off. It may be
// asked for again, and has to be for an instance whose making was never answered.
func (c *Client) Unwatch(ctx context.Context, instance int) error {
	return c.do(ctx, fmt.Sprintf("turn off the watchdog of %s %d", rental.Instance, instance), func(ctx context.Context) error {
		_, err := c.api.UpdateInstance(ctx, instance, linodego.InstanceUpdateOptions{WatchdogEnabled: new(false)})
		return err
	})
}
