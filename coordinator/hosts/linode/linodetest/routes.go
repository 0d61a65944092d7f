package linodetest

// anyToken is the scope of what every good token may ask.
const anyToken = "*"

// A route is an operation that is simulated, with the scope that it needs; "" is for everyone.
type route struct {
	on, scope string
	do        handler
}

func (s *Simulator) routes() []route {
	return []route{
		{"GET /profile", anyToken, s.profile},
		{"GET /account/settings", "account:read_only", s.settings},
		{"GET /regions", "", s.listRegions},
		{"GET /regions/{name}/availability", "", s.availability},
		{"GET /images/{name}", "images:read_only", s.image},
		{"GET /linode/types", "", s.listPlans},
		{"GET /nodebalancers/types", "", s.listClasses},
		{"GET /network-transfer/prices", "", s.listTransfers},

		{"GET /vpcs", "vpc:read_only", s.listNetworks},
		{"POST /vpcs", "vpc:read_write", s.makeNetwork},
		{"GET /vpcs/{id}", "vpc:read_only", s.oneNetwork},
		{"DELETE /vpcs/{id}", "vpc:read_write", s.deleteNetwork},
		{"GET /vpcs/{id}/ips", "ips:read_only", s.listAddresses},

		{"GET /networking/firewalls", "firewall:read_only", s.listFirewalls},
		{"POST /networking/firewalls", "firewall:read_write", s.makeFirewall},
		{"GET /networking/firewalls/{id}", "firewall:read_only", s.oneFirewall},
		{"PUT /networking/firewalls/{id}/rules", "firewall:read_write", s.setRules},
		{"DELETE /networking/firewalls/{id}", "firewall:read_write", s.deleteFirewall},

		{"GET /placement/groups", "linodes:read_only", s.listGroups},
		{"POST /placement/groups", "linodes:read_write", s.makeGroup},
		{"GET /placement/groups/{id}", "linodes:read_only", s.oneGroup},
		{"DELETE /placement/groups/{id}", "linodes:read_write", s.deleteGroup},

		{"GET /linode/instances", "linodes:read_only", s.listInstances},
		{"POST /linode/instances", "linodes:read_write", s.makeInstance},
		{"GET /linode/instances/{id}", "linodes:read_only", s.oneInstance},
		{"PUT /linode/instances/{id}", "linodes:read_write", s.updateInstance},
		{"POST /linode/instances/{id}/reboot", "linodes:read_write", s.rebootInstance},
		{"DELETE /linode/instances/{id}", "linodes:read_write", s.deleteInstance},

		{"GET /nodebalancers", "nodebalancers:read_only", s.listBalancers},
		{"POST /nodebalancers", "nodebalancers:read_write", s.makeBalancer},
		{"GET /nodebalancers/{id}", "nodebalancers:read_only", s.oneBalancer},
		{"DELETE /nodebalancers/{id}", "nodebalancers:read_write", s.deleteBalancer},
	}
}
