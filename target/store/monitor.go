package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// A monitor asks the primary and its replicas every second how far they are, each over a
// connection of its own that no pool counts.
type monitor struct {
	primary  *probe
	replicas []*probe
	readers  []*replica
	past     history

	stop context.CancelFunc
	work sync.WaitGroup
}

// A probe is a database and the connection it is asked over.
type probe struct {
	*database
	sql *sql.DB
}

// every is how often a monitor asks, and how long it waits for an answer.
const every = time.Second

func watch(primary *database, replicas []*replica) *monitor {
	ctx, stop := context.WithCancel(context.Background())
	m := &monitor{primary: probeOf(primary), readers: replicas, stop: stop}
	for _, r := range replicas {
		m.replicas = append(m.replicas, probeOf(r.database))
	}
	m.work.Go(func() { m.run(ctx) })
	return m
}

// probeOf opens nothing yet; that the URL can be read was seen when its pool was made.
func probeOf(d *database) *probe {
	w := &probe{database: d}
	if db, err := d.dialect.open(d.url, "loadctl monitor"); err == nil {
		db.SetMaxOpenConns(1)
		w.sql = db
	}
	return w
}

func (m *monitor) run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		m.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (m *monitor) close() {
	m.stop()
	m.work.Wait()
	for _, w := range append(m.replicas, m.primary) {
		if w.sql != nil {
			_ = w.sql.Close()
		}
	}
}

// look asks the primary first, so that what a replica is compared with was written before
// it was asked. When the primary is down nothing is written, and what was known of it holds.
func (m *monitor) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, every)
	var position int64
	if m.primary.query(limited, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint", &position) == nil {
		m.past.add(time.Now(), position)
	}
	cancel()
	var asking sync.WaitGroup
	for i, w := range m.replicas {
		asking.Go(func() { m.lookAt(ctx, w, m.readers[i]) })
	}
	asking.Wait()
}

// replayed asks a replica whether it is one, how far it is, and for how long it has been
// there at most.
const replayed = `SELECT pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint,
	coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)::double precision`

func (m *monitor) lookAt(ctx context.Context, w *probe, r *replica) {
	limited, cancel := context.WithTimeout(ctx, every)
	defer cancel()
	var standby bool
	var position int64
	var age float64
	err := w.query(limited, replayed, &standby, &position, &age)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		r.looked(0, w.hide(err))
	case !standby:
		r.looked(0, "it is no replica: it is not in recovery")
	default:
		r.looked(m.lag(position, age), "")
	}
}

// lag takes the age of the last replayed transaction into account only for a replica that
// was behind before anybody looked.
func (m *monitor) lag(position int64, age float64) time.Duration {
	lag, first := m.past.lag(time.Now(), position)
	if first {
		lag = max(lag, time.Duration(age*float64(time.Second)))
	}
	return lag
}

func (w *probe) query(ctx context.Context, query string, into ...any) error {
	if w.sql == nil {
		return sql.ErrConnDone
	}
	return w.sql.QueryRowContext(ctx, query).Scan(into...)
}
