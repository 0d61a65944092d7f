package rented

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// An Offer is what a Spec would be, before anything is rented.
type Offer struct {
	Estimate  price.Estimate
	Warnings  []string
	Instances int // that the account has now, whoever made them: they count for its limit, which nobody tells
	// what the survey found out, for Up
	generation linode.Generation
	inGroup    map[string]int
}

// Preflight asks the cloud, at no cost, whether a Spec can be had and what it costs. Its error tells all that is in the way
// at once: scopes, capabilities, plans that are sold out, images without cloud-init, the price. The Offer is then still as
// far as it is known.
func Preflight(ctx context.Context, c Config, s Spec) (Offer, error) {
	if err := errors.Join(c.able(), s.Validate()); err != nil {
		return Offer{}, err
	}
	v, err := survey(ctx, c.Cloud, s)
	o, judged := v.judge(s)
	return o, errors.Join(err, judged)
}

// A surveyed is what the cloud has told. What it could not tell is missing, and nothing is said about it.
type surveyed struct {
	account   *linode.Account
	regions   []linode.Region
	plans     map[string]map[string]bool // by region: which are available
	images    map[string]*linode.Image   // nil = there is no such image
	instances int
	catalogue price.Catalogue
	warnings  []string
}

// survey asks all that there is to ask.
func survey(ctx context.Context, cloud *linode.Client, s Spec) (surveyed, error) {
	v := surveyed{plans: map[string]map[string]bool{}, images: map[string]*linode.Image{}}
	var errs []error
	a, err := cloud.Account(ctx)
	if errs = append(errs, err); err == nil {
		v.account = &a
	}
	v.regions, err = cloud.Regions(ctx)
	errs = append(errs, err)
	for _, region := range s.all(func(m Machines) string { return m.Region }) {
		if v.known(region) {
			v.plans[region], err = cloud.Available(ctx, region)
			errs = append(errs, err)
		}
	}
	for _, id := range s.all(func(m Machines) string { return m.Image }) {
		image, err := cloud.Image(ctx, id)
		switch {
		case err == nil:
			v.images[id] = &image
		case linode.FailureOf(err).Class == rental.Missing:
			v.images[id] = nil
		default:
			errs = append(errs, err)
		}
	}
	there, err := cloud.List(ctx, rental.Instance, linode.Query{})
	v.instances, errs = len(there), append(errs, err)
	c, warning := catalogue(ctx, cloud)
	if v.catalogue = c; warning != "" {
		v.warnings = append(v.warnings, warning)
	}
	return v, errors.Join(errs...)
}

// all are the different words of the machines.
func (s Spec) all(word func(Machines) string) (words []string) {
	for _, m := range s.Machines {
		if !slices.Contains(words, word(m)) {
			words = append(words, word(m))
		}
	}
	return words
}

func (v surveyed) known(region string) bool {
	return slices.ContainsFunc(v.regions, func(r linode.Region) bool { return r.ID == region })
}

// judge says whether a Spec can be had, and for how much.
func (v surveyed) judge(s Spec) (Offer, error) {
	o := Offer{Instances: v.instances, Warnings: v.warnings, generation: linode.Legacy, inGroup: map[string]int{}}
	errs := v.judgeAccount(s, &o)
	for _, region := range s.all(func(m Machines) string { return m.Region }) {
		errs = append(errs, v.judgeRegion(s, region, &o)...)
	}
	for _, m := range s.Machines {
		errs = append(errs, v.judgePlan(m))
	}
	for _, id := range s.all(func(m Machines) string { return m.Image }) {
		errs = append(errs, v.judgeImage(id, &o)...)
	}
	return o, errors.Join(append(errs, v.reckon(s, &o))...)
}

// kindsOf are the kinds that a Spec comes to.
func kindsOf(s Spec) (kinds []rental.Kind) {
	for _, w := range (blueprint{Spec: s}).wants() {
		if !slices.Contains(kinds, w.Kind) {
			kinds = append(kinds, w.Kind)
		}
	}
	return kinds
}

func (v surveyed) judgeAccount(s Spec, o *Offer) (errs []error) {
	if v.account == nil {
		return nil
	}
	o.generation = v.account.Generation()
	if lacks := v.account.Lacks(kindsOf(s)...); len(lacks) > 0 {
		errs = append(errs, fmt.Errorf("the token has not the scopes %s: make one that has, at https://cloud.linode.com/profile/tokens", strings.Join(lacks, ", ")))
	}
	if v.account.Restricted {
		errs = append(errs, errors.New("the token is of a restricted user, who may not set the tags by which a fleet is given back: use one of an unrestricted user"))
	}
	if v.account.Backups {
		o.Warnings = append(o.Warnings, "the account gives every new instance backups, which cost extra and are not in these prices: turn that off in its settings")
	}
	return errs
}

func (v surveyed) judgeRegion(s Spec, region string, o *Offer) []error {
	i := slices.IndexFunc(v.regions, func(r linode.Region) bool { return r.ID == region })
	if i < 0 && len(v.regions) > 0 {
		return []error{fmt.Errorf("region %s: Linode has none of this name; it has %s", region, v.names())}
	}
	if i < 0 {
		return nil
	}
	r := v.regions[i]
	o.inGroup[region] = r.MostInPlacement
	if r.Status != "" && r.Status != "ok" {
		o.Warnings = append(o.Warnings, fmt.Sprintf("region %s: Linode says that it is %s", region, r.Status))
	}
	var lacks []string
	for _, c := range v.needs(s, region) {
		if !r.Has(c) {
			lacks = append(lacks, c)
		}
	}
	if len(lacks) > 0 {
		return []error{fmt.Errorf("region %s has not %s: choose another", region, strings.Join(lacks, ", "))}
	}
	return nil
}

func (v surveyed) names() string {
	var names []string
	for _, r := range v.regions {
		names = append(names, r.ID)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// needs are the capabilities that a region has to have.
func (v surveyed) needs(s Spec, region string) []string {
	need := []string{linode.UserDataCapability, linode.FirewallCapability}
	add := func(c string, needed bool) {
		if needed && !slices.Contains(need, c) {
			need = append(need, c)
		}
	}
	add(linode.NetworkCapability, s.Private)
	for _, m := range s.Machines {
		plan, _ := v.catalogue.Plan(m.Type)
		add(linode.PlacementCapability, m.Region == region && m.Apart)
		add(linode.PremiumCapability, m.Region == region && plan.Class == "premium")
	}
	for _, l := range s.Balancers {
		add(linode.BalancerCapability, l.Region == region)
	}
	return need
}

// judgePlan takes a plan that Linode does not tell of to be there, if there is one of its name: it tells of select ones alone.
func (v surveyed) judgePlan(m Machines) error {
	available, told := v.plans[m.Region][m.Type]
	_, listed := v.catalogue.Plan(m.Type)
	switch {
	case told && !available:
		return fmt.Errorf("plan %s: region %s has none left: take another plan, or region", m.Type, m.Region)
	case !told && !listed:
		return fmt.Errorf("plan %s: Linode has none of this name, as far as it is known (%s)", m.Type, v.catalogue)
	}
	return nil
}

func (v surveyed) judgeImage(id string, o *Offer) []error {
	image, asked := v.images[id]
	switch {
	case !asked:
		return nil
	case image == nil:
		return []error{fmt.Errorf("image %s: Linode has none of this name; take one such as linode/debian12", id)}
	case !image.CloudInit:
		return []error{fmt.Errorf("image %s: it does not read user data, by which a machine gets its keys: take one with cloud-init, such as linode/debian12", id)}
	case image.Deprecated:
		o.Warnings = append(o.Warnings, "image "+id+": it is deprecated, and will not be there for long")
	}
	return nil
}

// reckon holds the worst case against what it may cost.
func (v surveyed) reckon(s Spec, o *Offer) error {
	e, err := v.catalogue.Estimate(s.Order())
	if err != nil {
		return err
	}
	if o.Estimate = e; s.MaxCost == 0 {
		return nil
	}
	return e.Within(s.MaxCost)
}

// Order is what of a Spec costs money.
func (s Spec) Order() price.Order {
	o := price.Order{Planned: s.Planned, TTL: s.TTL}
	if o.Planned == 0 {
		o.Planned = s.TTL
	}
	for _, m := range s.Machines {
		o.Resources = append(o.Resources, price.Resource{Role: m.Role, Type: m.Type, Region: m.Region, Count: m.Count, Egress: m.Sent})
	}
	for _, l := range s.Balancers {
		o.Resources = append(o.Resources, price.Resource{Role: l.Role, Type: l.Class, Region: l.Region, Count: 1})
	}
	return o
}
