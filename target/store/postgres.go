package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/loadctl/loadctl/target/catalogue"
)

// postgres is PostgreSQL, 12 or newer.
type postgres struct{}

// open: a connect_timeout and an application_name of the URL are kept.
func (postgres) open(text, name string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = name
	}
	return stdlib.OpenDB(*config), nil
}

// schema orders ids by their bytes, as Go and SQLite do, whatever the database's locale.
func (postgres) schema() []string {
	return []string{
		`CREATE TABLE items (id text COLLATE "C" PRIMARY KEY, name text NOT NULL, price_cents bigint NOT NULL, stock bigint NOT NULL,
			version bigint NOT NULL, updated_us bigint NOT NULL)`,
		`CREATE TABLE loadctl_store (version integer NOT NULL, shard integer NOT NULL, shards integer NOT NULL)`,
	}
}

// begin takes a lock that only this package takes ("loadctl" in ASCII); it ends with the
// transaction.
func (postgres) begin(ctx context.Context, c *sql.Conn) error {
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, "SELECT pg_advisory_xact_lock(30521761571501164)")
	return err
}

// exists reads the catalogue and asks no function for a name: a session keeps in mind that
// there was no such table until it takes the lock of one, and would make it a second time
// when it waited for another to make it.
func (postgres) exists() string {
	return "SELECT count(*) FROM pg_class WHERE relname = $1 AND relkind = 'r' AND pg_table_is_visible(oid)"
}

func (postgres) fill(ctx context.Context, c *sql.Conn, items iter.Seq[catalogue.Item]) error {
	next, stop := iter.Pull(items)
	defer stop()
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		item, more := next()
		if !more {
			return nil, nil
		}
		return columns(item), nil
	})
	return c.Raw(func(raw any) error {
		_, err := raw.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{"items"}, strings.Split(itemColumns, ", "), rows)
		return err
	})
}

func (postgres) gone(c *sql.Conn) bool {
	closed := false
	err := c.Raw(func(raw any) error {
		closed = raw.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return closed || err != nil
}

// reason reads the classes of PostgreSQL's errors (its manual, appendix A).
func (postgres) reason(err error) reason {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return lost
	}
	switch e.Code {
	case "23505", "42P07": // a unique violation; a duplicate table
		return taken
	case "42P01": // no such table
		return noSchema
	case "53100": // disk full
		return full
	case "55P03", "40P01", "57014": // a lock is not available; a deadlock; statement_timeout
		return late
	case "53300", "25006": // too many connections; read only
		return lost
	}
	switch e.Code[:2] {
	case "08", "57", "28", "3D", "58", "XX": // connection, shutdown, password, no such database, system, internal
		return lost
	}
	return other
}

func (postgres) mark() string { return "$" }
