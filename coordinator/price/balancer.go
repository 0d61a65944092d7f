package price

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Limits are what one NodeBalancer of a class holds. 0 is not known.
type Limits struct {
	Connections int    // of TCP and HTTP, at once
	Sessions    int    // of UDP, at once
	Backends    int    // of a port
	Besides     string // what else it can only do; "" = not known
	Source      string // who says so
	Date        string // and when
}

// limitsOf is the kind of a class, by its id in the price list, and its limits. The API tells neither.
func limitsOf(id string) (kind string, l Limits) {
	const source, date = "Akamai's changelog of NodeBalancers", "2026-09-30"
	switch id {
	case "nodebalancer":
		return "common", Limits{Connections: 10_000, Backends: 1000, Source: source, Date: date,
			Besides: "HTTP/1.1 only, on machines shared with other customers"}
	case "nodebalancer-pr100":
		return "premium", Limits{Connections: 100_000, Sessions: 80_000, Backends: 2000, Source: source, Date: date,
			Besides: "backends in a VPC or by IPv6 only; it takes in 10 Gbit/s"}
	}
	return "", Limits{}
}

// by says who says so.
func (l Limits) by() string { return l.Source + ", " + l.Date }

// A Crowd is what comes through NodeBalancers in a scenario, at most.
type Crowd struct {
	Class       string // of the NodeBalancers: id in the price list, or common or premium
	Count       int    // of them, among which the connections are spread evenly; 0 = 1
	Region      string
	Connections int     // at once
	Opened      float64 // connections a second; 0 = not known
	Sources     int     // addresses they come from; 0 = 1
	Backends    int     // of a port
	Throttle    int     // client_conn_throttle: new connections a second of one source address, 1 to 20; 0 = without limit
}

// mostThrottle is the API's.
const mostThrottle = 20

// Carries says whether NodeBalancers of a class hold a scenario, by their documented limits: what is worth knowing about
// it, or an error with all reasons and what to take instead.
func (c Catalogue) Carries(w Crowd) ([]string, error) {
	w.Count, w.Sources = max(w.Count, 1), max(w.Sources, 1)
	b, is := c.Balancer(w.Class)
	if !is {
		return nil, fmt.Errorf("class %q of NodeBalancer is not in the catalogue; there are %s", w.Class, c.kinds())
	}
	held, err1 := c.holds(b, w)
	opened, err2 := w.opens()
	if err := errors.Join(err1, b.serves(w), err2); err != nil {
		return nil, err
	}
	notes := []string{held, opened}
	if b.Besides != "" {
		notes = append(notes, b.Besides)
	}
	return notes, nil
}

func (c Catalogue) kinds() string {
	var all []string
	for _, b := range c.Balancers {
		all = append(all, b.name())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// name is the word that people and the API use for a class.
func (b Balancer) name() string {
	if b.Kind == "" {
		return b.ID
	}
	return b.Kind
}

// holds weighs the connections that are open at once.
func (c Catalogue) holds(b Balancer, w Crowd) (string, error) {
	limit := b.Connections
	if limit == 0 {
		return fmt.Sprintf("how many connections a %s NodeBalancer holds is not known, so that is not judged", b.name()), nil
	}
	them := fmt.Sprintf("%s %s NodeBalancers hold %s connections each at once (%s)", thousands(int64(w.Count)), b.name(), thousands(int64(limit)), b.by())
	if w.Count == 1 {
		them = fmt.Sprintf("one %s NodeBalancer holds %s connections at once (%s)", b.name(), thousands(int64(limit)), b.by())
	}
	if w.Count < ceilDiv(w.Connections, limit) {
		return "", fmt.Errorf("%s, and the scenario has %s: take %s", them, thousands(int64(w.Connections)), c.instead(w))
	}
	share := 100 * float64(w.Connections) / (float64(limit) * float64(w.Count))
	return fmt.Sprintf("%s; the scenario's %s are %s %% of that", them, thousands(int64(w.Connections)), short(share)), nil
}

// instead is what holds the connections.
func (c Catalogue) instead(w Crowd) string {
	var ways []string
	for _, b := range c.Balancers {
		if b.Connections == 0 {
			continue
		}
		n, price := ceilDiv(w.Connections, b.Connections), ""
		if each := b.In(w.Region).Hourly; each.Known {
			price = " (" + each.USD.Times(n).PerHour() + ")"
		}
		ways = append(ways, fmt.Sprintf("%s %s%s", thousands(int64(n)), b.name(), price))
	}
	return strings.Join(append(ways, "or HAProxy or nginx on a Linode of your own, which hold what its memory, files and ports do"), ", ")
}

func (b Balancer) serves(w Crowd) error {
	if b.Backends == 0 || w.Backends <= b.Backends {
		return nil
	}
	return fmt.Errorf("a %s NodeBalancer has %s backends of a port at most (%s), and the scenario has %s",
		b.name(), thousands(int64(b.Backends)), b.by(), thousands(int64(w.Backends)))
}

// opens weighs how fast connections may be opened. Whether several NodeBalancers count a source apart is not documented, so
// they are taken to count it together.
func (w Crowd) opens() (string, error) {
	switch {
	case w.Throttle < 0 || w.Throttle > mostThrottle:
		return "", fmt.Errorf("client_conn_throttle: must be 0 to %d, got %d", mostThrottle, w.Throttle)
	case w.Throttle == 0:
		return "client_conn_throttle 0: new connections are not limited", nil
	}
	rate := w.Throttle * w.Sources
	text := fmt.Sprintf("client_conn_throttle %d lets %s open %s connections a second together", w.Throttle, plural(w.Sources, "source address"), thousands(int64(rate)))
	if w.Opened > float64(rate) {
		return "", fmt.Errorf("%s, and the scenario opens %s: make the NodeBalancer with client_conn_throttle 0, or connect from %s addresses",
			text, count(w.Opened), count(w.Opened/float64(w.Throttle)))
	}
	least := time.Duration(math.Ceil(float64(w.Connections)/float64(rate))) * time.Second
	return fmt.Sprintf("%s: to open %s takes %s at least", text, thousands(int64(w.Connections)), span(least)), nil
}

func ceilDiv(a, b int) int {
	if a <= 0 || b <= 0 {
		return 0
	}
	return (a-1)/b + 1
}
