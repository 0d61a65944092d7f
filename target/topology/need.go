package topology

import "fmt"

// MostConnections is how many connections a PostgreSQL is asked to allow at most: each is
// a process of its own, of about 10 MiB.
const MostConnections = 5000

// A Need is how many connections one database must allow, and why.
type Need struct {
	Workers     int // of one node
	Each        int // connections of one worker: pool_size + max_overflow
	Connections int // asked of the server, with the margin
	Spare       int // of these, for what is no pool: workers that are being replaced, the watch over replicas, people
}

// Why tells how it was worked out.
func (n Need) Why(nodes int) string {
	return fmt.Sprintf("%d × %d × %d (pool_size + max_overflow) + %d spare", nodes, n.Workers, n.Each, n.Spare)
}

// Workers is how many workers a node has on a machine with so many cores: what the file
// says, or 2 × cores + 1.
func (t *Topology) Workers(cores int) int {
	s, err := t.Settings(t.standIns())
	if err == nil && s.Workers > 0 {
		return s.Workers
	}
	return 2*cores + 1
}

// Need works out the connections of each database. Every worker has a pool for each, so
// shards and replicas need as many as a primary does.
func (t *Topology) Need(cores int) (Need, error) {
	s, err := t.Settings(t.standIns())
	if err != nil {
		return Need{}, err
	}
	n := Need{Workers: t.Workers(cores), Each: s.PoolSize + max(0, s.MaxOverflow)}
	nodes := t.Services.Nodes
	// A reload has one worker more of each node until the old one has ended. Beside pools,
	// a worker has a connection that watches over replicas; people and what starts the
	// servers have ten.
	n.Spare = nodes*n.Each + nodes*(n.Workers+1) + 10
	n.Connections = nodes*n.Workers*n.Each + n.Spare
	if given := t.Database.MaxConnections; given > 0 {
		n.Connections = given
	}
	return n, nil
}

// Fits says what is impossible about the connections that nodes may open, on a machine
// with so many cores.
func (t *Topology) Fits(cores int) error {
	if t.Database.Kind != Postgres || t.Store == "kv" {
		return nil
	}
	s, err := t.Settings(t.standIns())
	if err != nil {
		return nil //nolint:nilerr // told of where settings are judged
	}
	need, err := t.Need(cores)
	if err != nil {
		return err
	}
	given, least := t.Database.MaxConnections, t.Services.Nodes*need.Workers*need.Each
	switch {
	case t.Database.URL != "":
		return nil
	case s.MaxOverflow < 0 && given == 0:
		return fmt.Errorf("max_overflow: -1 has no limit, so that none can be worked out for the database: write database.max_connections, or a limit")
	case given > 0 && given < least && s.MaxOverflow >= 0:
		return fmt.Errorf("database.max_connections: %d are fewer than the nodes may open, %d × %d workers × %d: lower pool_size or max_overflow, or raise it",
			given, t.Services.Nodes, need.Workers, need.Each)
	case given == 0 && need.Connections > MostConnections:
		return fmt.Errorf("the nodes may open %d database connections, %s; a PostgreSQL is asked for %d at most: lower pool_size, max_overflow, workers or nodes",
			need.Connections, need.Why(t.Services.Nodes), MostConnections)
	}
	return nil
}
