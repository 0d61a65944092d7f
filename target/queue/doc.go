// Package queue is a queue whose truth is known: the formulas that say how long
// its requests take, and the queue itself in virtual time, which says of each
// request when its answer leaves.
//
// It is arithmetic alone. Moments are offsets that its caller hands in; whoever
// serves it to real clients, or runs it a thousand times in a test, keeps the
// clock. Formulas count in seconds and in rates a second. It shares no code with
// what measures it: even its random numbers are its own.
package queue
