package rented

import (
	"cmp"
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// watch looks after the instances of a fleet that is ready, until it is not.
func (d *driver) watch() {
	w := watching{}
	for d.sleep(d.ctx, cmp.Or(d.cfg.Limits.ListEvery, 5*time.Second)) {
		all, err := d.cfg.Cloud.List(d.ctx, rental.Instance, queryOf(d.run))
		v, _ := d.look()
		if v.state != rental.Ready {
			return
		}
		if err != nil {
			continue // a fleet at work does without
		}
		for _, c := range w.see(v.resources, all) {
			d.say(fmt.Sprintf("instance %s: %s", c.Label, c.What))
			select {
			case d.changes <- c:
			default: // nobody has listened for a thousand
			}
		}
	}
}

// watching is what was told of each instance last, by label.
type watching map[string]string

// missedTwice is what an instance is called that two lists in a row have not shown: one may be late.
const missedOnce, missedTwice = "missed", "gone"

// see tells what of a list is news about machines that are ready.
func (w watching) see(resources []rental.Resource, all []rental.Seen) (news []Change) {
	status := map[int]string{}
	for _, s := range all {
		status[s.ID] = s.Status
	}
	for _, r := range resources {
		if r.Kind != rental.Instance || !r.Ready {
			continue
		}
		old, now := cmp.Or(w[r.Label], "running"), status[r.ID]
		switch {
		case now == "" && (old == missedOnce || old == missedTwice):
			now = missedTwice
		case now == "":
			now = missedOnce
		}
		w[r.Label] = now
		if what := newsOf(old, now); what != "" {
			news = append(news, Change{r.Label, what})
		}
	}
	return news
}

func newsOf(old, now string) string {
	switch {
	case old == now || now == missedOnce || old == missedOnce && now == "running":
		return ""
	case now == missedTwice:
		return "it is gone: Linode does not list it any more"
	case now == "running":
		return "it runs again, after it was " + old
	}
	return "Linode says that it is " + now + ": what is measured with it is in doubt"
}
