package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"net/url"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/loadctl/loadctl/target/catalogue"
)

// sqlite is a file that all workers share.
type sqlite struct{}

// open: what an URL has behind a ? goes to the driver, such as _pragma=cache_size(1000).
// synchronous=FULL makes each commit in WAL mode wait for the disk.
func (sqlite) open(text, _ string) (*sql.DB, error) {
	path, query, _ := strings.Cut(strings.TrimPrefix(text, "sqlite:"), "?")
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)"
	if query != "" {
		dsn += "&" + query
	}
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (sqlite) schema() []string {
	return []string{
		`CREATE TABLE items (id TEXT PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL,
			version INTEGER NOT NULL, updated_us INTEGER NOT NULL) WITHOUT ROWID`,
		`CREATE TABLE loadctl_store (version INTEGER NOT NULL, shard INTEGER NOT NULL, shards INTEGER NOT NULL)`,
	}
}

// begin first makes the file one with a write-ahead log, so that reading and writing do
// not wait for each other: a property of the file, which keeps it.
func (sqlite) begin(ctx context.Context, c *sql.Conn) error {
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
	return err
}

func (sqlite) exists() string {
	return "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1"
}

func (sqlite) fill(ctx context.Context, c *sql.Conn, items iter.Seq[catalogue.Item]) error {
	insert, err := c.PrepareContext(ctx, "INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for item := range items {
		if _, err := insert.ExecContext(ctx, columns(item)...); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) gone(c *sql.Conn) bool {
	return errors.Is(c.Raw(func(any) error { return nil }), sql.ErrConnDone)
}

func (sqlite) reason(err error) reason {
	var e *driver.Error
	if !errors.As(err, &e) {
		return lost
	}
	switch e.Code() {
	case codes.SQLITE_IOERR_SHMSIZE: // the index of the log cannot grow
		return full
	case codes.SQLITE_CONSTRAINT_PRIMARYKEY, codes.SQLITE_CONSTRAINT_UNIQUE:
		return taken
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_FULL:
		return full
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return late
	case codes.SQLITE_CANTOPEN, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_NOTADB, codes.SQLITE_CORRUPT:
		return lost
	}
	switch { // these have no code of their own
	case strings.Contains(e.Error(), "no such table"):
		return noSchema
	case strings.Contains(e.Error(), "already exists"):
		return taken
	}
	return other
}

func (sqlite) mark() string { return "?" }
