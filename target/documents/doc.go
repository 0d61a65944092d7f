// Package documents keeps the catalogue of the reference service in Redis, as a store of
// keys and values: one JSON document an item, and the ids in a sorted set for lists. It
// does what target/store does on SQL, so that both can be put under the same load.
//
// It promises what its Redis does: an item that Add acknowledged is there for everybody
// at once, and survives the death of Redis as far as its append-only file says. Health
// tells how far that is.
package documents
