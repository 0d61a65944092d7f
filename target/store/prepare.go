package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

// schemaVersion is of the tables. A database with another one is not touched.
const schemaVersion = 1

// A preparation makes the tables of a database and fills them, once: whichever call of
// whichever worker comes first. One try of a worker at a time; who needs the database
// waits for its end. After one that failed there is the breaker's pause.
type preparation struct {
	items int

	mu    sync.Mutex
	done  bool
	trial *trial
	down  breaker
}

type trial struct {
	ended chan struct{}
	err   error
}

// errMisplaced: it is a database of the store, but not the one it is named as.
var errMisplaced = errors.New("it is filled as another one")

// again is called when tables are missing that were there.
func (p *preparation) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = false
}

// tablesTimeout bounds how long a call waits for tables that are being made and filled.
const tablesTimeout = 5 * time.Second

// prepared waits until there are tables. Replicas get theirs from the primary.
func (d *database) prepared(ctx context.Context) error {
	if d.shard == 0 {
		return nil
	}
	d.ready.mu.Lock()
	if d.ready.done {
		d.ready.mu.Unlock()
		return nil
	}
	t := d.ready.trial
	if t == nil {
		t = &trial{ended: make(chan struct{})}
		d.ready.trial = t
		d.work.Go(func() { d.try(t) })
	}
	d.ready.mu.Unlock()
	return d.awaitTrial(ctx, t)
}

func (d *database) awaitTrial(ctx context.Context, t *trial) error {
	patience := time.NewTimer(tablesTimeout)
	defer patience.Stop()
	select {
	case <-t.ended:
		return t.err
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return fmt.Errorf("%w: %s: its tables are being made and filled", catalogue.ErrUnavailable, d.role)
	}
}

// filling bounds making and filling the tables: ten million items take a minute or two.
const filling = 15 * time.Minute

// try is one try. Its end is told to all that wait for it.
func (d *database) try(t *trial) {
	ctx, cancel := context.WithTimeout(d.life, filling)
	defer cancel()
	t.err = d.ready.down.do(func() error { return d.prepare(ctx) })
	d.ready.mu.Lock()
	d.ready.done, d.ready.trial = t.err == nil, nil
	d.ready.mu.Unlock()
	close(t.ended)
}

// prepare uses a connection of its own, which no pool counts.
func (d *database) prepare(ctx context.Context) error {
	c, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	err = d.ensure(ctx, c.sql)
	for tries := 0; err != nil && d.dialect.reason(err) == late && tries < mostTries; tries++ {
		pauseFor(ctx, 20*time.Millisecond) // another worker is about to do the same
		err = d.ensure(ctx, c.sql)
	}
	return d.unprepared(err)
}

// mostTries bounds how often a lock is asked for again.
const mostTries = 100

// ensure leaves a database that has its tables alone.
func (d *database) ensure(ctx context.Context, c *sql.Conn) error {
	there, err := d.found(ctx, c)
	if err != nil || there {
		return err
	}
	return d.make(ctx, c)
}

func (d *database) unprepared(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errMisplaced):
		return fmt.Errorf("%w: %s: %w", catalogue.ErrUnavailable, d.role, err)
	case d.dialect.reason(err) == full:
		return fmt.Errorf("%w: %s: making its tables: %s", catalogue.ErrFull, d.role, d.hide(err))
	case d.dialect.reason(err) == taken:
		return fmt.Errorf("%w: %s: there is a table items that is not loadctl's: name a database of its own", catalogue.ErrUnavailable, d.role)
	}
	return fmt.Errorf("%w: %s: making its tables: %s", catalogue.ErrUnavailable, d.role, d.hide(err))
}

// found says whether the tables are there, and are those of this database.
func (d *database) found(ctx context.Context, c *sql.Conn) (bool, error) {
	var tables int
	if err := c.QueryRowContext(ctx, d.dialect.exists(), "loadctl_store").Scan(&tables); err != nil || tables == 0 {
		return false, err
	}
	var version, shard, shards int
	if err := c.QueryRowContext(ctx, "SELECT version, shard, shards FROM loadctl_store").Scan(&version, &shard, &shards); err != nil {
		return false, err
	}
	switch {
	case version != schemaVersion:
		return false, fmt.Errorf("%w: its tables have version %d, and this loadctl knows %d", errMisplaced, version, schemaVersion)
	case shard != d.shard || shards != d.shards:
		return false, fmt.Errorf("%w: it holds shard %d of %d, and is named as shard %d of %d: its items would not be found; see resharding in docs/databases.md",
			errMisplaced, shard, shards, d.shard, d.shards)
	}
	return true, nil
}

// make makes and fills the tables in one transaction, unless another worker has done so
// while this one waited for the lock.
func (d *database) make(ctx context.Context, c *sql.Conn) (err error) {
	if err = d.dialect.begin(ctx, c); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // the connection ends anyway
		}
	}()
	there, err := d.found(ctx, c)
	if err == nil && !there {
		err = d.fill(ctx, c)
	}
	if err == nil {
		_, err = c.ExecContext(ctx, "COMMIT")
	}
	return err
}

func (d *database) fill(ctx context.Context, c *sql.Conn) error {
	for _, statement := range d.dialect.schema() {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := d.dialect.fill(ctx, c, d.own(d.ready.items)); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, d.ask.claim, schemaVersion, d.shard, d.shards)
	return err
}

// own are those of the first n items of the catalogue that this database keeps.
func (d *database) own(n int) iter.Seq[catalogue.Item] {
	return func(yield func(catalogue.Item) bool) {
		for i := 1; i <= n; i++ {
			item := catalogue.Made(i)
			if shardOf(item.ID, d.shards) == d.shard-1 && !yield(item) {
				return
			}
		}
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// misplaced only looks. A database that cannot be asked, or has no tables yet, is in its
// place.
func (d *database) misplaced(ctx context.Context) error {
	if d.shard == 0 {
		return nil
	}
	c, err := d.connect(ctx)
	if err != nil {
		return nil
	}
	defer c.close()
	if _, err = d.found(ctx, c.sql); errors.Is(err, errMisplaced) {
		return fmt.Errorf("%s: %w", d.role, err)
	}
	return nil
}
