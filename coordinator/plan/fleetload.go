package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/scenarios"
)

// A Sought is what a demand asks of all machines of a fleet together, and where its figures are from.
type Sought struct {
	Load    price.Load
	Setup   price.Setup
	From    []string // each figure that is not the file's own, with the machine it is of
	Unknown []string // what is not known, and limits nothing therefore
}

// LoadOf is what a demand asks of machines that are set up by these kernel settings. What a request takes is by the null
// run that was made of the file's requests, where there was one, and else what every run is planned with.
func LoadOf(d Demand, sysctl map[string]string) Sought {
	s := d.Scenario
	q := Sought{Setup: setupOf(d, sysctl)}
	q.Load = price.Load{Rate: Asked(s), Connections: s.MaxConnections(), Up: s.RequestBytes()}
	q.connections(d)
	q.requests(d)
	q.closes(s)
	q.answers(s)
	return q
}

// setupOf is how machines are set up. The room that is left is that below which a null run warns of the machine.
func setupOf(d Demand, sysctl map[string]string) price.Setup {
	u := price.Setup{HeadRoom: 1 - 1/littleRoom, Destinations: len(d.To), Kept: price.KeptLong}
	if low, high, ok := portsOf(sysctl["net.ipv4.ip_local_port_range"]); ok {
		u.Ports = high - low + 1
	}
	if strings.TrimSpace(sysctl["net.ipv4.tcp_tw_reuse"]) == "1" {
		u.Kept = price.KeptShort
	}
	return u
}

// portsOf reads net.ipv4.ip_local_port_range.
func portsOf(text string) (low, high int, ok bool) {
	n, _ := fmt.Sscan(text, &low, &high)
	return low, high, n == 2 && 0 < low && low <= high && high <= 65_535
}

// connections is what holding and opening them takes. Those that requests open are in what a request was measured to
// take, but for their handshakes.
func (q *Sought) connections(d Demand) {
	s := d.Scenario
	for _, w := range s.Work() {
		q.Load.Opened = max(q.Load.Opened, w.Opened)
	}
	q.Load.ConnectionMemory = Place{TLS: s.Target.TLS != nil}.connectionMemory()
	q.Load.ConnectionCPU = connectCPU + workOf(s).shakeCPU()
	if d.Ceiling != nil && s.Target.TLS == nil {
		q.Load.Opened = s.HeldOpened()
	}
	if q.Load.Opened > 0 {
		q.From = append(q.From, fmt.Sprintf("a new connection is planned with %s of a core, about twice what it was measured to take", q.Load.ConnectionCPU))
	}
}

// requests is what one takes of a core.
func (q *Sought) requests(d Demand) {
	q.Load.RequestCPU = requestCPU
	c := d.Ceiling
	switch {
	case q.Load.Rate == 0:
	case c == nil:
		q.From = append(q.From, fmt.Sprintf("a request is planned with %s of a core, as it was not measured: `loadctl doctor --null FILE` does, and most take less", requestCPU))
	default:
		q.Load.RequestCPU = c.perRequest()
		q.From = append(q.From, c.perRequestWords())
	}
}

// perRequest is what a request took of a core: loops had at most all of the machine's, some of which the null target took.
func (c *Ceiling) perRequest() time.Duration {
	return time.Duration(float64(c.busy()) / c.Rate * float64(time.Second))
}

// busy is how many cores the loops of the null run had at most.
func (c *Ceiling) busy() int {
	loops := max(1, c.Agents*c.Loops)
	if c.Cores > 0 {
		return min(loops, c.Cores)
	}
	return loops
}

func (c *Ceiling) perRequestWords() string {
	on := "this machine"
	if c.Machine != "" {
		on += " (" + c.Machine + ")"
	}
	return fmt.Sprintf("a request takes %s of a core: %s made %s/s with %s in a null run of %s%s; a core of the fleet is another, so a null run there comes before the load",
		c.perRequest().Round(100*time.Nanosecond), on, rough(c.Rate), times(c.busy(), "core"), c.Measured.Format("2006-01-02 15:04"), c.without())
}

// closes is how many connections are closed here first, within the time for which each keeps its port.
func (q *Sought) closes(s *scenarios.Scenario) {
	within := keptLong
	if q.Setup.Kept == price.KeptShort {
		within = keptShort
	}
	q.Load.Closed = float64(s.ClosedFirst(within)) / within.Seconds()
}

// answers is what cannot be told before any came.
func (q *Sought) answers(s *scenarios.Scenario) {
	if NeedOf(s).Eager || q.Load.Rate == 0 && s.Asks() {
		q.Unknown = append(q.Unknown, "how often closed users ask: as often as they are answered, which is not in this")
	}
	if s.Target.TLS != nil && q.Load.Rate > 0 {
		q.Unknown = append(q.Unknown, "what encryption takes of each request: give machines more room for large bodies")
	}
}
