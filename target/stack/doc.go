// Package stack runs several programs as one: it starts them in order, each once the one
// before is well, starts those again that die, gathers what they say, and leaves nothing
// behind when it ends, however it ends: no process and no file.
//
// It knows how to run PostgreSQL, Redis and memcached; what else a stack is made of is
// told by its caller. It is for one machine.
package stack
