package rented

import (
	"context"
	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
)

// An Offer is what a Spec would be, before anything is rented.
type Offer struct {
	Estimate price.Estimate
	Warnings []string
	// what the survey found out, for Up
	generation linode.Generation
	inGroup    map[string]int
}

// Preflight asks the cloud, at no cost, whether a Spec can be had and what it costs. Its error tells all that is in the way
// at once: scopes, capabilities, plans that are sold out, images without cloud-init, the price.
func Preflight(ctx context.Context, c Config, s Spec) (Offer, error) { panic("to be built") }
