package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// connectTimeout bounds opening a connection, and trying one.
const connectTimeout = 2 * time.Second

// A place says which of the databases of a store one is.
type place struct {
	number        int    // of its counts
	role          string // primary, replica1, shard2
	shard, shards int    // 1 of 1 without shards; 0 of a replica
	url           string
}

// A database is one of a store's databases: its pool, and what is known of its state.
type database struct {
	place
	dialect dialect
	ask     statements
	sql     *sql.DB
	pool    *pool
	counts  *counts.Pool
	down    breaker
	ready   preparation
	room    room
	secrets []string

	life context.Context // of what it does by itself
	stop context.CancelFunc
	work sync.WaitGroup
}

func newDatabase(at place, l limits, items int, c *counts.Pool, log *slog.Logger) (*database, error) {
	kind, err := dialectOf(at.url)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.role, err)
	}
	d := &database{place: at, dialect: kind, counts: c, secrets: secretsOf(at.url), ask: spell(kind.mark())}
	if d.sql, err = kind.open(at.url, "loadctl"); err != nil {
		return nil, fmt.Errorf("%s: %s", at.role, d.hide(err))
	}
	d.sql.SetMaxIdleConns(-1) // what is idle is ours to keep
	d.pool = &pool{counts: c, limits: l, dial: d.connect}
	d.ready.items = items
	d.down.tell = func(err error) { logChange(log, at.role, err) }
	d.life, d.stop = context.WithCancel(context.Background())
	return d, nil
}

// close is for a database that no call uses any more.
func (d *database) close() {
	d.stop()
	d.work.Wait()
	d.pool.retire()
	_ = d.sql.Close() // all of its connections are closed
}

// connect opens a connection, or fails at once while the database is known to be down. It
// ends by its own time-out and not with the call: clients with less patience would
// otherwise keep from being known that nobody answers.
func (d *database) connect(ctx context.Context) (*conn, error) {
	var opened *sql.Conn
	err := d.down.do(func() (err error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
		defer cancel()
		if opened, err = d.sql.Conn(limited); err != nil {
			return d.unavailable(err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &conn{sql: opened}, nil
}

func logChange(log *slog.Logger, role string, err error) {
	if err != nil {
		log.Warn("database unreachable", "database", role, "error", err.Error())
		return
	}
	log.Info("database reachable again", "database", role)
}

func (d *database) unavailable(err error) error {
	return fmt.Errorf("%w: %s: %s", catalogue.ErrUnavailable, d.role, d.hide(err))
}

// do runs one call, counts it, and says where its time went. What use returns from the
// database is told as one of catalogue's errors.
func (d *database) do(ctx context.Context, use func(context.Context, *conn) error) (t catalogue.Timing, err error) {
	d.counts.Calls.Add(1)
	begin := time.Now()
	c, err := d.take(ctx)
	t.Wait = time.Since(begin)
	if err != nil {
		return t, d.count(ctx, err)
	}
	if patience := d.pool.patience(); patience > 0 {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	began := time.Now()
	err = use(ctx, c)
	t.Took = time.Since(began)
	d.counts.Took.Add(t.Took)
	return t, d.count(ctx, d.release(ctx, c, err))
}

func (d *database) take(ctx context.Context) (*conn, error) {
	if err := d.prepared(ctx); err != nil {
		return nil, err
	}
	return d.pool.take(ctx)
}

// release gives the connection back, and says what the error of its use means.
func (d *database) release(ctx context.Context, c *conn, err error) error {
	gone := err != nil && d.dialect.gone(c.sql)
	if gone {
		d.pool.drop(c, ctx.Err() == nil)
	} else {
		d.pool.give(c)
	}
	return d.told(ctx, err, gone)
}

// told is an error of a statement in the words of catalogue.
func (d *database) told(ctx context.Context, err error, gone bool) error {
	switch {
	case err == nil, errors.Is(err, catalogue.ErrConflict):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return catalogue.ErrNotFound
	case ctx.Err() != nil:
		return ctx.Err()
	}
	switch d.dialect.reason(err) {
	case full:
		return fmt.Errorf("%w: %s: %s", catalogue.ErrFull, d.role, d.hide(err))
	case late:
		return fmt.Errorf("%w: %w: %s: %s", catalogue.ErrUnavailable, errLate, d.role, d.hide(err))
	case noSchema:
		d.ready.again()
		return d.unavailable(err)
	case lost:
		return d.unavailable(err)
	}
	if gone {
		return d.unavailable(err)
	}
	return fmt.Errorf("%s: %s", d.role, d.hide(err))
}

// errLate marks a database that was there, but not in time.
var errLate = errors.New("it gave up waiting")

// count counts a failure by kind; what was not found, or is taken, is none.
func (d *database) count(ctx context.Context, err error) error {
	kind := counts.Useless
	switch {
	case err == nil, errors.Is(err, catalogue.ErrNotFound), errors.Is(err, catalogue.ErrConflict):
		return err
	case errors.Is(err, catalogue.ErrPoolTimeout):
		d.counts.Timeouts.Add(1)
		kind = counts.TimedOut
	case errors.Is(ctx.Err(), context.Canceled):
		kind = counts.ClientGone
	case ctx.Err() != nil, errors.Is(err, errLate):
		kind = counts.TimedOut
	case errors.Is(err, catalogue.ErrFull):
		kind = counts.Full
	case errors.Is(err, catalogue.ErrUnavailable):
		kind = counts.Unreachable
	}
	d.counts.Failed[kind].Add(1)
	return err
}
