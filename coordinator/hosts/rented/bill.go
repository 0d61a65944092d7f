package rented

import (
	"context"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// pricesWithin bounds asking for prices where they only go into a bill.
const pricesWithin = 20 * time.Second

// catalogue is that of the API, or the one that is built in with a warning.
func catalogue(ctx context.Context, cloud *linode.Client) (price.Catalogue, string) {
	if cloud == nil {
		c := price.Builtin()
		return c, "prices are " + c.String()
	}
	now := time.Now().UTC().Format(time.DateOnly)
	p, err := cloud.Prices(ctx)
	if err == nil {
		var c price.Catalogue
		if c, err = price.Decode("the Linode API", now, price.Bodies(p)); err == nil {
			return c, ""
		}
	}
	c := price.Builtin()
	return c, "the prices of today are not to be had (" + err.Error() + "): those told are " + c.String()
}

// bill is what a fleet has cost so far.
func (d *driver) bill(ctx context.Context) price.Bill {
	ctx, cancel := context.WithTimeout(ctx, pricesWithin)
	defer cancel()
	c, warning := catalogue(ctx, d.cfg.Cloud)
	if warning != "" {
		d.say(warning)
	}
	return c.Bill(time.Now(), holdings(d.store.noted(), d.facts))
}

// facts are what is known of what costs money: as the cloud told, or as the Spec has it.
func (d *driver) facts(k rental.Kind, label string) rental.Seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, told := d.shown[string(k)+label]; told {
		return s
	}
	return d.blueprint.facts(k, label)
}

// holdings are what of a journal costs, or did.
func holdings(lines []rental.Line, facts func(rental.Kind, string) rental.Seen) (all []price.Held) {
	type key struct {
		kind  rental.Kind
		label string
		id    int
	}
	at := map[key]int{}
	for _, l := range lines {
		k := key{l.Kind, l.Label, l.ID}
		if l.ID == 0 || l.Kind != rental.Instance && l.Kind != rental.Balancer {
			continue
		}
		i, has := at[k]
		if !has {
			s := facts(l.Kind, l.Label)
			if i = len(all); s.ID != l.ID || s.Created.IsZero() { // the cloud's time is the one that is billed
				s.Created = l.At
			}
			at[k], all = i, append(all, price.Held{Name: l.Label, Type: s.Type, Region: s.Region, Created: s.Created})
		}
		switch ended := l.What == rental.NoteDeleted || l.What == rental.NoteGone; {
		case ended && all[i].Deleted.IsZero():
			all[i].Deleted = l.At
		case l.What == rental.NoteCreated:
			all[i].Deleted = time.Time{}
		}
	}
	return all
}
