package catalogue

import "errors"

// The ways in which a store gives nothing. Each is wrapped with what was being done.
var (
	// ErrNotFound: the store was asked, and has no such item.
	ErrNotFound = errors.New("not found")
	// ErrConflict: another item has this id already.
	ErrConflict = errors.New("another item has this id")
	// ErrInvalid: no store can keep such an item.
	ErrInvalid = errors.New("it cannot be stored")
	// ErrPoolTimeout: no connection of the pool became free in time (SQLAlchemy's
	// QueuePool limit … TimeoutError).
	ErrPoolTimeout = errors.New("no connection of the pool became free in time")
	// ErrUnavailable: the database cannot be reached, or it broke off.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrFull: the database has no room to write.
	ErrFull = errors.New("the database has no room left")
)
