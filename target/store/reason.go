package store

// A reason is why a database did not do what it was asked to.
type reason int

const (
	other    reason = iota
	lost            // the connection broke, or the database is not serving
	taken           // an item or a table of this name is there
	full            // no room to write
	late            // it gave up by itself: another kept a lock, or its own time-out came
	noSchema        // the table is not there, or not yet
)
