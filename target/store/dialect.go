package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"github.com/loadctl/loadctl/target/catalogue"
)

// A dialect is what SQLite and PostgreSQL have each in their own way.
type dialect interface {
	// open is for one URL; it connects to nothing. name is what the database is to
	// know its connections by.
	open(url, name string) (*sql.DB, error)
	// schema creates the tables.
	schema() []string
	// begin begins a transaction that no other of its kind runs beside.
	begin(ctx context.Context, c *sql.Conn) error
	// exists asks for a table by name: one row, one number, 0 when there is none.
	exists() string
	// fill adds items to the empty table, within the transaction.
	fill(ctx context.Context, c *sql.Conn, items iter.Seq[catalogue.Item]) error
	// gone says that a connection cannot be used again.
	gone(c *sql.Conn) bool
	// reason is what an error of the database means.
	reason(err error) reason
	// mark spells parameter n of a statement.
	mark() string
}

func dialectOf(url string) (dialect, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return sqlite{}, nil
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return postgres{}, nil
	}
	return nil, fmt.Errorf("a database is named by sqlite:PATH or postgres://…")
}
