// Package upstream simulates what the reference service depends on: it answers
// items after a delay drawn from a seeded model, freezes on demand, and fails a
// share of its answers on purpose, so that a test knows what it ought to measure.
//
// The arithmetic (Delay, Freeze) is values in, values out; the Simulator around
// it waits and counts. It refuses to queue: every request is delayed on its own,
// however many there are at once.
package upstream
