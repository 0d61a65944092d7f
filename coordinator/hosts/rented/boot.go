package rented

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// connect logs in to an instance, again and again. What was tried before for it ends.
func (d *driver) connect(a rental.Connect) {
	if end := d.logins[a.Label]; end != nil {
		end()
	}
	if d.opening.Load() { // who opens a fleet has logged in to all
		d.mail.put(rental.Sshable{Label: a.Label})
		return
	}
	ctx, end := context.WithCancel(d.ctx)
	d.logins[a.Label] = end
	d.work.Go(func() {
		defer end()
		if e := d.logIn(ctx, a); e != nil {
			d.mail.put(e)
		}
	})
}

// logIn tries until it can be told how it went; nil when nobody wants to know any more.
func (d *driver) logIn(ctx context.Context, a rental.Connect) rental.Event {
	if !d.store.knows(a.Label) {
		return rental.Unable{Label: a.Label, Why: "its host key is not known here: " + d.store.at(hostsFile) + " has no line of it"}
	}
	d.openDoors(ctx)
	for ; ; d.sleep(ctx, time.Second) {
		from, err := d.logInOnce(ctx, a.Label, a.Seen)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			d.closeDoors(ctx, from)
			return rental.Sshable{Label: a.Label}
		case errors.Is(err, ssh.ErrUntrusted):
			return rental.Mismatch{Label: a.Label, Why: err.Error()}
		}
	}
}

func (d *driver) logInOnce(ctx context.Context, label string, s rental.Seen) (netip.Addr, error) {
	if !s.Public.IsValid() { // an answer that was early
		now, err := d.cfg.Cloud.Get(ctx, rental.Instance, s.ID)
		if err != nil {
			return netip.Addr{}, err
		}
		s = now
	}
	if !s.Public.IsValid() {
		return netip.Addr{}, errors.New("it has no public address yet")
	}
	if err := d.knowHosts(label, s.Public); err != nil {
		return netip.Addr{}, err
	}
	return d.shell.Login(ctx, d.address(label, s.Public))
}

// address is how to log in to a machine.
func (d *driver) address(label string, public netip.Addr) ssh.Address {
	return ssh.Address{
		Name: label, User: "root", Host: public.String(), Port: sshPort, Identity: d.store.at(keyFile), KnownHosts: d.store.at(knownFile),
	}
}

// knowHosts writes the file of known hosts by what is there now: an address may have been another machine's before.
func (d *driver) knowHosts(label string, public netip.Addr) error {
	v, _ := d.look()
	at := map[string]netip.Addr{}
	for _, r := range v.resources {
		if r.Kind == rental.Instance && alive(r.Stage) && r.Seen.Public.IsValid() {
			at[r.Label] = r.Seen.Public
		}
	}
	if public.IsValid() {
		at[label] = public
	}
	return d.store.know(at)
}

func (d *driver) reboot(a rental.Reboot) {
	d.work.Go(func() {
		if err := d.cfg.Cloud.Reboot(d.ctx, a.ID); err != nil && d.ctx.Err() == nil {
			d.say(fmt.Sprintf("instance %s: %v", a.Label, err))
		}
	})
}

// install puts this program on an instance, a few at once.
func (d *driver) install(label string) {
	if d.opening.Load() {
		d.mail.put(rental.Installed{Label: label})
		return
	}
	d.work.Go(func() {
		if err := d.installOn(label); err != nil {
			d.mail.put(rental.Unable{Label: label, Why: "it could not be set up: " + err.Error()})
			return
		}
		d.mail.put(rental.Installed{Label: label})
	})
}

// installOn tries twice, as a line may break.
func (d *driver) installOn(label string) error {
	select {
	case d.pushes <- struct{}{}:
		defer func() { <-d.pushes }()
	case <-d.ctx.Done():
		return d.ctx.Err()
	}
	v, _ := d.look()
	for _, r := range v.resources {
		if r.Label == label && r.Kind == rental.Instance {
			to := d.address(label, r.Seen.Public)
			err := d.shell.Install(d.ctx, to)
			if err == nil || !d.sleep(d.ctx, time.Second) {
				return err
			}
			d.say(fmt.Sprintf("instance %s: %v; it is tried once more", label, err)) // which may take until it is too late to tell
			return d.shell.Install(d.ctx, to)
		}
	}
	return errors.New("it is not there any more")
}

// settle finds out the private addresses of a fleet that is ready.
func (d *driver) settle() {
	err := d.knowHosts("", netip.Addr{})
	for i := range d.blueprint.networks() {
		if err == nil {
			err = d.insist("private addresses are not to be had", func(ctx context.Context) error { return d.addresses(ctx, i+1) })
		}
	}
	if err != nil && d.ctx.Err() == nil {
		d.say("the fleet is of no use: " + err.Error())
		d.mail.put(rental.Interrupt{})
		return
	}
	d.opening.Store(false)
	close(d.ready)
	d.watch()
}

// addresses learns those in a network. One that is missing may show yet.
func (d *driver) addresses(ctx context.Context, network int) error {
	all, err := d.cfg.Cloud.Addresses(ctx, d.idOf(rental.Network, netRole, network))
	if err != nil {
		return err
	}
	v, _ := d.look()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range v.resources {
		m, _ := d.blueprint.machine(r.Name.Role, r.Name.Number)
		if r.Kind != rental.Instance || !r.Ready || d.blueprint.network(m.Region) != network {
			continue
		}
		if !all[r.ID].IsValid() {
			return fmt.Errorf("instance %s has no private address", r.Label)
		}
		d.private[r.ID] = all[r.ID]
	}
	return nil
}
