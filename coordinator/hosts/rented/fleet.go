package rented

import (
	"context"
	"net/netip"
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
	Limits     rental.Limits  // zero = the defaults
	Say        func(text string)
}

// An Offer is what a Spec would be, before anything is rented.
type Offer struct {
	Estimate price.Estimate
	Warnings []string
	// what the survey found out, for Up
	generation linode.Generation
}

// Preflight asks the cloud, at no cost, whether a Spec can be had and what it costs. Its error tells all that is in the way
// at once: scopes, capabilities, plans that are sold out, images without cloud-init, the price.
func Preflight(ctx context.Context, c Config, s Spec) (Offer, error) { panic("to be built") }

// A Fleet is what is rented under one name. Its methods are safe for concurrent use.
type Fleet struct{}

// Up rents what the Spec wants under an id, which may be of a fleet that is there: what it has is adopted, what is missing
// is made. The fleet is ready when it returns. When it fails, or ctx ends, everything is given back first (for which ctx
// does not count), and the error says what is left. A Fleet is to be closed, or put down.
func Up(ctx context.Context, c Config, id string, s Spec, o Offer) (*Fleet, error) {
	panic("to be built")
}

// Open takes up a fleet that was left up by Close, to be used again. Its error says so if it is none of ours, not ready, or
// its time is over.
func Open(ctx context.Context, c Config, id string) (*Fleet, error) { panic("to be built") }

// ID is the name of the fleet: 8 characters.
func (f *Fleet) ID() string { panic("to be built") }

// Spec is what it was rented by.
func (f *Fleet) Spec() Spec { panic("to be built") }

// Machines are those of a role that are ready, in the order of their numbers; "" = of all roles.
func (f *Fleet) Machines(role string) []Machine { panic("to be built") }

// Balancer is the address of one.
func (f *Fleet) Balancer(role string) (netip.Addr, bool) { panic("to be built") }

// Lost tells the fleet that a machine is lost to its run: it is deleted.
func (f *Fleet) Lost(label, why string) { panic("to be built") }

// Changes are what happens to machines after they were ready: rebooted or moved by Linode, gone. Closed with the fleet.
func (f *Fleet) Changes() <-chan Change { panic("to be built") }

// Close leaves the fleet up, for another process to Open, and forgets it.
func (f *Fleet) Close() error { panic("to be built") }

// Down gives everything back, and returns when it is gone, or may not be. Its error says what is left and what it costs.
func (f *Fleet) Down(ctx context.Context) (Account, error) { panic("to be built") }

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

// Down gives a fleet back by its journal, or without one by labels and tags: only the token is needed. With no id of its
// own it is a mistake.
func Down(ctx context.Context, c Config, id string) (Account, error) { panic("to be built") }

// A Standing is a fleet as it is told by the disk and by the cloud.
type Standing struct {
	ID, For     string
	Machines    int       // instances and balancers that exist
	Since       time.Time // when the first was made
	Expires     time.Time // zero = not told
	Bill        price.Bill
	Here, There bool // known on this disk; seen in the cloud
	Busy        bool // a process of this machine holds it
	Resources   []rental.Seen
}

// List tells of all fleets, of the disk and of the cloud, oldest first.
func List(ctx context.Context, c Config) ([]Standing, error) { panic("to be built") }

// Reaped is what Reap has done, and left.
type Reaped struct {
	Gone   []Account
	Live   []rental.Holding
	Broken []rental.Left
}

// Reap gives back all fleets whose time is over, by the cloud's lists alone.
func Reap(ctx context.Context, c Config) (Reaped, error) { panic("to be built") }
