package price

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"
)

// An Estimate is what an order costs.
type Estimate struct {
	Order
	Prices  string // where they are from, and of when
	Lines   []Line // of each resource, in its order
	PerHour USD    // without transfer
	Minimum USD    // one hour of each: due as soon as they exist
	AsPlan  USD    // deleted when planned
	Worst   USD    // see WorstAt, at the TTL; without a TTL there is no such sum, and it is Most
	// Unpriced and Untold are what is missing in the sums: hours in all of them, transfer in the last two.
	Unpriced, Untold []string
}

// A Line is one resource and its prices.
type Line struct {
	Resource
	Hourly   Amount // of each
	PerGB    Amount // sent to public addresses
	Included int    // GB a month of each that cost nothing
	listed   bool   // in the catalogue
	machine  bool   // may be replaced; what the catalogue does not tell is taken for one
}

// Estimate reckons an order. It fails for an order that cannot be meant, and tells all that is wrong with it at once.
//
// cost = sum over resources of count × (Hours(lifetime) × hourly + transfer), without the cap of a month. Of transfer each
// pays what it sends above its own plan's share of a month; what other machines of the account have left is not counted
// on, as a plan that includes nothing has no part in it.
func (c Catalogue) Estimate(o Order) (Estimate, error) {
	if err := o.Validate(); err != nil {
		return Estimate{}, err
	}
	e := Estimate{Order: o, Prices: c.String()}
	for _, r := range o.Resources {
		e.add(c.line(r))
	}
	e.Minimum, e.AsPlan, e.Worst = e.PerHour, e.At(o.Planned), Most
	if o.TTL > 0 {
		e.Worst = e.WorstAt(o.TTL)
	}
	return e, nil
}

func (c Catalogue) line(r Resource) Line {
	t, included, listed := c.Tariff(r.Type)
	included = min(max(included, 0), mostIncluded)
	_, balancer := c.Balancer(r.Type)
	return Line{
		Resource: r, Hourly: t.In(r.Region).Hourly, PerGB: c.PerGB(r.Region, r.Distributed), Included: included, listed: listed, machine: !balancer,
	}
}

func (e *Estimate) add(l Line) {
	e.Lines = append(e.Lines, l)
	e.PerHour = e.PerHour.Plus(l.Hourly.USD.Times(l.Count))
	switch {
	case !l.listed:
		e.Unpriced = once(e.Unpriced, l.Type+": not in the catalogue")
	case !l.Hourly.Known:
		e.Unpriced = once(e.Unpriced, l.Type+": no price for "+l.Region+" in the catalogue")
	}
	if l.excess() > 0 && !l.PerGB.Known {
		e.Untold = once(e.Untold, "transfer from "+l.Region+": no price in the catalogue")
	}
}

func once(all []string, text string) []string {
	if slices.Contains(all, text) {
		return all
	}
	return append(all, text)
}

// At is what it costs if everything is deleted after so long, and the load lasts until then.
func (e Estimate) At(d time.Duration) (sum USD) {
	for _, l := range e.Lines {
		sum = sum.Plus(l.Hourly.USD.Times(Hours(d)).Times(l.Count)).Plus(l.Transfer(d))
	}
	return sum
}

// A month has so many seconds at most. What a plan includes of transfer is shared out over the month: of a longer one
// less is had in an hour, and no more is counted on.
const (
	month    = 31 * 24 * 60 * 60
	gigabyte = 1_000_000_000

	mostIncluded = 1_000_000_000 // GB: what a catalogue tells beyond it is no figure
)

// excess is what each sends above what its plan includes, in bytes a month.
func (l Line) excess() int64 {
	if l.Egress > math.MaxInt64/month {
		return math.MaxInt64
	}
	return max(0, l.Egress*month-int64(l.Included)*gigabyte)
}

// Transfer is what all of them pay for sending, for so long: 0 also where the price is not known. It is exact, and rounded up
// to a millionth.
func (l Line) Transfer(d time.Duration) USD {
	num := big.NewInt(l.excess())
	for _, factor := range []int64{max(0, int64(d)), int64(l.PerGB.USD), int64(l.Count)} {
		num.Mul(num, big.NewInt(factor))
	}
	den := new(big.Int).Mul(big.NewInt(month*int64(time.Second)), big.NewInt(gigabyte))
	return rounded(num, den)
}

// AtLeast says whether the hours, and whether the sums with transfer, are lower bounds: something in them is not known.
func (e Estimate) AtLeast() (hours, sums bool) {
	return len(e.Unpriced) > 0, len(e.Unpriced)+len(e.Untold) > 0
}

// Missing is all that is not in the sums.
func (e Estimate) Missing() []string { return slices.Concat(e.Unpriced, e.Untold) }

// gigabytes writes an amount of data for people.
func gigabytes(bytes float64) string {
	gb := bytes / gigabyte
	if gb >= 100 {
		return thousands(int64(min(gb, 1e15))) + " GB"
	}
	return fmt.Sprintf("%.3g GB", gb)
}
