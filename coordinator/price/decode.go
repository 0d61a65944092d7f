package price

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Bodies are the answers of the API, as they came, page by page. A list that was not asked for is left out, and its
// prices are unknown.
type Bodies struct {
	Plans     [][]byte // GET linode/types
	Balancers [][]byte // GET nodebalancers/types
	Transfers [][]byte // GET network-transfer/prices
}

// A page is one answer. Numbers stay text until they are money.
type page struct {
	Data    []row `json:"data"`
	Results int   `json:"results"` // of all pages; 0 = not told
}

type row struct {
	ID         string    `json:"id"`
	Label      string    `json:"label"`
	Class      string    `json:"class"`
	VCPUs      int       `json:"vcpus"`
	GPUs       int       `json:"gpus"`
	Memory     int       `json:"memory"`
	Disk       int       `json:"disk"`
	NetworkOut int       `json:"network_out"`
	Transfer   int       `json:"transfer"`
	Price      *figures  `json:"price"`
	Regions    []figures `json:"region_prices"`
}

type figures struct {
	ID      string      `json:"id"`
	Hourly  json.Number `json:"hourly"`
	Monthly json.Number `json:"monthly"`
}

// Decode makes a catalogue of answers. It fails for what is no such answer, and tells of all of them at once. A price
// that cannot be read exactly is unknown, and a list with parts missing is used as it is: Warnings tell of both.
func Decode(source, date string, b Bodies) (Catalogue, error) {
	c := Catalogue{Source: source, Date: date}
	plans, err1 := c.rows("plans", b.Plans)
	balancers, err2 := c.rows("NodeBalancer classes", b.Balancers)
	transfers, err3 := c.rows("transfer prices", b.Transfers)
	for _, r := range plans {
		c.Plans = append(c.Plans, Plan{
			ID: r.ID, Label: r.Label, Class: r.Class, VCPUs: r.VCPUs, GPUs: r.GPUs, Memory: r.Memory, Disk: r.Disk,
			NetworkOut: r.NetworkOut, Transfer: r.Transfer, Tariff: c.tariff(r),
		})
	}
	for _, r := range balancers {
		kind, limits := limitsOf(r.ID)
		c.Balancers = append(c.Balancers, Balancer{ID: r.ID, Label: r.Label, Kind: kind, Limits: limits, Tariff: c.tariff(r)})
	}
	for _, r := range transfers {
		c.Transfers = append(c.Transfers, Transfer{ID: r.ID, Label: r.Label, Tariff: c.tariff(r)})
	}
	return c, errors.Join(err1, err2, err3)
}

// rows puts the pages of a list together. Pages may shift while they are read: what comes twice is taken once.
func (c *Catalogue) rows(list string, bodies [][]byte) (rows []row, err error) {
	seen, results := map[string]bool{}, 0
	for i, body := range bodies {
		var p page
		if bad := json.Unmarshal(body, &p); bad != nil || p.Data == nil {
			err = errors.Join(err, notAList(list, i, bad))
			continue
		}
		results = max(results, p.Results)
		for _, r := range p.Data {
			if r.ID != "" && !seen[r.ID] {
				rows = append(rows, r)
			}
			seen[r.ID] = true
		}
	}
	if len(rows) < results {
		c.warn("%s: %d of %d were told", list, len(rows), results)
	}
	return rows, err
}

func notAList(list string, i int, err error) error {
	if err == nil {
		err = errors.New("it has no data")
	}
	return fmt.Errorf("%s: answer %d is not a list as the Linode API gives it: %w", list, i+1, err)
}

func (c *Catalogue) tariff(r row) (t Tariff) {
	if r.Price != nil {
		t.Base = c.price(r.ID, *r.Price)
	}
	for _, f := range r.Regions {
		t.Regions = append(t.Regions, RegionPrice{f.ID, c.price(r.ID+" in "+f.ID, f)})
	}
	return t
}

func (c *Catalogue) price(whose string, f figures) Price {
	return Price{Hourly: c.amount(whose, f.Hourly), Monthly: c.amount(whose, f.Monthly)}
}

// amount of no number is unknown: the API tells null where it has no price.
func (c *Catalogue) amount(whose string, n json.Number) Amount {
	if n == "" {
		return Amount{}
	}
	u, err := ParseUSD(n.String())
	if err != nil {
		c.warn("%s: its price is unknown: %v", whose, err)
		return Amount{}
	}
	return Exactly(u)
}

func (c *Catalogue) warn(text string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(text, args...))
}
