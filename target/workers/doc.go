// Package workers keeps a group of worker processes alive behind sockets that the
// master owns: one listening socket a worker, inherited by it and by each of its
// replacements, so that a connection waiting in a socket's queue outlives the
// worker that did not accept it.
//
// The processes know of each other's end without signals that could be missed: a
// worker reads a pipe whose other end only the master holds, and ends when it
// closes. The package knows nothing of what the workers do.
package workers
