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
	now := time.Now()
	return c.Bill(now, holdings(d.store.noted(), d.typeOf))
}

// typeOf is the plan or class of what a label names, and its region: as the cloud told, or as the Spec has it.
func (d *driver) typeOf(k rental.Kind, label string) (name, region string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t, told := d.types[string(k)+label]; told {
		return t[0], t[1]
	}
	return d.blueprint.typeOf(k, label)
}

// holdings are what of a journal costs, or did.
func holdings(lines []rental.Line, typeOf func(rental.Kind, string) (string, string)) (all []price.Held) {
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
			name, region := typeOf(l.Kind, l.Label)
			i = len(all)
			at[k], all = i, append(all, price.Held{Name: l.Label, Type: name, Region: region, Created: l.At})
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
