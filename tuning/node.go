package tuning

import (
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
)

// A Node is a machine at Linode whose plan is the value of a parameter: each value has a fresh one, and the one before is
// given back first.
type Node struct {
	Region, Image string
	Port          int            // TCP port of the service on it
	From          []netip.Prefix // who may connect to the port: where the load comes from
	Setup         *Program       // run here once the machine can be logged in to; nil = nothing is
	Target        Template       // base URL of the service there
	TTL           time.Duration  // after it anybody may give a machine back
	MaxCost       price.USD      // that one machine may come to cost, by its worst case; 0 = any
}

// What the setup of a node, and its target, are told of it by ${…}; programs for the shell have variables with _ for the dot.
const (
	NodeAddress    = "node.address"     // public
	NodeUser       = "node.user"        // to log in as
	NodeIdentity   = "node.identity"    // file of the key
	NodeKnownHosts = "node.known_hosts" // file of the machine's own key
)

// NodeNames are all of them.
func NodeNames() []string { return []string{NodeAddress, NodeUser, NodeIdentity, NodeKnownHosts} }

// Defaults of a node.
const (
	nodeImage  = "linode/debian12"
	nodeTTL    = 2 * time.Hour
	nodeWithin = 20 * time.Minute // from the question to a service that answers
)

// Node is the one that the file's parameter has; nil = none.
func (f *File) Node() *Node {
	for i := range f.Params {
		for j := range f.Params[i].Apply {
			if h := &f.Params[i].Apply[j]; h.Kind == LinodePlan {
				return h.Node
			}
		}
	}
	return nil
}
