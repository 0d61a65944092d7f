// Package cache keeps what the reference service has answered before: in the memory of
// the worker, in Redis or in memcached. It is a cache aside: who asks brings along how
// to load what is not there.
//
// For each key one load goes on at a time, in a worker by itself, over all workers by a
// lease in the cache. A cache that is down is done without: values are loaded, the
// loads are counted as bypassed, and a dead server is left alone until it answers a
// ping. It never fails a request of its own accord: every error of Get is that of the
// load, or of the caller's context.
//
// The formulas of hit ratios are here too: see Aged.
package cache
