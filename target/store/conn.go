package store

import (
	"context"
	"database/sql"
	"time"
)

// A conn is one connection to a database and the statements prepared on it. One call
// uses it at a time.
type conn struct {
	sql        *sql.Conn
	prepared   map[string]*sql.Stmt
	born       time.Time
	generation int
}

// prepare is a statement, prepared at its first use.
func (c *conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := c.prepared[query]; s != nil {
		return s, nil
	}
	s, err := c.sql.PrepareContext(ctx, query)
	if err == nil {
		if c.prepared == nil {
			c.prepared = map[string]*sql.Stmt{}
		}
		c.prepared[query] = s
	}
	return s, err
}

func (c *conn) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return c.sql.PingContext(ctx)
}

// close ends the connection. database/sql keeps none, as it may have none idle.
func (c *conn) close() {
	for _, s := range c.prepared {
		_ = s.Close() // the connection ends, and its statements with it
	}
	_ = c.sql.Close()
}
