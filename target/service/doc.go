// Package service is the reference service under test: an HTTP API of the kind
// people run behind a process manager. It answers items put together from two
// concurrent upstream calls, items of a database, both again through a cache, sessions,
// streams and bodies of any size, and says of each answer where its time went. It
// counts what it answered in memory that all worker processes of one service share, so
// that any of them can say what all of them did.
//
// Service is an http.Handler and nothing more: it owns no socket, starts no
// process and reads no configuration. It shares no code with what measures it.
package service
