package topology

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Machine is one or more alike, of one role.
type Machine struct {
	Role   string
	Count  int
	Type   Type
	Needed int    // MiB of one, as worked out; 0 = does not matter
	Why    string // of the memory
}

// A Plan is a topology on Linodes. Nothing is ordered by it.
type Plan struct {
	Title    string // name and region, as far as the file tells them
	Machines []Machine
	Hour     float64 // US dollars, of all
	Month    float64
	Notes    []string
}

// What a part takes, in MiB. Rough, and on the safe side: a plan type is twice or half
// the next one.
const (
	systemMemory     = 512 // of an operating system with its caches
	workerMemory     = 96  // of a worker process under load
	connectionMemory = 10  // of a PostgreSQL connection that sorts something small
	sharedMemory     = 256 // of a PostgreSQL by itself
)

// Plan says what the topology would be on Linodes, or what in it cannot be there.
func (t *Topology) Plan() (*Plan, error) {
	var errs []error
	for _, f := range t.cannot() {
		errs = append(errs, f)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	p := &Plan{Title: strings.TrimSpace(t.Name + " " + t.Linode.Region)}
	service, err := t.service()
	if err != nil {
		return nil, err
	}
	databases, err := t.databases(service.Type.VCPUs)
	if err != nil {
		return nil, err
	}
	p.Machines = append(p.Machines, databases...)
	p.Machines = append(p.Machines, t.besides()...)
	p.Machines = append(p.Machines, service)
	p.balancer(t)
	p.sum()
	p.note(t)
	return p, nil
}

// A fault is what is wrong with a field of the file.
type fault struct{ field, text string }

func (f fault) Error() string { return f.field + ": " + f.text }

// cannot says what a machine does for a topology that several cannot.
func (t *Topology) cannot() (all []fault) {
	if t.Store == "kv" || t.Database.Kind != SQLite {
		return nil
	}
	if t.Services.Nodes > 1 {
		all = append(all, fault{"database", "SQLite is a file, which several machines cannot share: write kind: postgres, or nodes: 1"})
	}
	if t.Database.Shards > 0 {
		all = append(all, fault{"database.shards", "shards of SQLite are files of one machine, which spread nothing: write kind: postgres"})
	}
	return all
}

// pick is the type that the file names for a role, or else the smallest dedicated one
// with enough memory.
func (t *Topology) pick(role string, needed int) Type {
	if named, ok := typeOf(t.Linode.Types[role]); ok {
		return named
	}
	var last Type
	for _, one := range types() {
		if !strings.HasPrefix(one.Name, "g6-dedicated") {
			continue
		}
		if last = one; one.Memory >= needed {
			break
		}
	}
	return last
}

// service grows with its own type: more cores have more workers, which need more memory.
func (t *Topology) service() (Machine, error) {
	at := t.pick("service", 0)
	for range types() {
		needed := systemMemory + t.Workers(at.VCPUs)*workerMemory
		next := t.pick("service", needed)
		if next == at {
			why := fmt.Sprintf("%d workers of %d MiB", t.Workers(at.VCPUs), workerMemory)
			return Machine{Role: "service", Count: t.Services.Nodes, Type: at, Needed: needed, Why: why}, t.Fits(at.VCPUs)
		}
		at = next
	}
	return Machine{}, errors.New("services.settings.workers: no plan type has the memory for so many workers")
}

func (t *Topology) databases(cores int) (all []Machine, err error) {
	n := t.Database.Servers()
	if t.Store == "kv" || n == 0 {
		return nil, nil
	}
	need, err := t.Need(cores)
	if err != nil {
		return nil, err
	}
	needed := systemMemory + sharedMemory + need.Connections*connectionMemory
	why := fmt.Sprintf("%d connections of %d MiB: %s", need.Connections, connectionMemory, need.Why(t.Services.Nodes))
	if t.Database.MaxConnections > 0 {
		why = fmt.Sprintf("%d connections of %d MiB, as written", need.Connections, connectionMemory)
	}
	return []Machine{{Role: "database", Count: n, Type: t.pick("database", needed), Needed: needed, Why: why}}, nil
}

// besides are the machines of cache, key-value store and upstream.
func (t *Topology) besides() (all []Machine) {
	if t.Store == "kv" {
		all = append(all, Machine{Role: "store", Count: 1, Type: t.pick("store", 2048), Needed: 2048, Why: "Redis with the items"})
	}
	if c := t.Cache; (c.Kind == "redis" || c.Kind == "memcached") && c.URL == "" {
		needed := systemMemory + 2*c.Memory // a copy while it forks, or fragments
		all = append(all, Machine{Role: "cache", Count: 1, Type: t.pick("cache", needed), Needed: needed, Why: fmt.Sprintf("%s of %d MiB", c.Kind, c.Memory)})
	}
	if t.Upstream.URL == "" {
		all = append(all, Machine{Role: "upstream", Count: 1, Type: t.pick("upstream", systemMemory), Needed: systemMemory, Why: "the simulator"})
	}
	return all
}

func (p *Plan) balancer(t *Topology) {
	if t.Balancer.Kind == None {
		return
	}
	named := t.Linode.Types["balancer"]
	if t.Balancer.Kind != NodeBalancer && !isNodeBalancer(named) {
		p.Machines = append(p.Machines, Machine{Role: "balancer", Count: 1, Type: t.pick("balancer", systemMemory), Needed: systemMemory, Why: t.Balancer.Kind})
		cheap := nodeBalancers()[0]
		p.Notes = append(p.Notes, fmt.Sprintf("a NodeBalancer in place of the balancer's machine: $%.2f a month, at most %d connections at once (write types: {balancer: nodebalancer} under linode)",
			cheap.Month, cheap.Connections))
		return
	}
	share, _ := nodeBalancerOf(named)
	p.Machines = append(p.Machines, Machine{Role: "balancer", Count: 1, Type: share.Type})
	p.Notes = append(p.Notes, fmt.Sprintf("a %s holds at most %d connections at once; requests beyond wait or are refused", share.Label, share.Connections))
	if share.Name == "nodebalancer" {
		more := nodeBalancers()[1]
		p.Notes = append(p.Notes, fmt.Sprintf("%s, $%.2f a month, holds %d", more.Name, more.Month, more.Connections))
	}
}

func (p *Plan) sum() {
	for _, m := range p.Machines {
		p.Hour += float64(m.Count) * m.Type.Hour
		p.Month += float64(m.Count) * m.Type.Month
	}
}

func (p *Plan) note(t *Topology) {
	for _, m := range p.Machines {
		if m.Type.Memory > 0 && m.Needed > m.Type.Memory {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %s has %d MiB, and %d are needed (%s)", m.Role, m.Type.Name, m.Type.Memory, m.Needed, m.Why))
		}
	}
	if slices.Contains(dearer(), t.Linode.Region) {
		p.Notes = append(p.Notes, t.Linode.Region+" has prices of its own, 20 to 40 % above these")
	}
	if t.Linode.Private {
		p.Notes = append(p.Notes, "parts speak over a private network, whose transfer is free")
	} else {
		p.Notes = append(p.Notes, "without a private network what parts say to one another counts as transfer")
	}
	p.Notes = append(p.Notes, "machines that make the load are not in it: `loadctl plan` says how many a scenario needs",
		"prices of "+PricesOf+" in US dollars, without taxes, backups and transfer beyond what is paid with each")
}
