package linode

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A NetworkSpec is a VPC with one subnet.
type NetworkSpec struct {
	Label, Region string
	Tags          []string     // kept in its description, as networks have none; together at most 200 characters
	Range         netip.Prefix // of the subnet: private, and outside 192.168.128.0/17
}

// A PlacementSpec is a group whose instances Linode puts on different hosts.
type PlacementSpec struct {
	Label, Region string
	Strict        bool // an instance that cannot be put on a host of its own is not made
}

// A Generation is the kind of interfaces of an instance. An account may allow only one: see Account.
type Generation string

// The generations.
const (
	Legacy Generation = "legacy_config" // interfaces belong to a configuration of the instance, one firewall to the instance
	Linode Generation = "linode"        // interfaces belong to the instance, a firewall to each
)

// An InstanceSpec is a machine that boots at once. It has a public address of its own; in a network that is mapped to
// its private one, so that all its traffic passes one interface and one firewall.
type InstanceSpec struct {
	Label, Region, Type, Image string
	Tags                       []string
	Keys                       []string // SSH keys of root, each a line of authorized_keys; at least one, as there is no password
	UserData                   []byte   // as it is, not in base64; less than MostUserData
	Generation                 Generation
	Firewall                   int // its id; 0 = none
	Subnet                     int // its id, see Subnet; 0 = only a public address
	Placement                  int // its id; 0 = none
}

// A BalancerSpec is a NodeBalancer. It never limits how fast a client connects, and never takes a backend out for
// its answers: both would be measured in place of the service.
type BalancerSpec struct {
	Label, Region string
	Class         string // "common" or "premium"
	Tags          []string
	Firewall      int // its id; 0 = none
	Subnet        int // where backends are; 0 = they have addresses in 192.168.128.0/17
	Ports         []BalancerPort
}

// A BalancerPort is a port with its backends. Words are Linode's.
type BalancerPort struct {
	Port                                int
	Protocol                            string // "tcp", "http" or "https"
	Algorithm, Stickiness               string // "" = Linode's default
	ProxyProtocol                       string // "" = none
	Check, CheckPath                    string // "" = "none"
	CheckEvery, CheckWithin, CheckTries int    // seconds, seconds and a count; 0 = Linode's default
	Certificate, Key                    string // PEM, of https
	Backends                            []Backend
}

// A Backend is one backend of a port.
type Backend struct {
	Label   string
	Address netip.AddrPort
	Weight  int  // 1 to 255; 0 = 1
	Spare   bool // has traffic only while all others are down
}

// What Linode allows in a label, by kind. It also wants no two of "-_." in a row.
func labels(kind rental.Kind) (pattern *regexp.Regexp, words string) {
	switch kind {
	case rental.Network:
		return regexp.MustCompile(`^[a-zA-Z0-9-]{1,64}$`), "1 to 64 letters, digits and -"
	case rental.Instance:
		return regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9._-]{2,63}$`), "3 to 64 letters, digits and -_. after a letter"
	case rental.Balancer:
		return regexp.MustCompile(`^[a-zA-Z0-9_-]{3,32}$`), "3 to 32 letters, digits and -_"
	case rental.Placement:
		return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`), "1 to 64 letters, digits and -_."
	}
	return regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9._-]{2,31}$`), "3 to 32 letters, digits and -_. after a letter"
}

// A problems gathers what is wrong with a request.
type problems []error

func (p *problems) add(text string, args ...any) { *p = append(*p, fmt.Errorf(text, args...)) }

func (p *problems) err(kind rental.Kind, label string) error {
	if len(*p) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q: %w", kind, label, errors.Join(*p...))
}

func (p *problems) named(kind rental.Kind, label, region string, tags []string) {
	if pattern, words := labels(kind); !pattern.MatchString(label) || doubled(label) {
		p.add("label: must be %s, no two of -_. in a row, got %q", words, label)
	}
	if region == "" && kind != rental.Firewall {
		p.add("region: must be one of Linode's, such as us-ord")
	}
	for _, tag := range tags {
		if len(tag) < 3 || len(tag) > 50 {
			p.add("tags: each must have 3 to 50 characters, got %q", tag)
		}
	}
}

func doubled(label string) bool {
	for _, two := range []string{"--", "__", ".."} {
		if strings.Contains(label, two) {
			return true
		}
	}
	return false
}

func (s NetworkSpec) check() error {
	var p problems
	p.named(rental.Network, s.Label, s.Region, s.Tags)
	if text := described(s.Tags); len(text) > mostDescription {
		p.add("tags: must fit into %d characters together, got %d", mostDescription-len(describes), len(text)-len(describes))
	}
	theirs := netip.MustParsePrefix("192.168.128.0/17")
	switch r := s.Range; {
	case !r.IsValid() || !r.Addr().Is4() || r != r.Masked() || r.Bits() < 1 || r.Bits() > 29:
		p.add("range: must be an IPv4 network from /1 to /29, such as 10.0.0.0/24, got %s", r)
	case !r.Addr().IsPrivate() || r.Overlaps(theirs):
		p.add("range: must be private, and not in %s, got %s", theirs, r)
	}
	return p.err(rental.Network, s.Label)
}

func (s PlacementSpec) check() error {
	var p problems
	p.named(rental.Placement, s.Label, s.Region, nil)
	return p.err(rental.Placement, s.Label)
}

func (s InstanceSpec) check() error {
	var p problems
	p.named(rental.Instance, s.Label, s.Region, s.Tags)
	if s.Type == "" {
		p.add("type: must be one of Linode's plans, such as g6-dedicated-4")
	}
	if s.Image == "" {
		p.add("image: must be one of Linode's, such as linode/debian12")
	}
	if len(s.Keys) == 0 {
		p.add("keys: must have one at least, as there is no password")
	}
	if s.Generation != Legacy && s.Generation != Linode {
		p.add("generation: must be %s or %s, got %q", Legacy, Linode, s.Generation)
	}
	if len(s.UserData) >= MostUserData {
		p.add("user data: must be less than %d bytes, got %d", MostUserData, len(s.UserData))
	}
	return p.err(rental.Instance, s.Label)
}

func (s BalancerSpec) check() error {
	var p problems
	p.named(rental.Balancer, s.Label, s.Region, s.Tags)
	if s.Class != "common" && s.Class != "premium" {
		p.add("class: must be common or premium, got %q", s.Class)
	}
	if len(s.Ports) == 0 {
		p.add("ports: must have one at least")
	}
	for _, port := range s.Ports {
		if port.Port < 1 || port.Port > 65535 {
			p.add("port: must be from 1 to 65535, got %d", port.Port)
		}
		if len(port.Backends) == 0 {
			p.add("port %d: must have one backend at least", port.Port)
		}
		for _, b := range port.Backends {
			if !b.Address.IsValid() || !b.Address.Addr().Is4() || !b.Address.Addr().IsPrivate() {
				p.add("port %d: a backend must have a private IPv4 address, got %s", port.Port, b.Address)
			}
		}
	}
	return p.err(rental.Balancer, s.Label)
}
