// Package upstream simulates what the reference service depends on: it answers
// items after a delay drawn from a seeded law, or from a queue of so many servers, and on
// demand it freezes, fails, resets, limits and dribbles, so that a test knows what it
// ought to measure. All of it can be changed while requests are under way.
//
// The arithmetic (Delay, the rate limit, the queue of target/queue) is values in, values
// out; the Simulator around it waits and counts. But for a queue law it refuses to
// queue: every request is delayed on its own, however many there are at once.
package upstream
