package linodetest

import "slices"

// A plan as the price list of 2024-07 has it.
type plan struct {
	id, label, class                   string
	cores, memory, disk, out, transfer int
	hourly, monthly                    float64
}

func plans() []plan {
	return []plan{
		{"g6-nanode-1", "Nanode 1GB", "nanode", 1, 1024, 25600, 1000, 1000, 0.0075, 5},
		{"g6-standard-2", "Linode 4GB", "standard", 2, 4096, 81920, 4000, 4000, 0.036, 24},
		{"g6-dedicated-2", "Dedicated 4GB", "dedicated", 2, 4096, 81920, 4000, 4000, 0.054, 36},
		{"g6-dedicated-4", "Dedicated 8GB", "dedicated", 4, 8192, 163840, 5000, 5000, 0.108, 72},
		{"g6-dedicated-8", "Dedicated 16GB", "dedicated", 8, 16384, 327680, 6000, 6000, 0.216, 144},
		{"g7-premium-4", "Premium 8GB", "premium", 4, 8192, 163840, 5000, 5000, 0.129, 86},
	}
}

// planOf is zero where there is none.
func planOf(id string) plan {
	for _, p := range plans() {
		if p.id == id {
			return p
		}
	}
	return plan{}
}

type region struct {
	id, label, country string
	capabilities       []string
}

// regions are one with everything, one more, and one of the old ones, which lack something.
func regions() []region {
	old := []string{"Linodes", "Backups", "NodeBalancers", "Block Storage", "Kubernetes", "Cloud Firewall", "Metadata", "Placement Group", "StackScripts"}
	all := slices.Concat(old, []string{"Vlans", "VPCs", "Premium Plans", "Linode Interfaces", "Maintenance Policy"})
	return []region{{"us-ord", "Chicago, IL", "us", all}, {"fr-par", "Paris, FR", "fr", all}, {"us-east", "Newark, NJ", "us", old}}
}

func regionOf(id string) *region {
	for _, r := range regions() {
		if r.id == id {
			return &r
		}
	}
	return nil
}

func has(id, capability string) bool {
	r := regionOf(id)
	return r != nil && slices.Contains(r.capabilities, capability)
}

func (s *Simulator) listRegions(c *call) answer {
	var all []object
	for _, r := range regions() {
		all = append(all, object{
			"id": r.id, "label": r.label, "country": r.country, "capabilities": r.capabilities, "status": "ok", "site_type": "core",
			"monitors": object{"alerts": []string{}, "metrics": []string{}}, "resolvers": object{"ipv4": "192.0.2.1,192.0.2.2", "ipv6": "2001:db8::1"},
			"placement_group_limits": object{"maximum_pgs_per_customer": nil, "maximum_linodes_per_pg": mostInGroup, "maximum_linodes_per_flexible_pg": mostInGroup},
		})
	}
	return page(c, all)
}

// availability tells of premium plans alone, as the API does of select ones: old regions have none.
func (s *Simulator) availability(c *call) answer {
	r := regionOf(c.PathValue("name"))
	if r == nil {
		return missing()
	}
	all := []object{}
	for _, p := range plans() {
		if p.class == "premium" {
			all = append(all, object{"region": r.id, "plan": p.id, "available": slices.Contains(r.capabilities, "Premium Plans")})
		}
	}
	return good(all)
}

func price(hourly float64, monthly any) object { return object{"hourly": hourly, "monthly": monthly} }

// dearer are the regions that cost more.
func dearer(hourly, monthly float64) []object {
	return []object{{"id": "id-cgk", "hourly": hourly * 1.2, "monthly": monthly * 1.2}, {"id": "br-gru", "hourly": hourly * 1.4, "monthly": monthly * 1.4}}
}

func (s *Simulator) listPlans(c *call) answer {
	var all []object
	for _, p := range plans() {
		all = append(all, object{
			"id": p.id, "label": p.label, "class": p.class, "vcpus": p.cores, "memory": p.memory, "disk": p.disk, "network_out": p.out, "transfer": p.transfer,
			"gpus": 0, "successor": nil, "price": price(p.hourly, p.monthly), "region_prices": dearer(p.hourly, p.monthly),
			"addons": object{"backups": object{"price": price(0.003, 2.0), "region_prices": []any{}}},
		})
	}
	return page(c, all)
}

func (s *Simulator) listClasses(c *call) answer {
	return page(c, []object{
		{"id": "nodebalancer", "label": "NodeBalancer", "price": price(0.015, 10.0), "region_prices": dearer(0.015, 10), "transfer": 0},
		{"id": "nodebalancer-pr100", "label": "Nodebalancer Premium", "price": price(0.225, 150.0), "region_prices": dearer(0.225, 150), "transfer": 0},
	})
}

func (s *Simulator) listTransfers(c *call) answer {
	return page(c, []object{
		{"id": "distributed_network_transfer", "label": "Distributed Network Transfer", "price": price(0.01, nil), "region_prices": []any{}, "transfer": 0},
		{"id": "network_transfer", "label": "Network Transfer", "price": price(0.005, nil), "transfer": 0,
			"region_prices": []object{{"id": "id-cgk", "hourly": 0.015, "monthly": nil}, {"id": "br-gru", "hourly": 0.007, "monthly": nil}}},
	})
}

// image knows which ones read user data.
func (s *Simulator) image(c *call) answer {
	id := c.PathValue("name")
	reads, ok := map[string]bool{"linode/debian12": true, "linode/debian13": true, "linode/ubuntu24.04": true, "linode/slackware15.0": false}[id]
	if !ok {
		return missing()
	}
	capabilities := []string{}
	if reads {
		capabilities = append(capabilities, "cloud-init")
	}
	return good(object{
		"id": id, "label": id, "description": "", "created": "2023-06-10T00:00:00", "updated": "2023-06-10T00:00:00", "created_by": "linode", "type": "manual",
		"vendor": "Linode", "status": "available", "size": 1500, "total_size": 0, "is_public": true, "deprecated": false, "expiry": nil,
		"eol": "2029-07-05T04:00:00", "capabilities": capabilities, "regions": []any{}, "tags": []string{},
	})
}

func (s *Simulator) profile(*call) answer {
	return good(object{
		"username": "tester", "email": "tester@example.com", "timezone": "GMT", "email_notifications": false, "restricted": s.cfg.Restricted,
		"two_factor_auth": false, "uid": 1, "ip_whitelist_enabled": false, "lish_auth_method": "keys_only", "authorized_keys": nil,
		"authentication_type": "password", "verified_phone_number": nil, "user_type": "default",
		"referrals": object{"code": "c", "url": "https://www.example.com/?r=c", "total": 0, "completed": 0, "pending": 0, "credit": 0},
	})
}

func (s *Simulator) settings(*call) answer {
	return good(object{
		"managed": false, "longview_subscription": nil, "network_helper": true, "backups_enabled": s.cfg.Backups, "object_storage": "disabled",
		"interfaces_for_new_linodes": s.cfg.Interfaces, "maintenance_policy": "linode/migrate",
	})
}
