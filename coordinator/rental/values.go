package rental

import (
	"net/netip"
	"time"
)

// A Kind is a kind of resource that costs money, or stands in the way of another run.
type Kind string

// The kinds, in the order in which they are made; they are given back in reverse.
const (
	Network   Kind = "vpc"
	Firewall  Kind = "firewall"
	Placement Kind = "placement group"
	Instance  Kind = "instance"
	Balancer  Kind = "nodebalancer"
)

// A Seen is one resource as the cloud tells of it.
type Seen struct {
	Kind            Kind
	ID              int
	Label           string
	Tags            []string // networks and placement groups have none, unless the client keeps them in a description
	Status          string   // the cloud's own word; "" of kinds without one
	Type            string   // plan of an instance, class of a balancer
	Region          string
	Public, Private netip.Addr // the first of each; zero = none yet
	Created         time.Time
	Tenants         []int // of a network or placement group: the instances in it
}

// A Class says what a failure of the cloud means for what is done next.
type Class uint8

// The classes.
const (
	Unknown Class = iota // nobody knows whether it was done (no answer, 408, 5xx): look it up by its label, then ask again
	Wait                 // asked too often: not before Failure.After
	Taken                // the label is in use
	Full                 // a limit of the account: ask for no more
	Refused              // the token, or the bill: ask for nothing more
	Wrong                // the request: asking again will not help
	Missing              // there is no such resource
	InUse                // it cannot be deleted yet
)

// A Failure is why a request of the cloud came to nothing.
type Failure struct {
	Class Class
	After time.Duration // of Wait
	Text  string        // the cloud's own words, for people
}
