package topology

import "slices"

// A Type is a plan of Linode, for machines or NodeBalancers.
type Type struct {
	Name     string
	Label    string
	VCPUs    int
	Memory   int     // MiB
	Hour     float64 // US dollars, in regions without prices of their own
	Month    float64 // at most, of a month
	Transfer int     // GB a month that are paid with it
}

// PricesOf is the month of Linode's own answer that the tables below were written from.
const PricesOf = "July 2024"

// types are those that a part of a topology may run on, cheapest first within a class.
func types() []Type {
	return []Type{
		{"g6-nanode-1", "Nanode 1GB", 1, 1 << 10, 0.0075, 5, 1000},
		{"g6-standard-1", "Linode 2GB", 1, 2 << 10, 0.018, 12, 2000},
		{"g6-standard-2", "Linode 4GB", 2, 4 << 10, 0.036, 24, 4000},
		{"g6-standard-4", "Linode 8GB", 4, 8 << 10, 0.072, 48, 5000},
		{"g6-standard-6", "Linode 16GB", 6, 16 << 10, 0.144, 96, 8000},
		{"g6-standard-8", "Linode 32GB", 8, 32 << 10, 0.288, 192, 16000},
		{"g6-standard-16", "Linode 64GB", 16, 64 << 10, 0.576, 384, 20000},
		{"g6-dedicated-2", "Dedicated 4GB", 2, 4 << 10, 0.054, 36, 4000},
		{"g6-dedicated-4", "Dedicated 8GB", 4, 8 << 10, 0.108, 72, 5000},
		{"g6-dedicated-8", "Dedicated 16GB", 8, 16 << 10, 0.216, 144, 6000},
		{"g6-dedicated-16", "Dedicated 32GB", 16, 32 << 10, 0.432, 288, 7000},
		{"g6-dedicated-32", "Dedicated 64GB", 32, 64 << 10, 0.864, 576, 8000},
		{"g6-dedicated-48", "Dedicated 96GB", 48, 96 << 10, 1.296, 864, 9000},
		{"g7-premium-2", "Premium 4GB", 2, 4 << 10, 0.0645, 43, 4000},
		{"g7-premium-4", "Premium 8GB", 4, 8 << 10, 0.129, 86, 5000},
		{"g7-premium-8", "Premium 16GB", 8, 16 << 10, 0.2595, 173, 6000},
		{"g7-premium-16", "Premium 32GB", 16, 32 << 10, 0.519, 346, 7000},
		{"g7-premium-32", "Premium 64GB", 32, 64 << 10, 1.0365, 691, 8000},
	}
}

// A Share is what one NodeBalancer carries.
type Share struct {
	Type
	Connections int // at once
}

// nodeBalancers are the plans of NodeBalancers, by Linode's documentation.
func nodeBalancers() []Share {
	return []Share{
		{Type{Name: "nodebalancer", Label: "NodeBalancer", Hour: 0.015, Month: 10}, 10_000},
		{Type{Name: "nodebalancer-pr100", Label: "NodeBalancer Premium", Hour: 0.225, Month: 150}, 100_000},
	}
}

// dearer are the regions with prices of their own: what is told for them is too low.
func dearer() []string { return []string{"id-cgk", "br-gru"} }

func typeOf(name string) (Type, bool) {
	all := types()
	i := slices.IndexFunc(all, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return all[i], true
}

func nodeBalancerOf(name string) (Share, bool) {
	all := nodeBalancers()
	i := slices.IndexFunc(all, func(s Share) bool { return s.Name == name })
	if i < 0 {
		return all[0], false
	}
	return all[i], true
}

func isNodeBalancer(name string) bool { _, ok := nodeBalancerOf(name); return ok }

// typeNames are those that a role may have.
func typeNames(role string) (names []string) {
	for _, t := range types() {
		names = append(names, t.Name)
	}
	if role != "balancer" {
		return names
	}
	for _, s := range nodeBalancers() {
		names = append(names, s.Name)
	}
	return names
}
