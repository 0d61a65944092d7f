package linodetest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// An Instance is one of the account.
type Instance struct {
	ID                         int
	Label, Region, Type, Image string
	Tags, Keys                 []string
	UserData                   string // decoded
	Generation                 string
	Firewall, Subnet           int // 0 = none
	Placement                  int // 0 = none
	Public, Private            netip.Addr
	Watchdog                   bool
	Boots                      int // 1 = the first

	status   string // "" = as the clock has it
	rebooted time.Time
	offline  bool
	face     int // id of its interface
}

// A Change is something that happened to an instance: "made", "rebooted" or "deleted".
type Change struct {
	What string
	Instance
}

type wantedInstance struct {
	Label, Region, Type, Image string
	Tags                       []string
	Keys                       []string `json:"authorized_keys"`
	Password                   string   `json:"root_pass"`
	Booted                     *bool
	Metadata                   struct {
		UserData string `json:"user_data"`
	}
	Firewall   int    `json:"firewall_id"`
	Generation string `json:"interface_generation"`
	Interfaces []wantedInterface
	Placement  struct{ ID int } `json:"placement_group"`
}

type wantedInterface struct {
	Purpose  string
	Subnet   int `json:"subnet_id"`
	Firewall int `json:"firewall_id"`
	VPC      struct {
		Subnet int `json:"subnet_id"`
	}
}

func (s *Simulator) makeInstance(c *call) answer {
	var want wantedInstance
	c.into(&want)
	if a, ok := s.paced(c); !ok {
		return a
	}
	if a, ok := s.mayMake(want); !ok {
		return a
	}
	i := want.instance()
	if sub, _ := s.subnet(i.Subnet); sub != nil {
		i.Private, _ = s.private(sub)
	}
	i.Public = s.public()
	r := s.add(c, &resource{kind: rental.Instance, label: want.Label, region: want.Region, tags: want.Tags, instance: i})
	i.ID, i.face = r.id, s.nextID()
	a := good(s.instanceObject(c, r))
	a.after = s.tell("made", *i)
	return a
}

func (w *wantedInstance) instance() *Instance {
	text, _ := base64.StdEncoding.DecodeString(w.Metadata.UserData)
	i := &Instance{
		Label: w.Label, Region: w.Region, Type: w.Type, Image: w.Image, Tags: w.Tags, Keys: w.Keys, UserData: string(text), Generation: w.Generation,
		Firewall: w.Firewall, Placement: w.Placement.ID, Watchdog: true, Boots: 1, offline: w.Booted != nil && !*w.Booted,
	}
	for _, face := range w.Interfaces {
		i.Subnet = max(face.Subnet, face.VPC.Subnet)
		if face.Firewall > 0 {
			i.Firewall = face.Firewall
		}
	}
	return i
}

// paced is Linode's limit of instances that are made.
func (s *Simulator) paced(c *call) (answer, bool) {
	const window = 15 * time.Second
	var recent []time.Time
	for _, at := range s.makings {
		if c.now.Sub(at) < window {
			recent = append(recent, at)
		}
	}
	if s.cfg.Rate > 0 && len(recent) >= s.cfg.Rate {
		return tooMany(c.now, recent[0].Add(window).Sub(c.now)), false
	}
	s.makings = append(recent, c.now)
	return answer{}, true
}

// mayMake refuses in the words of Linode, where they are known.
func (s *Simulator) mayMake(w wantedInstance) (answer, bool) {
	text, err := base64.StdEncoding.DecodeString(w.Metadata.UserData)
	i := w.instance()
	sub, region := s.subnet(i.Subnet)
	group := s.find(rental.Placement, i.Placement)
	switch {
	case regionOf(w.Region) == nil:
		return wrong("region", "region is not valid"), false
	case planOf(w.Type).id == "":
		return wrong("type", "A valid plan type by that ID was not found"), false
	case w.Image != "" && len(w.Keys) == 0 && w.Password == "":
		return wrong("", "Must provide valid root_pass, authorized_keys, or authorized_users"), false
	case err != nil || len(text) > 65535:
		return wrong("metadata.user_data", "user_data must be base64 of at most 65535 bytes"), false
	case len(text) > 0 && !has(w.Region, "Metadata"):
		return wrong("metadata", "The Metadata service is not available in this region"), false
	case w.Generation == "linode" && s.cfg.Interfaces == "legacy_config_only", w.Generation == "legacy_config" && s.cfg.Interfaces == "linode_only":
		return wrong("interface_generation", "Interface generation is not allowed by the account settings"), false
	case i.Firewall > 0 && s.find(rental.Firewall, i.Firewall) == nil:
		return wrong("firewall_id", "Firewall not found"), false
	case i.Subnet > 0 && (sub == nil || region != w.Region):
		return wrong("interfaces[0].subnet_id", "Subnet not found in this region"), false
	case i.Placement > 0 && (group == nil || group.region != w.Region):
		return wrong("placement_group.id", "Placement group not found in this region"), false
	case i.Placement > 0 && len(s.members(i.Placement)) >= mostInGroup:
		return wrong("placement_group.id", "Placement group has the maximum number of Linodes"), false
	case s.cfg.Restricted && len(w.Tags) > 0:
		return refused(http.StatusForbidden, "tags", "Unauthorized"), false
	case s.cfg.Limit > 0 && len(s.of(rental.Instance)) >= s.cfg.Limit:
		return wrong("", "Account Limit reached. Please open a support ticket."), false
	}
	if sub != nil {
		if _, ok := s.private(sub); !ok {
			return wrong("interfaces[0].ipv4.vpc", "No addresses are left in this subnet"), false
		}
	}
	return s.free(rental.Instance, w.Label)
}

// public is the next public address. Those for benchmarks are nobody's.
func (s *Simulator) public() netip.Addr {
	if s.cfg.Public != nil {
		return s.cfg.Public()
	}
	n := s.lastID
	return netip.AddrFrom4([4]byte{198, 18 + byte(n>>16&1), byte(n >> 8), byte(n)})
}

func (s *Simulator) tell(what string, i Instance) func() {
	return func() {
		if s.cfg.Changed != nil {
			s.cfg.Changed(Change{what, i})
		}
	}
}

func (s *Simulator) rewire(r *resource) func() {
	return func() {
		if s.cfg.Rewired != nil {
			s.cfg.Rewired(r.kind, r.label)
		}
	}
}

func (s *Simulator) status(c *call, r *resource) string {
	i, age := r.instance, c.now.Sub(r.made)
	switch {
	case i.status != "":
		return i.status
	case s.cfg.Stuck != nil && s.cfg.Stuck(r.label), age < s.cfg.Provisioning:
		return "provisioning"
	case i.offline:
		return "offline"
	case age < s.cfg.Provisioning+s.cfg.Booting:
		return "booting"
	case c.now.Sub(i.rebooted) < s.cfg.Booting:
		return "rebooting"
	}
	return "running"
}

func (s *Simulator) instanceObject(c *call, r *resource) object {
	i := r.instance
	p := planOf(i.Type)
	o := times(object{
		"id": r.id, "label": r.label, "group": "", "status": s.status(c, r), "type": i.Type, "ipv4": []string{i.Public.String()},
		"ipv6": fmt.Sprintf("2001:db8::%x/128", r.id), "image": i.Image, "region": r.region, "site_type": "core", "hypervisor": "kvm",
		"specs":            object{"disk": p.disk, "memory": p.memory, "vcpus": p.cores, "gpus": 0, "transfer": p.transfer, "accelerated_devices": 0},
		"alerts":           object{"cpu": 90 * p.cores, "network_in": 10, "network_out": 10, "transfer_quota": 80, "io": 10000, "system_alerts": []int{}, "user_alerts": []int{}},
		"backups":          object{"enabled": s.cfg.Backups, "available": false, "schedule": object{"day": nil, "window": nil}, "last_successful": nil},
		"watchdog_enabled": i.Watchdog, "tags": some(r.tags), "host_uuid": fmt.Sprintf("%040x", r.id), "has_user_data": i.UserData != "",
		"placement_group": nil, "disk_encryption": "enabled", "lke_cluster_id": nil, "capabilities": []string{"Block Storage Encryption", "Maintenance Policy"},
		"interface_generation": i.Generation, "maintenance_policy": "linode/migrate", "locks": []string{},
	}, r.made)
	if g := s.find(rental.Placement, i.Placement); g != nil {
		o["placement_group"] = object{
			"id": g.id, "label": g.label, "placement_group_type": "anti_affinity:local", "placement_group_policy": g.group.policy, "migrating_to": nil,
		}
	}
	return o
}

func (s *Simulator) listInstances(c *call) answer {
	return s.list(c, rental.Instance, func(c *call, r *resource) object {
		o := without(s.instanceObject(c, r), "locks")
		without(o["alerts"].(object), "system_alerts", "user_alerts")
		return settled(o)
	})
}

func (s *Simulator) oneInstance(c *call) answer {
	r := s.find(rental.Instance, c.id)
	if r == nil {
		return missing()
	}
	return good(s.instanceObject(c, r))
}

func (s *Simulator) updateInstance(c *call) answer {
	r := s.find(rental.Instance, c.id)
	if r == nil {
		return missing()
	}
	want := struct {
		Watchdog bool `json:"watchdog_enabled"`
		Tags     []string
	}{r.instance.Watchdog, r.tags}
	c.into(&want)
	r.instance.Watchdog, r.tags = want.Watchdog, want.Tags
	return good(settled(s.instanceObject(c, r)))
}

// settled is an instance that does not say where it is moved to.
func settled(o object) object {
	if g, ok := o["placement_group"].(object); ok {
		without(g, "migrating_to")
	}
	return o
}

func (s *Simulator) rebootInstance(c *call) answer {
	r := s.find(rental.Instance, c.id)
	switch {
	case r == nil:
		return missing()
	case s.status(c, r) != "running":
		return wrong("", "Linode busy.")
	}
	r.instance.rebooted = c.now
	r.instance.Boots++
	a := good(object{})
	a.after = s.tell("rebooted", *r.instance)
	return a
}

func (s *Simulator) deleteInstance(c *call) answer {
	r := s.find(rental.Instance, c.id)
	if r == nil {
		return missing()
	}
	if r.instance.Subnet != 0 {
		s.released[r.instance.Subnet] = c.now.Add(s.cfg.Detaching)
	}
	a := s.remove(r)
	a.after = s.tell("deleted", *r.instance)
	return a
}
