// Package workers keeps a group of worker processes alive behind sockets that the
// master owns, inherited by a worker and by each of its replacements, so that a
// connection waiting in a socket's queue outlives the worker that did not accept it.
//
// A worker that is to go is replaced first: the new process starts, says that it is
// ready, and then the old one is asked to finish. What to do next is decided by a
// roster, which is values in and values out; a Group does it.
//
// The processes know of each other's end without signals that could be missed: a
// worker reads a pipe whose other end only the master holds, and ends when it
// closes. The package knows nothing of what the workers do.
package workers
