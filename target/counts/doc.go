// Package counts is what the workers of the reference service count: one Slot a
// worker, all of whose numbers are atomics in memory that every worker shares, and
// the Stats that are read from all of them. It maps no memory (package board does)
// and knows no format but JSON's.
package counts
