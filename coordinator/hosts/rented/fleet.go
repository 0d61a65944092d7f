package rented

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// Config is what all fleets of a person share.
type Config struct {
	Dir        string         // where fleets are kept, each in a directory of its name: $XDG_STATE_HOME/loadctl/fleets
	Cloud      *linode.Client // nil where only what is on the disk is asked for
	Executable string         // this program, which machines get
	Version    string         // of it, which it is to tell there too; "" = that is not compared
	Limits     rental.Limits  // zero = the defaults
	Say        func(text string)
	// Leave, once it is closed, has Up not wait any longer for what it gives back: its error says what is left. nil = it
	// waits.
	Leave <-chan struct{}

	shell shell // nil = by SSH
	// halt is asked before a line of the journal is written, and after it: tests end everything there.
	halt func(l rental.Line, written bool) bool
}

// A Fleet is what is rented under one name. Its methods are safe for concurrent use.
type Fleet struct {
	*driver
	spec Spec
	end  sync.Once
}

// Up rents what the Spec wants under an id, which may be of a fleet that is there: what it has is adopted, what is missing
// is made. With no id it has a new one, and is ready a minute earlier than with one that is only not known here, of which
// something may be on its way still. The fleet is ready when Up returns. When it fails, or ctx ends, everything is given
// back first (for which ctx does not count), and the error says what is left. A Fleet is to be closed, or put down.
func Up(ctx context.Context, c Config, id string, s Spec, o Offer) (*Fleet, error) {
	if err := errors.Join(c.able(), s.Validate()); err != nil {
		return nil, err
	}
	fresh := id == ""
	id = cmp.Or(id, newID())
	st, err := c.hold(id)
	if err != nil {
		return nil, err
	}
	d, err := begin(c, st, id, s, o, fresh)
	if err != nil {
		st.release()
		return nil, fmt.Errorf("fleet %s: %w", id, err)
	}
	d.start()
	if err := d.rise(ctx); err != nil {
		return nil, err
	}
	return &Fleet{driver: d, spec: s}, nil
}

func (c Config) able() error {
	if c.Cloud == nil {
		return errors.New("the Linode API is not known: give a token")
	}
	return nil
}

// hold takes the directory of a fleet.
func (c Config) hold(id string) (*store, error) {
	if rental.Run8(id) != id {
		return nil, fmt.Errorf("%q is no name of a fleet: 8 characters of a to z and 2 to 7 are", id)
	}
	s, err := hold(filepath.Join(c.Dir, id))
	if err != nil {
		return nil, fmt.Errorf("fleet %s: %w", id, err)
	}
	return s, nil
}

// begin makes the driver of a fleet that is to be.
func begin(c Config, st *store, id string, s Spec, o Offer, fresh bool) (*driver, error) {
	lines, err := st.read()
	if err != nil {
		return nil, fmt.Errorf("%w; give it back: loadctl fleet down %s", err, id)
	}
	known, _ := rental.Know(lines) // read has seen that it is good
	switch {
	case known.Ended:
		if err := st.aside("." + time.Now().UTC().Format("20060102T150405")); err != nil {
			return nil, err
		}
		known, lines, fresh = rental.Knowledge{}, nil, true
	case !known.Expires.IsZero() && !known.Expires.After(time.Now()):
		return nil, fmt.Errorf("its time was over %s: anybody may give it back; do so (loadctl fleet down %s), and make another", known.Expires.Format(time.RFC3339), id)
	}
	b := blueprint{Spec: s, InGroup: o.inGroup}
	if was, err := readBlueprint(st.dir); err == nil && len(known.Records) > 0 {
		if err := was.unlike(b); err != nil {
			return nil, fmt.Errorf("it is there, and another than is wanted: %w; name a new one, or give it back: loadctl fleet down %s", err, id)
		}
	}
	if c.Limits.InstallWithin == 0 { // a machine has to wait for those that are served before it
		c.Limits.InstallWithin = time.Minute * time.Duration(1+b.pushes()/pushesAtOnce)
	}
	expires := known.Expires
	if expires.IsZero() {
		expires = time.Now().Add(s.TTL)
	}
	r, err := rental.New(rental.Config{
		Run: id, Expires: expires, Wants: b.wants(), MinAgents: s.MinAgents, Journal: lines, Fresh: fresh, Limits: c.Limits,
	})
	if err != nil {
		return nil, err
	}
	d := newDriver(c, id, st, r)
	d.expires = expires
	d.blueprint, d.generation, d.adopted = b, cmp.Or(o.generation, linode.Legacy), !fresh
	d.own, err = st.key()
	return d, errors.Join(err, st.keep(b))
}

// rise waits until the fleet is ready, or until all is given back.
func (d *driver) rise(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case <-d.done:
	case <-ctx.Done():
		d.say("interrupted: giving everything back")
		d.mail.put(rental.Interrupt{})
		select {
		case <-d.done:
		case <-d.cfg.Leave:
			d.stop()
		}
	}
	a, err := d.finish(context.WithoutCancel(ctx))
	v, _ := d.look()
	why := cmp.Or(v.outcome.Failed, "it did not come up")
	if v.outcome.Interrupted && ctx.Err() != nil {
		text := fmt.Sprintf("fleet %s: interrupted before it was ready", d.run)
		if err == nil {
			text += fmt.Sprintf("; everything was given back: %s", a.Bill)
		}
		return errors.Join(&interruption{text, context.Cause(ctx)}, err)
	}
	if err == nil {
		return fmt.Errorf("fleet %s: %s; everything was given back: %s", d.run, why, a.Bill)
	}
	return errors.Join(fmt.Errorf("fleet %s: %s", d.run, why), err)
}

// An interruption is a fleet that somebody did not want any more; what it wraps says how that was told.
type interruption struct {
	text  string
	cause error
}

func (i *interruption) Error() string { return i.text }
func (i *interruption) Unwrap() error { return i.cause }

// ID is the name of the fleet: 8 characters.
func (f *Fleet) ID() string { return f.run }

// Expires is when its time is over, and anybody may give it back. Who completes a fleet that is there does not change it.
func (f *Fleet) Expires() time.Time { return f.expires }

// Spec is what it was rented by.
func (f *Fleet) Spec() Spec { return f.spec }

// Machines are those of a role that are ready, in the order of their numbers; "" = of all roles.
func (f *Fleet) Machines(role string) (all []Machine) {
	v, _ := f.look()
	for _, r := range v.resources {
		if r.Kind == rental.Instance && r.Ready && (role == "" || r.Name.Role == role) {
			all = append(all, f.machine(r))
		}
	}
	roles := f.blueprint.roles()
	slices.SortFunc(all, func(a, b Machine) int {
		return cmp.Or(slices.Index(roles, a.Role)-slices.Index(roles, b.Role), a.Number-b.Number)
	})
	return all
}

func (d *driver) machine(r rental.Resource) Machine {
	d.mu.Lock()
	private := d.private[r.ID]
	d.mu.Unlock()
	return Machine{
		Label: r.Label, Role: r.Name.Role, Region: r.Seen.Region, Type: r.Seen.Type, ID: r.ID, Number: r.Name.Number,
		Public: r.Seen.Public, Private: private, SSH: d.address(r.Label, r.Seen.Public),
	}
}

// Balancer is the address of one.
func (f *Fleet) Balancer(role string) (netip.Addr, bool) {
	v, _ := f.look()
	for _, r := range v.resources {
		if r.Kind == rental.Balancer && r.Ready && r.Name.Role == role {
			return r.Seen.Public, true
		}
	}
	return netip.Addr{}, false
}

// Lost tells the fleet that a machine is lost to its run: it is deleted.
func (f *Fleet) Lost(label, why string) { f.mail.put(rental.Lost{Label: label, Why: why}) }

// Changes are what happens to machines after they were ready: rebooted or moved by Linode, gone. Closed with the fleet.
func (f *Fleet) Changes() <-chan Change { return f.changes }

// Close leaves the fleet up, for another process to Open, and forgets it.
func (f *Fleet) Close() error {
	f.end.Do(func() {
		f.stop()
		f.store.release()
		close(f.changes)
	})
	return nil
}

// Down gives everything back, and returns when it is gone, or may not be. Its error says what is left and what it costs.
// When ctx ends first it returns at once: what is left then stays until somebody gives it back.
func (f *Fleet) Down(ctx context.Context) (a Account, err error) {
	err = fmt.Errorf("fleet %s: it was closed, or put down, before", f.run)
	f.end.Do(func() {
		f.mail.put(rental.GiveBack{})
		a, err = f.fall(ctx)
		close(f.changes)
	})
	return a, err
}

// fall waits until all is given back, or ctx ends.
func (d *driver) fall(ctx context.Context) (Account, error) {
	select {
	case <-d.done:
	case <-ctx.Done():
		d.stop()
	}
	return d.finish(context.WithoutCancel(ctx))
}

// finish closes the books of a driver that is done, and says what is left.
func (d *driver) finish(ctx context.Context) (Account, error) {
	defer d.store.release()
	v, _ := d.look()
	a := Account{Outcome: v.outcome, Bill: d.bill(ctx)}
	if v.state == rental.Over && a.Clean() {
		return a, d.store.forget(len(d.blueprint.Machines) > 0)
	}
	if v.state != rental.Over {
		a.Left = leftOf(v)
	}
	return a, d.leftError(a, v.state == rental.Over)
}

// leftOf is what exists, or may, of a rental that was left in the middle.
func leftOf(v view) (left []rental.Left) {
	for _, r := range v.resources {
		if r.Stage == "deleted" {
			continue
		}
		s := r.Seen
		s.Kind, s.ID, s.Label = r.Kind, r.ID, r.Label
		why := "it was not given back: it is " + r.Stage
		if r.ID == 0 {
			why = "it may exist: nobody waited to see"
		}
		left = append(left, rental.Left{Seen: s, Why: why})
	}
	return left
}

// leftError is for people: what is left, what it costs, and what to do.
func (d *driver) leftError(a Account, over bool) error {
	var b strings.Builder
	switch n := len(a.Left); {
	case n == 1:
		b.WriteString("1 resource is left, or may be")
	case n > 1:
		fmt.Fprintf(&b, "%d resources are left, or may be", n)
	case over:
		fmt.Fprintf(&b, "no list could confirm that nothing is left of kind %s", joined(a.Unchecked))
	default:
		b.WriteString("nobody waited to see whether something is left")
	}
	if a.Bill.Alive > 0 {
		fmt.Fprintf(&b, " (%s)", a.Bill)
	}
	for _, l := range a.Left {
		fmt.Fprintf(&b, "\n  %s", l)
	}
	fmt.Fprintf(&b, "\ngive it back: loadctl fleet down %s", d.run)
	return fmt.Errorf("fleet %s: %s", d.run, b.String())
}

func joined(kinds []rental.Kind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, string(k))
	}
	return strings.Join(words, ", ")
}

// A Machine is an instance that is ready.
type Machine struct {
	Label, Role, Region, Type string
	ID, Number                int
	Public, Private           netip.Addr  // Private only where the Spec wants it
	SSH                       ssh.Address // how to log in, with the fleet's own key and the machine's pinned one
}

// A Change is something that happened to a machine.
type Change struct{ Label, What string }

// An Account is how a fleet ended.
type Account struct {
	rental.Outcome
	Bill price.Bill
}
