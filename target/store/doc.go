// Package store keeps the catalogue of the reference service in SQL: one database,
// a primary with read replicas, or shards by key, each behind a pool that does what
// SQLAlchemy's QueuePool does. Databases are SQLite files or PostgreSQL.
//
// A database that is down is no error of the store: calls that need it fail quickly
// with catalogue.ErrUnavailable, and it is used again as soon as it answers. The store
// never promises that a replica has what was just written, and never moves rows
// between shards.
package store
