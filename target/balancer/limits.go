package balancer

import (
	"cmp"
	"fmt"
)

// A Machine is what a balancer has to work with. Zeros are not known.
type Machine struct {
	Cores   int
	Files   int // a process may have open: the hard limit, RLIMIT_NOFILE
	Backlog int // net.core.somaxconn: connections that may wait to be accepted
	Ports   int // net.ipv4.ip_local_port_range: connections to one address of a backend
	// User and Group are what a balancer started by root becomes; "" = stays what it is.
	User, Group string
}

// Limits are what a configuration may use of a machine, with where each came from.
type Limits struct {
	Workers     int // nginx processes or HAProxy threads
	Files       int // of one process
	Connections int // of one nginx worker, clients and backends together; of HAProxy, clients
	Clients     int // connected at once, in all
	Backlog     int
	Why         []string // a sentence a limit, for people
}

const (
	// mostConnections bounds what memory is set aside for: nginx takes 424 bytes for
	// each connection a worker may have before the first one comes.
	mostConnections = 200_000
	// spareFiles are for what is no connection: listeners, logs, pipes, libraries.
	spareFiles = 128
)

// Limits works out what the balancer may use; Config's own numbers win.
func (c Config) Limits(m Machine) Limits {
	m.Cores, m.Files, m.Backlog = cmp.Or(m.Cores, 1), cmp.Or(m.Files, 1024), cmp.Or(m.Backlog, 511)
	l := Limits{Workers: cmp.Or(c.Workers, min(m.Cores, 64)), Files: m.Files, Backlog: min(m.Backlog, 65535)}
	l.Connections = min(max(m.Files-spareFiles-16*l.Workers, 64), mostConnections)
	each := "this process may have"
	if c.Kind == HAProxy {
		l.Connections = max(l.Connections-2*len(c.Backends), 64) / 2
		l.Clients = l.Connections
	} else {
		each = "a worker process may have"
		l.Clients = l.Connections / 2 * l.Workers
	}
	l.because("workers %d: %s", l.Workers, either(c.Workers > 0, "as configured", fmt.Sprintf("one for each of the machine's cores, %d", m.Cores)))
	l.because("clients at once %d: %d files %s (RLIMIT_NOFILE), less some for listeners and logs, two for each client and its backend", l.Clients, m.Files, each)
	if c.Connections > 0 {
		l.bound(c)
	}
	l.because("backlog %d: net.core.somaxconn; more that wait to be accepted are dropped by the kernel", l.Backlog)
	if m.Ports > 0 {
		l.because("connections to one address of a backend %d: net.ipv4.ip_local_port_range; more backend addresses or ports give more", m.Ports)
	}
	return l
}

// bound lowers the limits to what was configured.
func (l *Limits) bound(c Config) {
	if c.Connections > l.Clients {
		l.because("of the %d clients configured the machine holds %d", c.Connections, l.Clients)
		return
	}
	l.because("clients at once %d: as configured", c.Connections)
	l.Clients = c.Connections
	if c.Kind == HAProxy {
		l.Connections = c.Connections
		return
	}
	// nginx bounds each worker; who is accepted by which is left to chance.
	l.Connections = max(2*((c.Connections+l.Workers-1)/l.Workers)+16, 64)
}

func (l *Limits) because(text string, args ...any) { l.Why = append(l.Why, fmt.Sprintf(text, args...)) }

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
