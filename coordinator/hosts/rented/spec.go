package rented

import (
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A Spec is what is to be rented. It is kept on the disk with its fleet, and holds no secret.
type Spec struct {
	For       string        // what it is for, for people: a file
	TTL       time.Duration // after it anybody may give it back; needed
	Planned   time.Duration // how long it is meant to live; 0 = the TTL
	Machines  []Machines
	Balancers []Balancer
	Private   bool           // machines of one region share a network, and have private addresses
	From      []netip.Prefix // who may log in; none = where our connections are seen to come from
	MinAgents int            // so many machines of role Agent are enough; 0 = all
	MaxCost   price.USD      // the most it may come to cost, by its worst case; 0 = any
}

// Agent is the role of machines that make load.
const Agent = "agent"

// Machines are machines of one kind.
type Machines struct {
	Role                string // 1 to 12 lower case letters
	Region, Type, Image string
	Count               int
	Reach               rental.Reach  // how far each is to come: ToRun, ToLogin or ToInstall
	Apart               bool          // on different hosts, as far as Linode does that
	Sent                int64         // bytes a second that each sends to public addresses under load, for the price
	In, Out             []linode.Rule // what may pass besides SSH from us, private traffic, names and time; all else is dropped
	Sysctl              map[string]string
}

// A Balancer is a NodeBalancer before machines of a role.
type Balancer struct {
	Role   string // of the balancer, 1 to 12 lower case letters
	Region string
	Class  string // "common" or "premium"
	Before string // role of the machines behind it
	Port   int    // of each of these
	// Listen is the port as it is to be made; backends are filled in.
	Listen linode.BalancerPort
}
