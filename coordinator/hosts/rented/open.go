package rented

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// Open takes up a fleet that was left up by Close, to be used again. Its error says so if it is none of ours, not ready, or
// its time is over. It makes nothing, and gives nothing back, whatever it finds.
func Open(ctx context.Context, c Config, id string) (*Fleet, error) {
	if err := c.able(); err != nil {
		return nil, err
	}
	if !c.exists(id) {
		return nil, fmt.Errorf("fleet %s: it is not known here: %s has no journal of it; only a fleet that was rented from here can be logged in to", id, c.Dir)
	}
	st, err := c.hold(id)
	if err != nil {
		return nil, err
	}
	d, err := open(ctx, c, st, id)
	if err != nil {
		st.release()
		return nil, fmt.Errorf("fleet %s: %w", id, err)
	}
	return &Fleet{driver: d, spec: d.blueprint.Spec}, nil
}

func open(ctx context.Context, c Config, st *store, id string) (*driver, error) {
	lines, b, err := st.usable(id)
	if err != nil {
		return nil, err
	}
	seen, err := c.Cloud.Everything(ctx, queryOf(id))
	if err != nil {
		return nil, err
	}
	wants, there, err := b.present(id, seen)
	if err != nil {
		return nil, err
	}
	r, err := rental.New(rental.Config{Run: id, Wants: wants, Journal: lines, Limits: c.Limits})
	if err != nil {
		return nil, err
	}
	d := newDriver(c, id, st, r)
	known, _ := rental.Know(lines) // usable has seen that it is good
	d.blueprint, d.view.resources, d.expires = b, there, known.Expires
	d.opening.Store(true)
	if err := d.takeUp(ctx); err != nil {
		d.cancel()
		d.work.Wait()
		return nil, err
	}
	return d, nil
}

// usable reads what is on the disk of a fleet that is to be used again.
func (s *store) usable(id string) ([]rental.Line, blueprint, error) {
	lines, err := s.read()
	if err != nil {
		return nil, blueprint{}, fmt.Errorf("%w; give it back: loadctl fleet down %s", err, id)
	}
	b, err := readBlueprint(s.dir)
	known, _ := rental.Know(lines) // read has seen that it is good
	switch {
	case known.Ended || len(lines) == 0:
		err = errors.New("it was given back: name a new one")
	case err == nil && !known.Expires.After(time.Now()):
		err = fmt.Errorf("its time was over %s: give it back (loadctl fleet down %s), and make another", known.Expires.Format(time.RFC3339), id)
	}
	return lines, b, err
}

// present are the wants that the cloud's lists show, with what fills them. Only agents may be missing, and not too many.
func (b blueprint) present(run string, seen []rental.Seen) (wants []rental.Want, there []rental.Resource, err error) {
	var errs []error
	agents := 0
	for _, w := range b.wants() {
		i := slices.IndexFunc(seen, func(s rental.Seen) bool { return fills(run, w, s) })
		switch {
		case i < 0 && w.Role == Agent && w.Kind == rental.Instance && b.MinAgents > 0:
			continue
		case i < 0:
			errs = append(errs, fmt.Errorf("%s %s%03d is not there, or does not run", w.Kind, w.Role, w.Number))
			continue
		case w.Role == Agent && w.Kind == rental.Instance:
			agents++
		}
		name, _ := rental.ParseLabel(seen[i].Label)
		wants = append(wants, w)
		there = append(there, rental.Resource{Kind: w.Kind, Label: seen[i].Label, Name: name, ID: seen[i].ID, Seen: seen[i], Stage: "ready", Ready: true})
	}
	if agents < b.MinAgents {
		errs = append(errs, fmt.Errorf("%d agents are there, and %d are needed", agents, b.MinAgents))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, fmt.Errorf("%w; loadctl fleet up makes what is missing, loadctl fleet down %s gives back the rest", err, run)
	}
	return wants, there, nil
}

// fills: a resource bears the marks of the run, and is what is wanted.
func fills(run string, w rental.Want, s rental.Seen) bool {
	name, ok := rental.ParseLabel(s.Label)
	marks, _ := rental.ParseTags(s.Tags)
	tagged := marks.Run == run || s.Kind == rental.Placement && marks.Run == ""
	return ok && tagged && s.Kind == w.Kind && name.Run == run && name.Role == w.Role && name.Number == w.Number &&
		(s.Kind != rental.Instance || s.Status == "running")
}

// takeUp logs in to all machines first: only what can be used is taken up.
func (d *driver) takeUp(ctx context.Context) error {
	if err := d.visitAll(ctx); err != nil {
		return err
	}
	d.start()
	select {
	case <-d.ready:
		return nil
	case <-d.done:
	case <-ctx.Done():
		d.stop()
		return ctx.Err()
	}
	v, _ := d.look()
	return fmt.Errorf("it cannot be taken up: %s; it is left as it is, and loadctl fleet down %s gives it back", v.outcome.Failed, d.run)
}

func (d *driver) visitAll(ctx context.Context) error {
	var all sync.WaitGroup
	v, _ := d.look()
	if err := d.knowHosts("", netip.Addr{}); err != nil {
		return err
	}
	errs := make([]error, len(v.resources))
	for i, r := range v.resources {
		if m, _ := d.blueprint.machine(r.Name.Role, r.Name.Number); r.Kind == rental.Instance && m.Reach <= rental.ToLogin {
			all.Go(func() {
				if err := d.visit(ctx, r, m.Reach <= rental.ToInstall); err != nil {
					errs[i] = fmt.Errorf("instance %s: %w", r.Label, err)
				}
			})
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// visits are how often a machine is tried, once it is open to all.
const visits = 5

// visit logs in to a machine, and has this program lie there. Where nobody has said from where we come, that may be
// elsewhere than before: then its firewall is opened until we are in.
func (d *driver) visit(ctx context.Context, r rental.Resource, program bool) error {
	to := d.address(r.Label, r.Seen.Public)
	from, err := d.shell.Login(ctx, to)
	for try := 0; err != nil && try < visits && len(d.blueprint.From) == 0 && !errors.Is(err, ssh.ErrUntrusted); try++ {
		d.openDoors(ctx)
		if !d.sleep(ctx, time.Second<<try) {
			break
		}
		from, err = d.shell.Login(ctx, to)
	}
	if err != nil {
		return err
	}
	d.closeDoors(ctx, from)
	if program {
		return d.installOn(r.Label)
	}
	return nil
}
