package rental

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A cloud is a model of one: it loses answers before and after it has done what it was asked, shows in lists what is new,
// or gone, only later, refuses labels that are in use, and deletions.
type cloud struct {
	rnd       *rand.Rand
	now       time.Time
	faults    float64 // share of requests that go wrong
	bad       float64 // share of instances that never come up
	described bool    // networks and placement groups bear tags, in a description
	limit     int     // instances that the account may have; 0 = any number
	all       []*rented
	queue     []due
	broken    []string // what nobody may ever do
}

// A rented is one resource.
type rented struct {
	Seen
	born, died   time.Time
	shows, hides time.Duration // how late lists are
	runs         time.Duration // after its birth; 0 = never
	foreign      bool
	refusals     int // of its deletion
}

// A due is what happens at a time, or is told to a life.
type due struct {
	at   time.Time
	life int // 0 = happens whoever lives
	do   func()
}

func (c *cloud) chance(p float64) bool { return c.rnd.Float64() < p }

func (c *cloud) within(d time.Duration) time.Duration {
	return time.Duration(c.rnd.Int64N(int64(d))).Round(time.Millisecond)
}

func (c *cloud) later(d time.Duration, life int, do func()) {
	c.queue = append(c.queue, due{c.now.Add(d), life, do})
}

// advance lets time pass to a moment.
func (c *cloud) advance(to time.Time, life int) {
	for {
		i := -1
		for j, d := range c.queue {
			if !d.at.After(to) && (i < 0 || d.at.Before(c.queue[i].at)) {
				i = j
			}
		}
		if i < 0 {
			c.now = to
			return
		}
		d := c.queue[i]
		c.queue = slices.Delete(c.queue, i, i+1)
		if c.now = d.at; d.life == 0 || d.life == life {
			d.do()
		}
	}
}

func (x *rented) alive() bool { return x.died.IsZero() }

// add is a new resource; nil and the reason when it is refused.
func (c *cloud) add(s Seen) (*rented, *Failure) {
	instances := 0
	for _, x := range c.all {
		if x.alive() && x.Kind == s.Kind && x.Label == s.Label {
			return nil, &Failure{Class: Taken, Text: "label must be unique"}
		}
		if x.alive() && x.Kind == Instance {
			instances++
		}
	}
	if s.Kind == Instance && c.limit > 0 && instances >= c.limit {
		return nil, &Failure{Class: Full, Text: "account limit reached"}
	}
	s.ID, s.Created = len(c.all)+1, c.now
	x := &rented{Seen: s, born: c.now, shows: c.within(30 * time.Second), hides: c.within(30 * time.Second)}
	if c.rnd.IntN(2) == 0 {
		x.shows, x.hides = 0, 0
	}
	if !c.chance(c.bad) {
		x.runs = 5*time.Second + c.within(90*time.Second)
	}
	x.refusals = c.rnd.IntN(3)
	c.all = append(c.all, x)
	return x, nil
}

// is what the cloud tells of a resource now.
func (c *cloud) is(x *rented) Seen {
	s := x.Seen
	if s.Kind == Instance {
		s.Status = "provisioning"
		if x.runs > 0 && c.now.Sub(x.born) >= x.runs {
			s.Status = "running"
		}
	}
	if tagless(s.Kind) {
		for _, o := range c.all {
			if o.alive() && o.Kind == Instance && o.Region == fmt.Sprint(s.ID) { // the region of a model is its network
				s.Tenants = append(s.Tenants, o.ID)
			}
		}
	}
	return s
}

// create does what a Create asks for, and answers, or does not.
func (c *cloud) create(a Create, life int, answer func(Event)) {
	s := Seen{Kind: a.Want.Kind, Label: a.Label, Tags: a.Tags}
	if tagless(s.Kind) && !c.described {
		s.Tags = nil
	}
	for _, x := range c.all {
		if x.alive() && !x.foreign && x.Kind == Network && s.Kind == Instance && !c.chance(0.1) {
			s.Region = fmt.Sprint(x.ID)
		}
	}
	lost := Failed{a.N, Failure{Class: Unknown, Text: "please try again"}}
	switch {
	case !c.chance(c.faults):
		c.later(c.within(2*time.Second), 0, func() {
			x, f := c.add(s)
			c.later(c.within(time.Second), life, func() {
				if f != nil {
					answer(Failed{a.N, *f})
					return
				}
				answer(Created{a.N, c.is(x)})
			})
		})
	case c.chance(0.3):
		c.later(c.within(time.Second), life, func() {
			answer(Failed{a.N, Failure{Class: Wait, After: c.within(20 * time.Second)}})
		})
	default:
		if c.chance(0.6) { // done, although nobody is told
			c.later(c.within(20*time.Second), 0, func() { c.add(s) })
		}
		if c.chance(0.7) {
			c.later(c.within(10*time.Second), life, func() { answer(lost) })
		}
	}
}

// list shows what is new, and what is gone, late.
func (c *cloud) list(a List, life int, run string, answer func(Event)) {
	if c.chance(c.faults) {
		if c.chance(0.8) {
			c.later(c.within(10*time.Second), life, func() {
				answer(Failed{a.N, Failure{Class: []Class{Unknown, Wait}[c.rnd.IntN(2)], After: 3 * time.Second}})
			})
		}
		return
	}
	everything := c.chance(0.3)
	c.later(c.within(2*time.Second), life, func() {
		var all []Seen
		for _, x := range c.all {
			there := !c.now.Before(x.born.Add(x.shows)) && (x.alive() || c.now.Before(x.died.Add(x.hides)))
			asked := strings.HasPrefix(x.Label, Prefix(run)) || slices.Contains(x.Tags, tagRun+run)
			if x.Kind == a.Kind && there && (asked || everything) {
				all = append(all, c.is(x))
			}
		}
		c.later(c.within(time.Second), life, func() { answer(Listed{a.N, all}) })
	})
}

func (c *cloud) find(k Kind, id int) *rented {
	if id > 0 && id <= len(c.all) && c.all[id-1].Kind == k {
		return c.all[id-1]
	}
	return nil
}

func (c *cloud) look(a Look, life int, answer func(Event)) {
	x := c.find(a.Kind, a.ID)
	c.later(c.within(time.Second), life, func() {
		switch {
		case c.chance(c.faults):
			answer(Failed{a.N, Failure{Class: Unknown}})
		case x == nil || !x.alive():
			answer(Failed{a.N, Failure{Class: Missing}})
		default:
			answer(Found{a.N, c.is(x)})
		}
	})
}

// remove does what a Delete asks for. It is the one that sees what must never be asked for.
func (c *cloud) remove(a Delete, life int, answer func(Event)) {
	x := c.find(a.Kind, a.ID)
	if x == nil || x.foreign || x.Label != a.Label {
		c.broken = append(c.broken, fmt.Sprintf("%s %s %d was to be deleted, and is not ours", a.Kind, a.Label, a.ID))
		return
	}
	fail := func(class Class) {
		c.later(c.within(5*time.Second), life, func() { answer(Failed{a.N, Failure{Class: class, Text: "no"}}) })
	}
	switch {
	case !x.alive():
		fail(Missing)
	case c.chance(c.faults):
		if c.chance(0.5) {
			x.died = c.now
		}
		if c.chance(0.8) {
			fail([]Class{Unknown, Unknown, Unknown, Wait}[c.rnd.IntN(4)])
		}
	case x.refusals > 0 && (x.Kind == Network || x.Kind == Firewall), len(c.is(x).Tenants) > 0:
		x.refusals--
		fail(InUse)
	default:
		x.died = c.now
		c.later(c.within(2*time.Second), life, func() { answer(Removed{a.N}) })
	}
}

// ours are the resources of a run that exist and cost money.
func (c *cloud) ours() (all []*rented) {
	for _, x := range c.all {
		if x.alive() && !x.foreign {
			all = append(all, x)
		}
	}
	return all
}
