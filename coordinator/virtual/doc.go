// Package virtual runs trials in virtual time: what a search would see of a target whose
// law is known, counted by the arithmetic that counts live runs. A search of ten minutes
// takes milliseconds, so searches are held to error rates by the hundred. It refuses to
// be anything but a stand-in: no clock, no socket.
package virtual
