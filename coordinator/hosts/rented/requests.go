package rented

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// ask makes a request beside, and tells the rental its answer.
func (d *driver) ask(n int, request func(context.Context) (rental.Event, error)) {
	d.work.Go(func() {
		e, err := request(d.ctx)
		if err != nil {
			e = rental.Failed{N: n, Failure: failureOf(err)}
		}
		d.mail.put(e)
	})
}

// A notYet is why something could not be asked for: what it needs is not there, or not seen.
type notYet struct{ error }

func (e notYet) Unwrap() error { return e.error }

// failureOf keeps what went wrong before a creation was asked for apart from a creation whose answer was lost.
func failureOf(err error) rental.Failure {
	f := linode.FailureOf(err)
	if _, before := errors.AsType[notYet](err); before && (f.Class == rental.Unknown || f.Class == rental.Wrong) {
		f.Class = rental.Missing
	}
	return f
}

func (d *driver) list(a rental.List) {
	d.ask(a.N, func(ctx context.Context) (rental.Event, error) {
		all, err := d.cfg.Cloud.List(ctx, a.Kind, queryOf(d.run))
		return rental.Listed{N: a.N, Seen: all}, err
	})
}

// queryOf finds all that bears a mark of a run.
func queryOf(run string) linode.Query {
	return linode.Query{Tag: rental.Tags(run, time.Unix(1, 0))[1], Prefix: rental.Prefix(run)}
}

func (d *driver) lookAt(a rental.Look) {
	d.ask(a.N, func(ctx context.Context) (rental.Event, error) {
		s, err := d.cfg.Cloud.Get(ctx, a.Kind, a.ID)
		return rental.Found{N: a.N, Seen: s}, err
	})
}

func (d *driver) remove(a rental.Delete) {
	d.ask(a.N, func(ctx context.Context) (rental.Event, error) {
		return rental.Removed{N: a.N}, d.cfg.Cloud.Delete(ctx, a.Kind, a.ID)
	})
}

// create asks for a resource, unless nobody would know of it afterwards.
func (d *driver) create(a rental.Create) rental.Event {
	switch {
	case d.unwritten[string(a.Want.Kind)+a.Label]:
		return rental.Failed{N: a.N, Failure: rental.Failure{Class: rental.Wrong, Text: "the journal could not be written: is the disk full?"}}
	case d.opening.Load():
		return rental.Failed{N: a.N, Failure: rental.Failure{Class: rental.Wrong, Text: "it is not there any more"}}
	}
	d.ask(a.N, func(ctx context.Context) (rental.Event, error) {
		s, err := d.make(ctx, a)
		return rental.Created{N: a.N, Seen: s}, err
	})
	return nil
}

func (d *driver) make(ctx context.Context, a rental.Create) (rental.Seen, error) {
	cloud, w := d.cfg.Cloud, a.Want
	switch w.Kind {
	case rental.Network:
		region := d.blueprint.networks()[w.Number-1]
		return cloud.MakeNetwork(ctx, linode.NetworkSpec{Label: a.Label, Region: region, Tags: a.Tags, Range: within(w.Number)})
	case rental.Firewall:
		in, out := d.blueprint.in(w.Role, d.from()), d.blueprint.out(w.Role)
		return cloud.MakeFirewall(ctx, linode.FirewallSpec{Label: a.Label, Tags: a.Tags, In: in, Out: out})
	case rental.Placement:
		region := d.blueprint.groups(w.Role)[w.Number-1]
		return cloud.MakePlacement(ctx, linode.PlacementSpec{Label: a.Label, Region: region})
	case rental.Instance:
		return d.makeInstance(ctx, a)
	}
	return d.makeBalancer(ctx, a)
}

func (d *driver) makeInstance(ctx context.Context, a rental.Create) (rental.Seen, error) {
	m, _ := d.blueprint.machine(a.Want.Role, a.Want.Number)
	subnet, err := d.subnet(ctx, m.Region)
	if err != nil {
		return rental.Seen{}, err
	}
	private, public, err := d.store.hostKey(a.Label)
	if err != nil {
		return rental.Seen{}, err
	}
	data, err := linode.Seed{HostKey: private, HostPublic: public, Keys: []string{d.own}, Sysctl: m.Sysctl}.UserData()
	if err != nil {
		return rental.Seen{}, err
	}
	return d.cfg.Cloud.MakeInstance(ctx, linode.InstanceSpec{
		Label: a.Label, Region: m.Region, Type: m.Type, Image: m.Image, Tags: a.Tags, Keys: []string{d.own}, UserData: data,
		Generation: d.generation, Subnet: subnet, Firewall: d.idOf(rental.Firewall, a.Want.Role, 1),
		Placement: d.idOf(rental.Placement, a.Want.Role, d.blueprint.group(a.Want.Role, a.Want.Number)),
	})
}

// idOf is that of a resource that is there; 0 = there is none.
func (d *driver) idOf(k rental.Kind, role string, number int) int {
	v, _ := d.look()
	for _, r := range v.resources {
		if r.Kind == k && r.Name.Role == role && r.Name.Number == number && r.Ready {
			return r.ID
		}
	}
	return 0
}

// subnet is that of a region's network; 0 where machines have no private addresses.
func (d *driver) subnet(ctx context.Context, region string) (int, error) {
	n := d.blueprint.network(region)
	if n == 0 {
		return 0, nil
	}
	network := d.idOf(rental.Network, netRole, n)
	d.mu.Lock()
	id := d.subnets[network]
	d.mu.Unlock()
	if id != 0 {
		return id, nil
	}
	id, err := d.cfg.Cloud.Subnet(ctx, network)
	if err != nil {
		return 0, notYet{err}
	}
	d.mu.Lock()
	d.subnets[network] = id
	d.mu.Unlock()
	return id, nil
}

// makeBalancer waits until the machines behind it are as they will stay, as nobody tells a balancer of another address.
func (d *driver) makeBalancer(ctx context.Context, a rental.Create) (rental.Seen, error) {
	l, _ := d.blueprint.balancer(a.Want.Role)
	if !d.await(ctx, d.cfg.patience(), func(v view) bool { return v.state >= rental.GivingBack || d.stands(v, l) }) {
		return rental.Seen{}, notYet{errors.New("the machines behind it are not ready")}
	}
	v, _ := d.look()
	if !d.stands(v, l) {
		return rental.Seen{}, notYet{errors.New("everything is given back")}
	}
	subnet, err := d.subnet(ctx, l.Region)
	if err != nil {
		return rental.Seen{}, err
	}
	port := l.Listen
	if port.Backends, err = d.backends(ctx, v, l); err != nil {
		return rental.Seen{}, notYet{err}
	}
	return d.cfg.Cloud.MakeBalancer(ctx, linode.BalancerSpec{
		Label: a.Label, Region: l.Region, Class: l.Class, Tags: a.Tags, Subnet: subnet, Ports: []linode.BalancerPort{port},
	})
}

// patience is how long a creation may wait before it is asked for, so that it is answered in time.
func (c Config) patience() time.Duration {
	if c.Limits.AskWithin > 0 {
		return c.Limits.AskWithin / 3
	}
	return 20 * time.Second
}

// stands says whether no machine behind a balancer is still on its way.
func (d *driver) stands(v view, l Balancer) bool {
	ready := 0
	for _, r := range v.resources {
		if r.Kind != rental.Instance || r.Name.Role != l.Before {
			continue
		}
		if m, _ := d.blueprint.machine(r.Name.Role, r.Name.Number); m.Region == l.Region && r.Ready {
			ready++
		}
	}
	return ready >= d.behind(l) || v.state == rental.Ready && ready > 0
}

// behind is how many machines are to be behind a balancer. Of agents some may be done without.
func (d *driver) behind(l Balancer) (n int) {
	for _, m := range d.blueprint.each(l.Before) {
		if m.Region == l.Region {
			n++
		}
	}
	return n
}

func (d *driver) backends(ctx context.Context, v view, l Balancer) (all []linode.Backend, err error) {
	addresses, err := d.cfg.Cloud.Addresses(ctx, d.idOf(rental.Network, netRole, d.blueprint.network(l.Region)))
	if err != nil {
		return nil, err
	}
	for _, r := range v.resources {
		m, _ := d.blueprint.machine(r.Name.Role, r.Name.Number)
		if r.Kind != rental.Instance || r.Name.Role != l.Before || m.Region != l.Region || !r.Ready {
			continue
		}
		if !addresses[r.ID].IsValid() {
			return nil, fmt.Errorf("instance %s has no private address yet", r.Label)
		}
		all = append(all, linode.Backend{Label: r.Label, Address: netip.AddrPortFrom(addresses[r.ID], uint16(l.Port))})
	}
	slices.SortFunc(all, func(a, b linode.Backend) int { return a.Address.Compare(b.Address) })
	return all, nil
}

// unwatch turns off the watchdogs of instances, whether they were made now or by an earlier life: who turns himself off,
// as nobody leads him any more, is to stay off.
func (d *driver) unwatch() {
	if len(d.blueprint.Machines) == 0 || d.stopped {
		return
	}
	for _, r := range d.view.resources { // written by this goroutine only
		if r.Kind == rental.Instance && r.ID != 0 && !d.unwatched[r.Label] && alive(r.Stage) {
			d.unwatched[r.Label] = true
			d.work.Go(func() { d.unwatchOne(r) })
		}
	}
}

// alive: an instance exists, and is to stay.
func alive(stage string) bool {
	return slices.Contains([]string{"booting", "running", "sshable", "installed", "ready"}, stage)
}

func (d *driver) unwatchOne(r rental.Resource) {
	_ = d.insist("its watchdog may start instance "+r.Label+" again when it turns itself off", func(ctx context.Context) error {
		return d.cfg.Cloud.Unwatch(ctx, r.ID)
	})
}

// insist asks a few times for what no other step waits for, and has told people if it is not to be had.
func (d *driver) insist(otherwise string, request func(context.Context) error) error {
	var err error
	for try := range 4 {
		if err = request(d.ctx); err == nil {
			return nil
		}
		f := linode.FailureOf(err)
		if f.Class == rental.Missing || !d.sleep(d.ctx, max(f.After, time.Second<<try)) {
			return err
		}
	}
	d.say(fmt.Sprintf("%s: %v", otherwise, err))
	return err
}
